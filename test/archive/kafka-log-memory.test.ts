/**
 * Memory does not grow with the size of a segment, nor with that of a file of kcat lines: both are made here, several times
 * as large as the memory that reading them may take. Slow: it writes and reads 0.9 GB.
 */
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FolderStorage } from '../../src/archive/folder-storage.ts';
import { openKafkaLog } from '../../src/archive/kafka-log.ts';
import { openKcat } from '../../src/archive/kcat.ts';
import type { RecordSource } from '../../src/records/record-source.ts';
import { batchOf, plainRecord } from '../records/random-records.ts';
import { makeFiles, removeFolder, segmentName, transactionalBatch } from '../support/log-files.ts';

const MIB = 1024 * 1024;
const BATCH_BYTES = MIB;
const BATCHES = 640;
/** Chunks, a batch that lies across two, and what the collector has not taken back yet. */
const MOST = 160 * MIB;

describe('memory', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await makeFiles({ [`t-0/${segmentName(0)}`]: '', 'lines.jsonl': '' });
    const segment = await open(join(folder, 't-0', segmentName(0)), 'w');
    const plain = batchOf([Buffer.alloc(BATCH_BYTES, 'a')]);
    // Its transaction never ends: all of the log must be looked through to know.
    const transactional = transactionalBatch([plainRecord({ value: Buffer.alloc(BATCH_BYTES, 'b') })], 5n);
    for (let i = 0; i < BATCHES; i++) {
      const batch = i % 4 === 0 ? transactional : plain;
      batch.writeBigInt64BE(BigInt(i));
      await segment.write(batch);
    }
    await segment.close();
    const lines = await open(join(folder, 'lines.jsonl'), 'w');
    for (let i = 0; i < 300; i++) {
      await lines.write(`{"topic":"t","partition":0,"offset":${i},"key":null,"payload":"${'x'.repeat(MIB)}"}\n`);
    }
    await lines.close();
  }, 300_000);
  afterAll(() => removeFolder(folder));

  it('stays below its bound with a segment of 640 MiB', async () => {
    const source = await openKafkaLog(new FolderStorage(folder));
    const { pieces, peak } = await readAll(source);
    expect(pieces).toEqual({ batch: 480, skipped: 160 });
    expect(peak).toBeLessThan(MOST);
  }, 300_000);

  it('stays below its bound with a file of lines', async () => {
    const { pieces, peak } = await readAll(await openKcat(new FolderStorage(folder), 'lines.jsonl'));
    expect(pieces['records']).toBeGreaterThan(100);
    expect(peak).toBeLessThan(MOST);
  }, 300_000);
});

/** What came, and how many bytes of buffers and heap there were at the most more than before. */
async function readAll(source: RecordSource): Promise<{ pieces: Record<string, number>; peak: number }> {
  const pieces: Record<string, number> = {};
  const held = (): number => process.memoryUsage().external + process.memoryUsage().heapUsed;
  const before = held();
  let peak = 0;
  const started = performance.now();
  for await (const piece of source.read('t', 0)) {
    pieces[piece.kind] = (pieces[piece.kind] ?? 0) + 1;
    peak = Math.max(peak, held() - before);
  }
  const seconds = (performance.now() - started) / 1000;
  console.log(`${source.kind}: at most ${Math.round(peak / MIB)} MiB more, in ${seconds.toFixed(1)} s`);
  return { pieces, peak };
}
