/** References and texts of an import, seen together with the tree that it goes into. */
import { setImmediate } from 'node:timers/promises';
import type { SourceNote } from '../../archive/import/imported.ts';
import { throwIfAborted } from '../../errors.ts';
import { type RegistrySnapshot, type SubjectState, sortSnapshot } from '../../model/registry-snapshot.ts';
import type { SchemaVersion } from '../../model/schema-version.ts';
import { formatSubjectName } from '../../model/subject-name.ts';
import type { Canonical } from '../../schema/language.ts';
import { languageOf } from '../../schema/schema-languages.ts';
import { computeGuid } from '../../semantics/guid.ts';
import { referencedSubject } from '../../semantics/names.ts';
import { resolveStored } from '../../semantics/references.ts';
import { stateFromSnapshot } from '../../semantics/snapshot-state.ts';
import { findReferences } from '../../tree/find-references.ts';
import type { PendingVersion } from '../../tree/pending-version.ts';
import { isRegisteredVersion, type NumberedVersion, rowKey, toPending, toSchemaVersion } from './import-rows.ts';

export interface CheckRowsOptions {
  /** The tree as it is. */
  readonly target: { readonly snapshot: RegistrySnapshot; readonly pending: readonly PendingVersion[] };
  /** A text with an id that cannot be read is kept: the registry had it so. */
  readonly keepBroken: boolean;
  readonly signal?: AbortSignal | undefined;
}

export interface CheckedRows {
  /** Those without fault. */
  readonly rows: readonly NumberedVersion[];
  readonly faults: readonly SourceNote[];
  readonly warnings: readonly string[];
  /** How many references were found by name. */
  readonly found: number;
}

export async function checkRows(all: readonly NumberedVersion[], options: CheckRowsOptions): Promise<CheckedRows> {
  const named = findByName(all, options.target);
  const complete = withoutDangling(named.rows, options.target);
  const read = await withoutBroken(complete.rows, options);
  // What refers to a text that is left out is left out, too.
  const rest = read.faults.length === 0 ? { rows: read.rows, faults: [] } : withoutDangling(read.rows, options.target);
  return {
    rows: rest.rows,
    faults: [...complete.faults, ...read.faults, ...rest.faults],
    warnings: [...named.warnings, ...read.warnings],
    found: named.found,
  };
}

type Target = CheckRowsOptions['target'];

function findByName(all: readonly NumberedVersion[], target: Target) {
  const open = all.filter((row) => row.id === undefined && row.references === undefined);
  if (open.length === 0) return { rows: all, warnings: [], found: 0 };
  const added = all.filter((row) => row.id === undefined).map(toPending);
  const keyOf = (version: PendingVersion): string => rowKey(formatSubjectName(version), version.version);
  const keys = new Set(added.map(keyOf));
  const others = target.pending.filter((version) => !keys.has(keyOf(version)));
  const snapshot = joinSnapshot(target.snapshot, all);
  const { pending, findings } = findReferences(snapshot, [...others, ...added]);
  const byKey = new Map(pending.map((version) => [keyOf(version), version.references]));
  let found = 0;
  const rows = all.map((row) => {
    if (row.id !== undefined || row.references !== undefined) return row;
    const references = byKey.get(rowKey(row.name, row.version));
    if (references === undefined || references.length === 0) return row;
    found += references.length;
    return { ...row, schema: row.schema, references };
  });
  return {
    rows,
    warnings: findings.map(({ message, hint }) => (hint === undefined ? message : `${message}. ${hint}`)),
    found,
  };
}

/** Leaves out what refers to what is not there, and what refers to that, until nothing is left that does. */
function withoutDangling(all: readonly NumberedVersion[], { snapshot, pending }: Target) {
  const faults: SourceNote[] = [];
  const present = new Set(pending.map((one) => rowKey(formatSubjectName(one), one.version)));
  for (const { name: context, subjects } of snapshot.contexts) {
    for (const { name: subject, versions } of subjects) {
      for (const { version } of versions) present.add(rowKey(formatSubjectName({ context, subject }), version));
    }
  }
  const own = new Map(all.map((row) => [rowKey(row.name, row.version), row]));
  let rows = all;
  for (;;) {
    const kept = rows.filter((row) => {
      const missing = (row.references ?? []).find((reference) => {
        const key = rowKey(referencedSubject(row.name, reference.subject), reference.version);
        return !present.has(key) && !own.has(key);
      });
      if (missing !== undefined) {
        faults.push({
          place: row.place,
          why: `it refers to ${missing.subject} version ${missing.version}, which is not there`,
        });
      }
      return missing === undefined;
    });
    if (kept.length === rows.length) return { rows, faults };
    const stays = new Set(kept);
    for (const row of rows) if (!stays.has(row)) own.delete(rowKey(row.name, row.version));
    rows = kept;
  }
}

