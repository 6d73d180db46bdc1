/** Log directories as a broker leaves them, and everything that a source says of a partition, for comparison. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { ATTRIBUTE } from '../../src/records/batch-header.ts';
import { DEFAULT_LIMITS } from '../../src/records/limits.ts';
import { readPlainRecords, writePlainRecords } from '../../src/records/plain-records.ts';
import { copyRecord, type PlainRecord } from '../../src/records/record-slices.ts';
import type { ReadOptions, RecordSource, SourcePiece } from '../../src/records/record-source.ts';

/** A folder of its own under the system's temporary folder with these files, by path. */
export async function makeFiles(files: Readonly<Record<string, Buffer | string>>): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'srgit-logs-'));
  await addFiles(folder, files);
  return folder;
}

export async function addFiles(folder: string, files: Readonly<Record<string, Buffer | string>>): Promise<void> {
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), content);
  }
}

export async function removeFolder(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true });
}

/** `00000000000000000042.log` */
export function segmentName(baseOffset: bigint | number): string {
  return `${String(baseOffset).padStart(20, '0')}.log`;
}

export interface WholeReading {
  readonly records: readonly PlainRecord[];
  /** Every piece that was no records. */
  readonly skipped: readonly (SourcePiece & { kind: 'skipped' })[];
  readonly kinds: readonly SourcePiece['kind'][];
}

/** Reads a partition to its end. Offsets must ascend. */
export async function readWhole(
  source: RecordSource,
  topic: string,
  partition = 0,
  options: ReadOptions = {},
): Promise<WholeReading> {
  const records: PlainRecord[] = [];
  const skipped: (SourcePiece & { kind: 'skipped' })[] = [];
  const kinds: SourcePiece['kind'][] = [];
  let last = -1n;
  const reach = (first: bigint, end: bigint): void => {
    if (first <= last || end < first) throw new Error(`offsets ${first} to ${end} come after ${last}`);
    last = end;
  };
  for await (const piece of source.read(topic, partition, options)) {
    kinds.push(piece.kind);
    if (piece.kind === 'skipped') {
      skipped.push(piece);
      reach(piece.firstOffset, piece.lastOffset);
      continue;
    }
    const before = records.length;
    if (piece.kind === 'batch') records.push(...readPlainRecords(piece.bytes, options.limits ?? DEFAULT_LIMITS));
    else {
      const { cursor, baseOffset } = piece;
      while (cursor.next()) records.push(copyRecord(cursor.bytes, cursor, baseOffset + BigInt(cursor.offsetDelta)));
    }
    for (const { offset } of records.slice(before)) reach(offset, offset);
  }
  return { records, skipped, kinds };
}

/** A batch of a transaction. */
export function transactionalBatch(records: readonly PlainRecord[], producerId: bigint): Buffer {
  return writePlainRecords(records, {}, { producerId, producerEpoch: 0, attributes: ATTRIBUTE.transactional });
}

/** The control batch that ends a producer's transaction. */
export function endOfTransaction(offset: bigint, producerId: bigint, end: 'commit' | 'abort'): Buffer {
  const key = Buffer.from([0, 0, 0, end === 'commit' ? 1 : 0]);
  const record = { offset, timestamp: 1_700_000_000_000n, key, value: Buffer.alloc(6), headers: [] };
  return writePlainRecords(
    [record],
    {},
    { producerId, producerEpoch: 0, attributes: ATTRIBUTE.transactional | ATTRIBUTE.control },
  );
}
