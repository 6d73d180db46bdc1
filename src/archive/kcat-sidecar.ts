/**
 * What a file of `kcat -J` lines has no place for is in a small file beside it, `{file}.srgit.json`, which is written last:
 * whether it was rewritten above all. A file that kcat wrote has none.
 */
import { createHash } from 'node:crypto';
import type { Storage, StoredObject } from './storage.ts';

export interface KcatSidecar {
  readonly format: 1;
  readonly id: string;
  /** Of the file that it belongs to. */
  readonly size: number;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
  readonly rewrittenBy?: string;
  readonly sourceClusterId?: string;
}

const MAX_BYTES = 1024 * 1024;
const SAMPLE = 64 * 1024;

export function sidecarKey(key: string): string {
  return `${key}.srgit.json`;
}

/** Undefined where there is none, or one of another file. @throws SrgitError SRGIT_STORAGE_READ */
export async function readSidecar(
  storage: Storage,
  file: StoredObject,
  signal: AbortSignal | undefined,
): Promise<KcatSidecar | undefined> {
  const key = sidecarKey(file.key);
  if ((await storage.stat(key, signal)) === undefined) return undefined;
  let read: Partial<KcatSidecar> | null;
  try {
    read = JSON.parse((await storage.readAll(key, MAX_BYTES, signal)).toString()) as Partial<KcatSidecar> | null;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
  if (read?.format !== 1 || read.size !== file.size || typeof read.id !== 'string') return undefined;
  if (read.rewrittenBy !== undefined && typeof read.rewrittenBy !== 'string') return undefined;
  return { ...read, format: 1, id: read.id, size: file.size, createdAt: Number(read.createdAt ?? 0) };
}

/** From the file's size, beginning and end: the same wherever the file lies. */
export async function makeKcatId(
  storage: Storage,
  file: StoredObject,
  signal: AbortSignal | undefined,
): Promise<string> {
  const hash = createHash('sha256').update(String(file.size));
  const start = Math.max(0, file.size - SAMPLE);
  for await (const chunk of storage.read(file.key, { end: Math.min(SAMPLE, file.size), signal })) hash.update(chunk);
  for await (const chunk of storage.read(file.key, { start, end: file.size, signal })) hash.update(chunk);
  return `kcat-${hash.digest('hex').slice(0, 16)}`;
}