async function withoutBroken(all: readonly NumberedVersion[], { target, keepBroken, signal }: CheckRowsOptions) {
  const faults: SourceNote[] = [];
  const warnings: string[] = [];
  const state = stateFromSnapshot(joinSnapshot(target.snapshot, all, target.pending));
  const rows: NumberedVersion[] = [];
  for (const [at, row] of all.entries()) {
    if (at % 100 === 99) {
      await setImmediate();
      throwIfAborted(signal);
    }
    const isNew = row.id === undefined;
    const refusal = refusalOf(() =>
      languageOf(row.schemaType).canonicalize(
        row.schema,
        resolveStored(state, { subject: row.name, references: row.references ?? [] }),
        { normalize: false, validate: isNew },
      ),
    );
    if (refusal === undefined) rows.push(row);
    else if (refusal.phase === 'validate') {
      warnings.push(`${row.place}: ${refusal.why}`);
      rows.push(row);
    } else if (keepBroken && !isNew) {
      warnings.push(`${row.place}: no client can use it: ${refusal.why}`);
      rows.push(row);
    } else faults.push({ place: row.place, why: `it is no ${row.schemaType} schema: ${refusal.why}` });
  }
  return { rows, faults, warnings };
}

function refusalOf(
  parse: () => Canonical,
): { readonly why: string; readonly phase?: 'parse' | 'validate' } | undefined {
  const result = parse();
  if ('text' in result) return undefined;
  const why = (result.reason ?? result.error).split('\n')[0] ?? '';
  return { why, ...(result.phase === undefined ? {} : { phase: result.phase }) };
}

/** A snapshot with more rows; those of the tree stand where both have one. Rows without an id get one that nobody sees. */
export function joinSnapshot(
  snapshot: RegistrySnapshot,
  rows: readonly NumberedVersion[],
  pending?: readonly PendingVersion[],
): RegistrySnapshot {
  const contexts = new Map(
    snapshot.contexts.map((context) => [
      context.name,
      { ...context, subjects: new Map(context.subjects.map((subject) => [subject.name, subject])) },
    ]),
  );
  const added = new Map<string, { context: string; subject: string; rows: SchemaVersion[] }>();
  const add = (context: string, subject: string, row: SchemaVersion): void => {
    const key = `${context}\u0000${subject}`;
    const known = added.get(key) ?? { context, subject, rows: [] };
    known.rows.push(row);
    added.set(key, known);
  };
  let unseen = 2 ** 32;
  const asRow = ({ version, schemaType, schema, references = [] }: PendingVersion): SchemaVersion => ({
    version,
    id: unseen++,
    guid: computeGuid({ schema, references }),
    schemaType,
    schema,
    references,
    deleted: false,
  });
  for (const row of rows) {
    if (isRegisteredVersion(row)) add(row.context, row.subject, toSchemaVersion(row));
    else if (pending !== undefined) add(row.context, row.subject, asRow(toPending(row)));
  }
  for (const one of pending ?? []) add(one.context, one.subject, asRow(one));
  for (const { context, subject, rows: more } of added.values()) {
    const place = contexts.get(context) ?? { name: context, subjects: new Map<string, SubjectState>() };
    contexts.set(context, place);
    const before = place.subjects.get(subject);
    const taken = new Set((before?.versions ?? []).map(({ version }) => version));
    const fresh = more.filter(({ version }) => !taken.has(version) && taken.add(version));
    place.subjects.set(subject, { name: subject, ...before, versions: [...(before?.versions ?? []), ...fresh] });
  }
  return sortSnapshot({
    ...snapshot,
    contexts: [...contexts.values()].map((context) => ({ ...context, subjects: [...context.subjects.values()] })),
  });
}
