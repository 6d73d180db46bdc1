/** Two states of one registry, a night apart: everything that can happen to it in between. */
import { syntheticSnapshot } from '../../bench/synthetic-registry.ts';
import { type RegistrySnapshot, type SubjectState, sortSnapshot } from '../../src/model/registry-snapshot.ts';
import type { SchemaVersion } from '../../src/model/schema-version.ts';
import { computeGuid } from '../../src/semantics/guid.ts';

const OLD_SUBJECTS = 56;
const NEW_SUBJECTS = 84;

/** 58 subjects in two contexts. */
export function stateBefore(): RegistrySnapshot {
  return assemble(
    [...synthetic(OLD_SUBJECTS), subject('Orders', row(901, 1), row(902, 2)), subject('payments', row(903, 1))],
    [{ name: '.staging', subjects: [subject('orders', row(1, 1))] }],
  );
}

/**
 * Against `stateBefore`: subjects and versions added; six versions removed, fewer than the guard stops; a twin by case,
 * so that a folder is renamed; versions soft-deleted; settings changed; a context added.
 */
export function stateAfter(): RegistrySnapshot {
  const subjects = synthetic(NEW_SUBJECTS)
    .filter((_, index) => index % 30 !== 4)
    .map((state, index): SubjectState => {
      if (index % 9 === 1)
        return { ...state, versions: state.versions.map((version) => ({ ...version, deleted: true })) };
      if (index % 9 === 2) return { ...state, versions: [...state.versions, row(1000 + index, 3)] };
      if (index % 9 === 3) return { ...state, config: { compatibility: 'NONE', fields: {} }, mode: 'READONLY' };
      return state;
    });
  return assemble(
    [...subjects, subject('Orders', row(901, 1), row(902, 2)), subject('orders', row(904, 1))],
    [
      { name: '.staging', subjects: [subject('orders', row(1, 1)), subject('Payments', row(2, 1))], mode: 'IMPORT' },
      { name: '.dr', subjects: [subject('orders', row(1, 1))] },
    ],
    'FULL',
  );
}

function assemble(
  subjects: readonly SubjectState[],
  others: readonly RegistrySnapshot['contexts'][number][],
  compatibility = 'BACKWARD',
): RegistrySnapshot {
  return sortSnapshot({
    registry: { kind: 'confluent', version: '8.3.1' },
    contexts: [{ name: '.', config: { compatibility, fields: {} }, mode: 'READWRITE', subjects }, ...others],
    global: {},
    gaps: [],
  });
}

function synthetic(subjects: number): readonly SubjectState[] {
  const [context] = syntheticSnapshot({ subjects, versions: 2, bytes: 600 }).contexts;
  // By id: then the first subjects of a larger registry are those of a smaller one.
  return [...(context?.subjects ?? [])].sort((a, b) => (a.versions[0]?.id ?? 0) - (b.versions[0]?.id ?? 0));
}

function subject(name: string, ...versions: readonly SchemaVersion[]): SubjectState {
  return { name, versions };
}

function row(id: number, version: number): SchemaVersion {
  const content = {
    schemaType: 'AVRO' as const,
    schema: `{"type":"record","name":"R${id}","fields":[{"name":"a","type":"string"}]}`,
    references: [],
  };
  return { ...content, version, id, guid: computeGuid(content), deleted: false, registeredAt: 1_780_000_000_000 + id };
}
