/** Which backup of a storage is meant, and its manifest. */
import { SrgitError, throwIfAborted } from '../errors.ts';
import { type Manifest, parseManifest } from './kbak-manifest.ts';
import type { KbakLimits } from './kbak-options.ts';
import type { Storage } from './storage.ts';

const MANIFEST = 'manifest.json';
/** Backups looked at and listed in an error. */
const MOST_LISTED = 20;

export interface FoundBackup {
  /** The folder it is in: `''` when the storage is the backup itself. */
  readonly folder: string;
  readonly manifest: Manifest;
}

/** The folders of a storage that hold a backup, sorted. @throws SrgitError */
export async function* listBackups(storage: Storage, signal?: AbortSignal): AsyncGenerator<string> {
  for await (const folder of storage.listFolders('', signal)) {
    throwIfAborted(signal);
    if ((await storage.stat(`${folder}/${MANIFEST}`, signal)) !== undefined) yield folder;
  }
}

/**
 * The backup of that id, or the only one there is.
 * @throws SrgitError SRGIT_ARCHIVE_MISSING that lists those there are; SRGIT_ARCHIVE_INVALID for a damaged manifest
 */
export async function findBackup(
  storage: Storage,
  backupId: string | undefined,
  limits: KbakLimits,
  signal?: AbortSignal,
): Promise<FoundBackup> {
  const folder = await findFolder(storage, backupId, signal);
  const key = joinKey(folder, MANIFEST);
  const bytes = await storage.readAll(key, limits.maxManifestBytes, signal);
  const manifest = parseManifest(bytes, `${storage.location}/${key}`);
  if (backupId !== undefined && folder === '' && manifest.backup_id !== backupId) {
    throw missing(storage, `is backup ${manifest.backup_id}, not ${backupId}`, 'Leave out the backup id, or mend it.');
  }
  return { folder, manifest };
}

/** Undefined where there is no manifest yet. @throws SrgitError */
export async function readManifestOf(
  storage: Storage,
  backupId: string,
  limits: KbakLimits,
  signal?: AbortSignal,
): Promise<Manifest | undefined> {
  const key = `${backupId}/${MANIFEST}`;
  if ((await storage.stat(key, signal)) === undefined) return undefined;
  return parseManifest(await storage.readAll(key, limits.maxManifestBytes, signal), `${storage.location}/${key}`);
}

export function joinKey(folder: string, rest: string): string {
  return folder === '' ? rest : `${folder}/${rest}`;
}

async function findFolder(storage: Storage, backupId: string | undefined, signal?: AbortSignal): Promise<string> {
  if (backupId !== undefined && (await storage.stat(`${backupId}/${MANIFEST}`, signal)) !== undefined) return backupId;
  if ((await storage.stat(MANIFEST, signal)) !== undefined) return '';
  const found: string[] = [];
  for await (const folder of listBackups(storage, signal)) {
    found.push(folder);
    if (found.length > MOST_LISTED) break;
  }
  const names = found.slice(0, MOST_LISTED).join(', ') + (found.length > MOST_LISTED ? ', …' : '');
  if (backupId !== undefined) {
    const what = `holds no backup ${backupId}${found.length === 0 ? '' : `; there are: ${names}`}`;
    throw missing(storage, what, 'Name one of those, or another place.');
  }
  if (found.length === 0) {
    throw missing(
      storage,
      `holds no backup: there is no ${MANIFEST} in it, nor in a folder directly below`,
      'Look at the path or prefix.',
    );
  }
  if (found.length > 1) throw missing(storage, `holds several backups: ${names}`, 'Say which by its backup id.');
  return found[0] ?? '';
}

function missing(storage: Storage, what: string, hint: string): SrgitError {
  return new SrgitError('SRGIT_ARCHIVE_MISSING', `${storage.location} ${what}`, { hint });
}
