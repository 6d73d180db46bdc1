/** Checks a loaded tree against itself: guids, references, ids. What reading found is in its findings already. */
import type { SchemaVersion } from '../model/schema-version.ts';
import { formatSubjectName, parseSubjectName } from '../model/subject-name.ts';
import { computeGuid } from '../semantics/guid.ts';
import type { Finding } from './finding.ts';
import type { LoadedTree } from './load-tree.ts';
import { isRedacted } from './rows.ts';

interface Row {
  readonly context: string;
  readonly subject: string;
  readonly row: SchemaVersion;
}

export interface CheckOptions {
  /** False where the tree was exported without what its schemas refer to: then that is worth a warning, no more. */
  readonly referencesComplete: boolean;
}

/** Findings of `srgit verify --offline`, those of reading included. */
export function checkTree(tree: LoadedTree, options: CheckOptions = { referencesComplete: true }): readonly Finding[] {
  const rows = [...eachRow(tree)];
  return [...tree.findings, ...checkGuids(rows), ...checkReferences(tree, rows, options), ...checkIds(tree, rows)];
}

function* eachRow({ snapshot }: LoadedTree): Generator<Row> {
  for (const context of snapshot.contexts) {
    for (const subject of context.subjects) {
      for (const row of subject.versions) yield { context: context.name, subject: subject.name, row };
    }
  }
}

function* checkGuids(rows: readonly Row[]): Generator<Finding> {
  let redacted = 0;
  for (const item of rows) {
    if (isRedacted(item.row.metadata)) redacted++;
    else if (computeGuid(item.row) !== item.row.guid) {
      yield {
        severity: 'error',
        code: 'GUID_MISMATCH',
        message: `${nameOf(item)}: the guid in metadata.json is not that of its content`,
        hint: 'References, metadata or ruleSet were edited: take metadata.json back from git.',
      };
    }
  }
  if (redacted > 0) {
    yield {
      severity: 'notice',
      code: 'REDACTED',
      message: `the guids of ${redacted} versions cannot be checked: values of sensitive metadata were not exported`,
    };
  }
}

function* checkReferences(tree: LoadedTree, rows: readonly Row[], options: CheckOptions): Generator<Finding> {
  const present = new Set(rows.map((item) => keyOf(item.context, item.subject, item.row.version)));
  for (const { context, subject, version } of tree.pending) present.add(keyOf(context, subject, version));
  for (const item of rows) {
    for (const reference of item.row.references) {
      const target = parseSubjectName(reference.subject, item.context);
      if (present.has(keyOf(target.context, target.subject, reference.version))) continue;
      yield {
        severity: options.referencesComplete ? 'error' : 'warning',
        code: 'REFERENCE_MISSING',
        message: `${nameOf(item)} refers to ${reference.subject} version ${reference.version}, which the tree does not have`,
        hint: 'Export that subject too; include_references does so by itself.',
      };
    }
  }
}

/** An id means one content in a context; one content under two ids is possible, and worth knowing. */
function* checkIds(tree: LoadedTree, rows: readonly Row[]): Generator<Finding> {
  const byId = new Map<string, Row>();
  const byContent = new Map<string, Row>();
  for (const item of rows) {
    const id = `${item.context}\u0000${item.row.id}`;
    const holder = byId.get(id);
    if (!holder) byId.set(id, item);
    else if (holder.row.guid !== item.row.guid || holder.row.schemaType !== item.row.schemaType) {
      yield {
        severity: 'error',
        code: 'ID_CONFLICT',
        message: `id ${item.row.id} stands for two schemas: ${nameOf(holder)} and ${nameOf(item)}`,
        hint: 'Find out from the records which one they were written with: see docs/concepts.md, "ids".',
      };
    }
    const content = `${item.context}\u0000${item.row.schemaType}\u0000${item.row.guid}`;
    const twin = byContent.get(content);
    if (!twin) byContent.set(content, item);
    else if (twin.row.id !== item.row.id) {
      yield {
        severity: 'warning',
        code: 'ID_SPLIT',
        message: `${nameOf(twin)} (id ${twin.row.id}) and ${nameOf(item)} (id ${item.row.id}) are the same schema`,
      };
    }
  }
  // Of a manifest that cannot be parsed every id is salvaged as retired; `srgit index` sorts them.
  for (const { name: context, manifest } of tree.index.contexts) {
    for (const id of manifest?.retired_ids ?? []) {
      const holder = byId.get(`${context}\u0000${id}`);
      if (!holder) continue;
      yield {
        severity: 'warning',
        code: 'ID_RETIRED_REUSED',
        message: `id ${id} is listed as retired but belongs to ${nameOf(holder)}`,
        hint: 'Run `srgit index`.',
      };
    }
  }
}

function keyOf(context: string, subject: string, version: number): string {
  return `${context}\u0000${subject}\u0000${version}`;
}

function nameOf({ context, subject, row }: Row): string {
  return `${formatSubjectName({ context, subject })} version ${row.version}`;
}
