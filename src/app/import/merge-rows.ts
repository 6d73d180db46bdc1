/** An import beside what the tree has: what is new, what is there already, and what cannot be both. */
import type { SourceNote } from '../../archive/import/imported.ts';
import type { SchemaType, SchemaVersion } from '../../model/schema-version.ts';
import { formatSubjectName } from '../../model/subject-name.ts';
import { languageOf } from '../../schema/schema-languages.ts';
import type { LoadedTree } from '../../tree/load-tree.ts';
import type { PendingVersion } from '../../tree/pending-version.ts';
import { indexSnapshot, isRegisteredVersion, type NumberedVersion, rowKey } from './import-rows.ts';

export interface MergedRows {
  readonly added: readonly NumberedVersion[];
  /** How many the tree has already. */
  readonly present: number;
  readonly conflicts: readonly SourceNote[];
}

export function mergeRows(
  rows: readonly NumberedVersion[],
  { snapshot, pending }: Pick<LoadedTree, 'snapshot' | 'pending'>,
): MergedRows {
  const registered = indexSnapshot(snapshot);
  const byHand = new Map(pending.map((one) => [rowKey(formatSubjectName(one), one.version), one]));
  const bySubject = new Map<string, (SchemaVersion | PendingVersion)[]>();
  const ids = new Map<string, { readonly guid: string; readonly name: string }>();
  const collect = (name: string, row: SchemaVersion | PendingVersion): void => {
    const known = bySubject.get(name);
    if (known === undefined) bySubject.set(name, [row]);
    else known.push(row);
  };
  for (const { name: context, subjects } of snapshot.contexts) {
    for (const { name: subject, versions } of subjects) {
      const name = formatSubjectName({ context, subject });
      for (const row of versions) {
        collect(name, row);
        ids.set(`${row.id} ${context}`, { guid: row.guid, name: `${name} version ${row.version}` });
      }
    }
  }
  for (const one of pending) collect(formatSubjectName(one), one);

  const added: NumberedVersion[] = [];
  const conflicts: SourceNote[] = [];
  let present = 0;
  for (const row of rows) {
    const key = rowKey(row.name, row.version);
    const there = registered.get(key);
    const draft = byHand.get(key);
    if (row.isNext && (bySubject.get(row.name) ?? []).some((one) => isSameText(one, row))) present++;
    else if (there !== undefined || draft !== undefined) {
      const why = there === undefined ? differsFromDraft(draft, row) : differsFromRow(there, row);
      if (why === undefined) present++;
      else conflicts.push({ place: row.place, why: `${row.name} version ${row.version} ${why}` });
    } else {
      const holder = isRegisteredVersion(row) ? ids.get(`${row.id} ${row.context}`) : undefined;
      if (holder === undefined || holder.guid === row.guid) added.push(row);
      else conflicts.push({ place: row.place, why: `id ${row.id} is that of ${holder.name} in the tree` });
    }
  }
  return { added, present, conflicts };
}

function differsFromRow(there: SchemaVersion, row: NumberedVersion): string | undefined {
  if (!isRegisteredVersion(row)) return isSameText(there, row) ? undefined : 'is another schema in the tree';
  if (there.id !== row.id) return `has id ${there.id} in the tree, and ${row.id} here`;
  if (there.guid !== row.guid || there.schemaType !== row.schemaType) return 'is another schema in the tree';
  if (there.deleted === (row.deleted ?? false)) return undefined;
  return there.deleted ? 'is soft-deleted in the tree, and not here' : 'is soft-deleted here, and not in the tree';
}

function differsFromDraft(draft: PendingVersion | undefined, row: NumberedVersion): string | undefined {
  if (draft === undefined) return undefined;
  if (row.id !== undefined) return 'was added by hand in the tree, and has an id here';
  return isSameText(draft, row) ? undefined : 'was added to the tree by hand with another text';
}

type Text = { readonly schemaType: SchemaType; readonly schema: string };

/** The same once a registry has taken it. */
function isSameText(a: Text, b: Text): boolean {
  if (a.schemaType !== b.schemaType) return false;
  return a.schema === b.schema || canonicalText(a) === canonicalText(b);
}

function canonicalText({ schemaType, schema }: Text): string {
  const canonical = languageOf(schemaType).canonicalize(schema, [], { normalize: false, validate: false });
  return 'text' in canonical ? canonical.text : schema;
}
