/** manifest.json: derived from the metadata.json files of a context, plus what only it remembers. */
import type { SubjectState } from '../model/registry-snapshot.ts';
import type { SchemaType } from '../model/schema-version.ts';
import { compareCodeUnits } from '../model/subject-name.ts';
import type { ManifestDocument, MetadataDocument } from './documents.ts';
import { TREE_FORMAT, versionFileName } from './layout.ts';
import { isRegistered } from './rows.ts';

/** What a manifest remembers beyond the metadata.json files, carried from one to the next. */
export interface ManifestMemory {
  readonly registryVersion?: string;
  readonly backupTimestamp?: string;
  /** Highest id ever seen in this context. */
  readonly maxId: number;
  /** Ids that once existed and no longer do. */
  readonly retiredIds: readonly number[];
}

/** What a manifest takes of a subject: no more is kept, so that a large tree's index stays small in memory. */
export interface ManifestSubject {
  readonly name: string;
  readonly schemaType?: SchemaType;
  readonly compatibility?: string;
  readonly versions: readonly { readonly version: number; readonly id: number; readonly schema_file: string }[];
}

/** @param folder `subjects/orders-value`, relative to the context's root. */
export function manifestSubject(folder: string, document: MetadataDocument): ManifestSubject {
  return {
    name: document.subject,
    ...(document.schema_type === undefined ? {} : { schemaType: document.schema_type }),
    ...(document.compatibility === undefined ? {} : { compatibility: document.compatibility }),
    versions: document.versions
      .filter(isRegistered)
      .map(({ version, id, schema_file }) => ({ version, id, schema_file: `${folder}/${schema_file}` })),
  };
}

/** The same from a subject's rows, for one whose metadata.json is still to be made. */
export function manifestSubjectOf(folder: string, subject: SubjectState): ManifestSubject {
  const latest = subject.versions.at(-1);
  const compatibility = subject.config?.compatibility;
  return {
    name: subject.name,
    ...(latest === undefined ? {} : { schemaType: latest.schemaType }),
    ...(compatibility === undefined ? {} : { compatibility }),
    versions: subject.versions.map(({ version, id, schemaType }) => ({
      version,
      id,
      schema_file: `${folder}/${versionFileName(version, schemaType)}`,
    })),
  };
}

export function buildManifest(subjects: readonly ManifestSubject[], memory: ManifestMemory): ManifestDocument {
  const sorted = [...subjects].sort((a, b) => compareCodeUnits(a.name, b.name));
  const fileOfId = new Map<number, string>();
  for (const { versions } of sorted) {
    for (const { id, schema_file } of versions) if (!fileOfId.has(id)) fileOfId.set(id, schema_file);
  }
  const ids = [...fileOfId.keys()].sort((a, b) => a - b);
  return {
    format: TREE_FORMAT,
    ...(memory.registryVersion === undefined ? {} : { schema_registry_version: memory.registryVersion }),
    ...(memory.backupTimestamp === undefined ? {} : { backup_timestamp: memory.backupTimestamp }),
    subjects: sorted.map(({ name, schemaType, compatibility, versions }) => ({
      name,
      ...(schemaType === undefined ? {} : { schema_type: schemaType }),
      ...(compatibility === undefined ? {} : { compatibility }),
      versions,
    })),
    id_mapping: Object.fromEntries(ids.map((id) => [String(id), fileOfId.get(id) ?? ''])),
    max_id: ids.reduce((highest, id) => Math.max(highest, id), memory.maxId),
    retired_ids: [...new Set(memory.retiredIds)].filter((id) => !fileOfId.has(id)).sort((a, b) => a - b),
  };
}

export function memoryOf(manifest: ManifestDocument | undefined): ManifestMemory {
  return {
    ...(manifest?.schema_registry_version === undefined ? {} : { registryVersion: manifest.schema_registry_version }),
    ...(manifest?.backup_timestamp === undefined ? {} : { backupTimestamp: manifest.backup_timestamp }),
    maxId: manifest?.max_id ?? 0,
    retiredIds: manifest?.retired_ids ?? [],
  };
}

/**
 * What can be saved of a manifest that is no longer JSON, typically one with a merge conflict: the highest `max_id`,
 * every retired id of either side, the latest timestamp. Losing them would let ids be handed out twice.
 */
export function salvageMemory(text: string): ManifestMemory {
  const maxId = [...text.matchAll(/"max_id"\s*:\s*(-?\d+)/g)].map((match) => Number(match[1]));
  const retired = [...text.matchAll(/"retired_ids"\s*:\s*\[([^\]]*)/g)].flatMap((match) =>
    [...(match[1] ?? '').matchAll(/-?\d+/g)].map((id) => Number(id[0])),
  );
  const ids = [...text.matchAll(/^\s*"(-?\d+)"\s*:\s*"[^"]*subjects\//gm)].map((match) => Number(match[1]));
  const timestamp = [...text.matchAll(/"backup_timestamp"\s*:\s*"([^"]+)"/g)]
    .map((match) => match[1] ?? '')
    .sort()
    .at(-1);
  const version = [...text.matchAll(/"schema_registry_version"\s*:\s*"([^"]+)"/g)].at(-1)?.[1];
  return {
    ...(version === undefined ? {} : { registryVersion: version }),
    ...(timestamp === undefined ? {} : { backupTimestamp: timestamp }),
    maxId: Math.max(0, ...maxId, ...ids),
    // An id that only one side knew is retired unless a metadata.json still has it: buildManifest sees to that.
    retiredIds: [...retired, ...ids],
  };
}
