/**
 * Random states in which much is there: few subjects and contents, so that two states overlap and contradict each
 * other; gaps, references in every direction, soft-deleted rows below and under live ones, settings.
 */
import fc from 'fast-check';
import type { RegistrySnapshot } from '../../src/model/registry-snapshot.ts';
import { applyRecords } from '../../src/semantics/apply.ts';
import { decideUpdateConfig } from '../../src/semantics/config.ts';
import { type Decided, isRefusal } from '../../src/semantics/decision.ts';
import { decideDeleteVersion } from '../../src/semantics/delete.ts';
import { computeGuid } from '../../src/semantics/guid.ts';
import { listRows } from '../../src/semantics/listing.ts';
import { contextOf } from '../../src/semantics/names.ts';
import { decideRegister } from '../../src/semantics/register.ts';
import { snapshotFromState } from '../../src/semantics/snapshot-state.ts';
import { createState, type RegistryState } from '../../src/semantics/state.ts';
import { IDENTITY, lenientPort, record } from './support.ts';

const operation = fc.oneof(
  {
    weight: 10,
    arbitrary: fc.record({
      what: fc.constant('import' as const),
      subject: fc.constantFrom('a', 'b', 'c', ':.x:a', ':.x:b'),
      content: fc.integer({ min: 0, max: 4 }),
      version: fc.constantFrom(undefined, undefined, 1, 2, 3, 5),
      reference: fc.option(fc.nat(), { nil: undefined, freq: 2 }),
      metadata: fc.constantFrom(undefined, undefined, undefined, { properties: { k: 'v' } }),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({ what: fc.constant('delete' as const), row: fc.nat(), permanent: fc.boolean() }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      what: fc.constant('config' as const),
      name: fc.constantFrom('', 'a', 'b', ':.x:', ':.x:a', 'settings-only'),
      changes: fc.constantFrom<Readonly<Record<string, string | boolean | null>>>(
        { compatibility: 'FULL' },
        { compatibility: 'NONE', normalize: true },
        { compatibilityGroup: 'g' },
        { alias: 'z' },
      ),
    }),
  },
);

type Operation = typeof operation extends fc.Arbitrary<infer T> ? T : never;

/** A state, its ids beginning at 1 or further up. */
export const denseState: fc.Arbitrary<RegistrySnapshot> = fc
  .record({
    operations: fc.array(operation, { minLength: 4, maxLength: 30 }),
    firstId: fc.constantFrom(1, 2, 3, 50),
    modes: fc.dictionary(fc.constantFrom('a', 'b', ':.x:', ':.x:a'), fc.constantFrom('READWRITE', 'IMPORT'), {
      maxKeys: 2,
    }),
  })
  .map(({ operations, firstId, modes }) => {
    const state = createState();
    state.modes.set(':.__GLOBAL:', 'IMPORT');
    const ids = new Map<string, number>();
    for (const each of operations) {
      const decided = decide(state, each, (context, guid) => {
        const key = `${context} ${guid}`;
        const id = ids.get(key) ?? firstId + [...ids.keys()].filter((known) => known.startsWith(`${context} `)).length;
        ids.set(key, id);
        return id;
      });
      if (decided !== undefined && !isRefusal(decided)) applyRecords(state, decided.records);
    }
    state.modes.delete(':.__GLOBAL:');
    for (const [level, mode] of Object.entries(modes)) state.modes.set(level, mode);
    // Times would tell the two states apart.
    return JSON.parse(JSON.stringify(snapshotFromState(state, IDENTITY))) as RegistrySnapshot;
  });

function decide(
  state: RegistryState,
  operation: Operation,
  idOf: (context: string, guid: string) => number,
): Decided<unknown> | undefined {
  const rows = listRows(state, { prefix: ':*:', includeDeleted: true, latestOnly: false });
  if (operation.what === 'delete') {
    const row = rows[operation.row % Math.max(1, rows.length)];
    return row && decideDeleteVersion(state, { ...row, permanent: operation.permanent && row.deleted, now: 0 }, {});
  }
  if (operation.what === 'config') return decideUpdateConfig(state, { ...operation, now: 0 }, {});
  const { subject, content, version, reference, metadata } = operation;
  // Higher numbers only, so that no schema defines a name that it is built on.
  const near = rows.filter(
    (row) => contextOf(row.subject) === contextOf(subject) && nameOf(row.schema) > `R${content}`,
  );
  const target = reference === undefined ? undefined : near[reference % Math.max(1, near.length)];
  const references =
    target === undefined
      ? []
      : [{ name: 'r', subject: target.subject.replace(/^:[^:]*:/, ''), version: target.version }];
  const schema = record(`R${content}`, target === undefined ? undefined : nameOf(target.schema));
  const described = metadata === undefined ? {} : { metadata };
  return decideRegister(
    state,
    {
      subject,
      schema,
      schemaType: 'AVRO',
      references,
      ...described,
      id: idOf(contextOf(subject), computeGuid({ schema, references, ...described })),
      ...(version === undefined ? {} : { version }),
      now: 0,
    },
    lenientPort,
    {},
  );
}

function nameOf(schema: string): string {
  return /"name":"(R\d)"/.exec(schema)?.[1] ?? '';
}
