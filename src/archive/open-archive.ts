/** Opens whatever archive of records a location holds. What it is, its content says, not its name. */
import { stat } from 'node:fs/promises';
import { basename, dirname, resolve } from 'node:path';
import { SrgitError } from '../errors.ts';
import { DEFAULT_LIMITS } from '../records/limits.ts';
import { RecordError } from '../records/record-error.ts';
import type { RecordSource, SourceKind } from '../records/record-source.ts';
import { FolderStorage } from './folder-storage.ts';
import { openKafkaLog } from './kafka-log.ts';
import { readSoundBatch } from './kafka-log-damage.ts';
import { isSegmentName } from './kafka-log-folders.ts';
import type { KbakOptions } from './kbak-options.ts';
import { openKbak } from './kbak-source.ts';
import { openKcat } from './kcat.ts';
import { KcatLine } from './kcat-line.ts';
import { KcatLines } from './kcat-lines.ts';
import { sidecarKey } from './kcat-sidecar.ts';
import type { Storage, StoredObject } from './storage.ts';

export type ArchiveKind = Exclude<SourceKind, 'kafka'>;

export interface OpenArchiveOptions {
  /** Looked for where it is not said. */
  readonly kind?: ArchiveKind | undefined;
  /** The file of kcat lines, where the storage holds several. */
  readonly key?: string | undefined;
  /** For a `kbak` archive. */
  readonly kbak?: Omit<KbakOptions, 'onWarning' | 'signal'> | undefined;
  /** For kcat lines: see `KcatOptions`. */
  readonly allowReplaced?: boolean | undefined;
  /** Told what is odd and no error. */
  readonly onWarning?: ((message: string) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Objects looked at before it is said that nothing is found. */
const MAX_LOOK = 5000;
/** Files that are looked into. */
const MAX_FILES = 20;
const HEAD_BYTES = 64 * 1024;
const SHOWN = 5;

/**
 * Like `openArchive`, of a folder or, for kcat lines, of a file.
 * @throws SrgitError SRGIT_ARCHIVE_MISSING, SRGIT_ARCHIVE_INVALID and what the archive itself throws
 */
export async function openArchiveAt(path: string, options: OpenArchiveOptions = {}): Promise<RecordSource> {
  const full = resolve(path);
  const found = await stat(full).catch(() => undefined);
  if (found === undefined) {
    throw new SrgitError('SRGIT_ARCHIVE_MISSING', `there is no ${full}`, { hint: 'Look at the path.' });
  }
  if (!found.isFile()) return openArchive(new FolderStorage(full), options);
  const folder = new FolderStorage(dirname(full));
  const key = basename(full);
  const { kind } = options;
  if (kind !== 'kcat' && !(kind === undefined && (await holdsKcatLines(folder, { key, size: found.size })))) {
    throw new SrgitError('SRGIT_ARCHIVE_INVALID', `${full} is no file of kcat lines`, {
      hint: 'Other archives are folders: name the folder.',
    });
  }
  return openArchive(folder, { ...options, kind: 'kcat', key });
}

/**
 * The storage is closed with the source, and where opening fails.
 * @throws SrgitError SRGIT_ARCHIVE_MISSING naming what was found instead, SRGIT_ARCHIVE_INVALID for more than one kind
 */
export async function openArchive(storage: Storage, options: OpenArchiveOptions = {}): Promise<RecordSource> {
  try {
    return await open(storage, options);
  } catch (error) {
    await storage.close().catch(() => undefined);
    throw error;
  }
}

async function open(storage: Storage, options: OpenArchiveOptions): Promise<RecordSource> {
  const { onWarning, allowReplaced, signal } = options;
  const told = { ...(onWarning ? { onWarning } : {}), signal };
  let { kind, key } = options;
  if (kind === undefined || (kind === 'kcat' && key === undefined)) {
    const found = await look(storage, signal);
    kind ??= found.onlyKind();
    if (kind === 'kcat') key ??= found.onlyKcatFile();
  }
  if (kind === 'kbak') return openKbak(storage, { ...options.kbak, ...told });
  if (kind === 'kafka-log') return openKafkaLog(storage, told);
  return openKcat(storage, key ?? '', { ...told, ...(allowReplaced === undefined ? {} : { allowReplaced }) });
}

/** What is in a storage, as far as it was looked at. */
class Findings {
  readonly kinds = new Set<ArchiveKind>();
  readonly kcatFiles: string[] = [];
  readonly others: string[] = [];
  count = 0;
  private readonly location: string;

  constructor(location: string) {
    this.location = location;
  }

  /** @throws SrgitError */
  onlyKind(): ArchiveKind {
    const [kind, ...more] = this.kinds;
    if (kind !== undefined && more.length === 0) return kind;
    if (kind !== undefined) {
      throw new SrgitError('SRGIT_ARCHIVE_INVALID', `${this.location} holds ${[...this.kinds].join(' and ')}`, {
        hint: 'Say which of them is meant, or name a folder further down.',
      });
    }
    throw this.missing();
  }

  /** @throws SrgitError */
  onlyKcatFile(): string {
    const [file, ...more] = this.kcatFiles;
    if (file === undefined) throw this.missing();
    if (more.length === 0) return file;
    const names = this.kcatFiles.slice(0, SHOWN).join(', ');
    throw new SrgitError('SRGIT_ARCHIVE_INVALID', `${this.location} holds several files of kcat lines: ${names}`, {
      hint: 'Name one of the files.',
    });
  }

  private missing(): SrgitError {
    const names = this.others.slice(0, SHOWN).join(', ');
    const more = this.count > SHOWN ? ` and ${this.count > MAX_LOOK ? 'many' : this.count - SHOWN} more` : '';
    const found = this.count === 0 ? 'it is empty' : `found were ${names}${more}`;
    return new SrgitError('SRGIT_ARCHIVE_MISSING', `${this.location} holds no archive of records: ${found}`, {
      hint: "An archive is a backup with a manifest.json, a broker's log directory (folders like orders-0), or a file of kcat -J lines.",
    });
  }
}

async function look(storage: Storage, signal: AbortSignal | undefined): Promise<Findings> {
  const findings = new Findings(storage.location);
  const looks = { segments: 0, files: 0 };
  for await (const object of storage.list('', signal)) {
    if (++findings.count > MAX_LOOK) break;
    const { key } = object;
    if (findings.others.length < SHOWN) findings.others.push(key);
    const kind = await kindOf(storage, object, looks, signal);
    if (kind === undefined) continue;
    findings.kinds.add(kind);
    if (kind === 'kcat') findings.kcatFiles.push(key);
  }
  return findings;
}

/** What an object is of by its content; its name says only what may be worth a look. */
async function kindOf(
  storage: Storage,
  object: StoredObject,
  looks: { segments: number; files: number },
  signal: AbortSignal | undefined,
): Promise<ArchiveKind | undefined> {
  const { key, size } = object;
  const parts = key.split('/');
  const name = parts.at(-1) ?? '';
  if (name === 'manifest.json' && parts.length <= 2 && (await holdsManifest(storage, object, signal))) return 'kbak';
  if (isSegmentName(name) && size > 0 && looks.segments < MAX_FILES) {
    looks.segments++;
    if (await holdsBatches(storage, object, signal)) return 'kafka-log';
  }
  if (parts.length > 1 || key.endsWith(sidecarKey('')) || looks.files >= MAX_FILES) return undefined;
  looks.files++;
  return (await holdsKcatLines(storage, object, signal)) ? 'kcat' : undefined;
}

/** A manifest may be large: its first keys are enough. */
async function holdsManifest(
  storage: Storage,
  { key, size }: StoredObject,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  let head = '';
  for await (const chunk of storage.read(key, { end: Math.min(HEAD_BYTES, size), signal })) head += chunk.toString();
  return /^\s*\{/.test(head) && head.includes('"backup_id"');
}

/** A log of a topic without records, or without sound ones, is still a log when its folder says so: see `openKafkaLog`. */
async function holdsBatches(storage: Storage, object: StoredObject, signal: AbortSignal | undefined): Promise<boolean> {
  const segment = { ...object, folder: '', baseOffset: undefined };
  return (await readSoundBatch(storage, segment, 0, DEFAULT_LIMITS, signal)) !== undefined;
}

async function holdsKcatLines(
  storage: Storage,
  { key, size }: Pick<StoredObject, 'key' | 'size'>,
  signal?: AbortSignal,
): Promise<boolean> {
  let first: Buffer = Buffer.alloc(0);
  for await (const chunk of storage.read(key, { end: Math.min(1, size), signal })) first = chunk;
  // A byte order mark is no rule, and may be.
  if (first[0] !== 0x7b && first[0] !== 0xef) return false;
  const lines = new KcatLines(storage, key, { start: 0, end: size }, DEFAULT_LIMITS.maxBatchBytes, signal);
  try {
    if (!(await lines.next())) return false;
    const start = first[0] === 0xef ? Math.min(lines.start + 3, lines.end) : lines.start;
    new KcatLine().parse(lines.bytes, start, lines.end);
    return true;
  } catch (error) {
    if (error instanceof RecordError) return false;
    throw error;
  } finally {
    await lines.close();
  }
}
