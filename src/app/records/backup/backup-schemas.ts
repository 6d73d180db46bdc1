/** The registry's schemas beside the records of a backup: a tree as an export writes it, in a folder or in object storage. */
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Storage } from '../../../archive/storage.ts';
import type { Config, RegistrySettings } from '../../../config/types.ts';
import { SrgitError, throwIfAborted } from '../../../errors.ts';
import { exportSchemas } from '../../export-schemas.ts';
import type { OnProgress } from '../../progress.ts';
import type { BackedUpSchemas } from './backup-records.ts';
import type { TreePlace } from './backup-target.ts';

export interface SchemasBackupOptions {
  readonly config: Config;
  readonly registry: RegistrySettings;
  readonly place: TreePlace;
  readonly allowDeletions: boolean;
  readonly env: NodeJS.ProcessEnv;
  readonly now: () => number;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: OnProgress | undefined;
}

/** @throws SrgitError as an export; of the storage */
export async function backupSchemas(options: SchemasBackupOptions): Promise<BackedUpSchemas> {
  const { place } = options;
  if (place.kind === 'folder') {
    await mkdir(dirname(place.path), { recursive: true });
    return exportTo(place.path, place.path, options);
  }
  const folder = await mkdtemp(join(tmpdir(), 'srgit-tree-'));
  try {
    const tree = join(folder, 'tree');
    const { storage, prefix } = place;
    // What the tree knows of earlier states (ids that are gone, versions that need not be fetched) is in it.
    const before = await fetchTree(storage, prefix, tree, options.signal);
    const result = await exportTo(tree, `${storage.location}/${prefix.replace(/\/$/, '')}`, options);
    await storeTree(storage, prefix, tree, before, options.signal);
    return result;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function exportTo(tree: string, location: string, options: SchemasBackupOptions): Promise<BackedUpSchemas> {
  const { config, registry, allowDeletions, env, now, signal, onProgress } = options;
  const { branch: _branch, ...git } = config.git;
  const { counts, files, partial } = await exportSchemas({
    config: { ...config, tree, git },
    registry,
    full: false,
    commit: false,
    push: false,
    allowDeletions,
    env,
    now,
    signal,
    onProgress,
  });
  const { subjects, versions } = counts;
  return { location, subjects, versions, filesWritten: files.written, partial: partial.length > 0 };
}

/** Of one file of a tree: a schema's text is far smaller. */
const MOST_BYTES = 64 * 1024 * 1024;
const MANIFEST = 'manifest.json';

/** @returns the files that there are, relative to the tree */
async function fetchTree(
  storage: Storage,
  prefix: string,
  tree: string,
  signal: AbortSignal | undefined,
): Promise<ReadonlySet<string>> {
  const found = new Set<string>();
  for await (const { key } of storage.list(prefix, signal)) {
    const path = key.slice(prefix.length);
    // Keys are anybody's to choose.
    if (!isTreePath(path)) {
      throw new SrgitError('SRGIT_STORAGE_KEY', `${storage.location}/${key} is no file of a schema tree`, {
        hint: 'Move it elsewhere: a backup keeps its schemas there.',
      });
    }
    const file = join(tree, ...path.split('/'));
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, await storage.readAll(key, MOST_BYTES, signal));
    found.add(path);
  }
  return found;
}

/** New files first, the manifest that lists them, then what is gone: a reader in between finds every file it is told of. */
async function storeTree(
  storage: Storage,
  prefix: string,
  tree: string,
  before: ReadonlySet<string>,
  signal: AbortSignal | undefined,
): Promise<void> {
  const entries = await readdir(tree, { recursive: true, withFileTypes: true });
  const files = entries
    .filter((entry) => entry.isFile())
    .map((entry) =>
      join(entry.parentPath, entry.name)
        .slice(tree.length + 1)
        .replaceAll('\\', '/'),
    )
    .sort((a, b) => Number(isManifest(a)) - Number(isManifest(b)) || (a < b ? -1 : 1));
  for (const path of files) {
    throwIfAborted(signal);
    const content = await readFile(join(tree, ...path.split('/')));
    const key = prefix + path;
    if (before.has(path) && (await storage.readAll(key, MOST_BYTES, signal)).equals(content)) continue;
    await storage.write(key, content, signal);
  }
  const now = new Set(files);
  for (const path of before) if (!now.has(path)) await storage.delete(prefix + path, signal);
}

function isManifest(path: string): boolean {
  return path === MANIFEST || path.endsWith(`/${MANIFEST}`);
}

function isTreePath(path: string): boolean {
  return (
    path !== '' && path.split('/').every((part) => part !== '' && part !== '.' && part !== '..' && !/[\\\0]/.test(part))
  );
}
