/**
 * The files of an archive that Apicurio imports by `POST /apis/registry/v3/admin/import` (v2 for 2.x).
 *
 * Layout as 3.3.3 and 2.6.13.Final export it (observed). What an import makes of it (observed): an entity is told by the
 * last but one part of its file's name, and nothing else of the path counts; the contents of `x.Content.json` are in
 * `x.Content.data` beside it; `contentId` becomes the id that the ccompat API answers; `canonicalHash` is computed when it
 * is null and `artifactType` is there; what cannot be stored is skipped with a line in the server's log.
 */
import { type ArchiveEntry, type EntryOptions, json } from './archive-entry.ts';
import type { ArchiveRow, ArchiveRows } from './archive-rows.ts';
import { contentEntries } from './content-entries.ts';
import type { ApicurioLayout } from './empty-registry.ts';

/** In the order of Apicurio's own exports; 2.x reads them in this order. */
export function* archiveEntries({ rows, levels }: ArchiveRows, options: EntryOptions): Iterable<ArchiveEntry> {
  const isThree = options.layout === '3';
  yield json('manifest.Manifest.json', () => manifest(options.layout));
  yield* contentEntries(rows, options);
  const artifacts = groupBySubject(rows);
  if (isThree) {
    for (const artifact of artifacts)
      yield json(`${artifact.folder}/MetaData.Artifact.json`, () => artifactOf(artifact, options));
  }
  let count = 0;
  for (const { folder, rows: versions } of artifacts) {
    for (const [at, row] of versions.entries()) {
      const globalId = ++count;
      yield json(`${folder}/versions/${row.version}.ArtifactVersion.json`, () =>
        isThree
          ? versionOfThree(row, globalId, options)
          : versionOfTwo(row, globalId, at === versions.length - 1, options),
      );
    }
  }
  if (isThree) {
    // Without it 3.x finds no latest version.
    for (const artifact of artifacts)
      yield json(`${artifact.folder}/branches/latest.Branch.json`, () => latestBranch(artifact, options));
  }
  for (const { subject, folder } of artifacts) {
    const level = levels.get(subject);
    if (level === undefined) continue;
    const rule = { groupId: null, artifactId: subject, type: 'COMPATIBILITY', configuration: level };
    yield json(`${folder}/rules/COMPATIBILITY.ArtifactRule.json`, () => rule);
  }
  const level = levels.get('');
  if (level !== undefined) {
    yield json('rules/COMPATIBILITY.GlobalRule.json', () => ({ ruleType: 'COMPATIBILITY', configuration: level }));
  }
}

function manifest(layout: ApicurioLayout) {
  const [systemVersion, exportVersion] = layout === '3' ? ['3.3.3', '3.0'] : ['2.6.13.Final', '1.0'];
  return {
    systemVersion,
    systemName: 'srgit',
    systemDescription: 'Schema registries in git',
    exportVersion,
    exportedOn: 0,
    exportedBy: '',
    ...(layout === '3' ? { dbVersion: '109' } : {}),
  };
}

interface Artifact {
  readonly subject: string;
  readonly folder: string;
  readonly rows: readonly [ArchiveRow, ...ArchiveRow[]];
}

function groupBySubject(rows: readonly ArchiveRow[]): readonly Artifact[] {
  const bySubject = new Map<string, [ArchiveRow, ...ArchiveRow[]]>();
  for (const row of rows) {
    const known = bySubject.get(row.subject);
    if (known === undefined) bySubject.set(row.subject, [row]);
    else known.push(row);
  }
  return [...bySubject].map(([subject, versions], at) => ({
    subject,
    folder: folderOf(subject, at + 1),
    rows: versions,
  }));
}

/** Numbered, and safe to unpack whatever the subject is called: the import unpacks to disk. */
function folderOf(subject: string, number: number): string {
  const readable = subject.replaceAll(/[^A-Za-z0-9_-]+/g, '_').slice(0, 60);
  return `groups/default/artifacts/${number}-${readable}`;
}

function artifactOf({ subject, rows: [first] }: Artifact, options: EntryOptions) {
  return {
    groupId: null,
    artifactId: subject,
    artifactType: first.schemaType,
    name: null,
    description: null,
    labels: null,
    ...madeAt(first, options),
  };
}

function versionOfThree(row: ArchiveRow, globalId: number, options: EntryOptions) {
  return {
    globalId,
    groupId: null,
    artifactId: row.subject,
    version: String(row.version),
    versionOrder: row.version,
    state: stateOf(row),
    name: null,
    description: null,
    labels: null,
    ...madeAt(row, options),
    contentId: row.id,
  };
}

function versionOfTwo(row: ArchiveRow, globalId: number, isLatest: boolean, { registeredAt }: EntryOptions) {
  return {
    globalId,
    groupId: null,
    artifactId: row.subject,
    version: String(row.version),
    versionId: row.version,
    artifactType: row.schemaType,
    state: stateOf(row),
    name: null,
    description: null,
    createdBy: '',
    createdOn: registeredAt(row.step) ?? 0,
    labels: null,
    properties: null,
    isLatest,
    contentId: row.id,
  };
}

function latestBranch({ subject, rows }: Artifact, options: EntryOptions) {
  return {
    groupId: null,
    artifactId: subject,
    branchId: 'latest',
    description: null,
    systemDefined: true,
    ...madeAt(rows[0], options),
    versions: rows.map(({ version }) => String(version)),
  };
}

/** A soft deletion is a disabled version: so does the ccompat API itself (observed). */
function stateOf({ deleted }: ArchiveRow): 'ENABLED' | 'DISABLED' {
  return deleted ? 'DISABLED' : 'ENABLED';
}

/** Nothing of the moment of writing: the same source makes the same archive. */
function madeAt({ step }: ArchiveRow, { registeredAt }: EntryOptions) {
  const time = registeredAt(step) ?? 0;
  return { owner: '', createdOn: time, modifiedBy: '', modifiedOn: time };
}
