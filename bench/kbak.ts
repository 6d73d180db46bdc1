/**
 * Speed of reading and writing backups of the backup tool's form, on one machine, in a temporary folder: scanning segments
 * (checksum, every record's lengths, and a walk over them), by packing; and writing them. The limit that the rows are compared to is
 * reading the same files and computing their checksums, nothing else.
 *
 * Usage: node bench/kbak.ts [MB] [value bytes] [runs]
 */
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { FolderStorage } from '../src/archive/folder-storage.ts';
import { COMPRESSIONS, type KbakCompression } from '../src/archive/kbak-format.ts';
import { createKbak } from '../src/archive/kbak-sink.ts';
import { openKbak } from '../src/archive/kbak-source.ts';
import { sliceRecord } from '../src/records/plain-records.ts';

const [megabytes = 512, valueBytes = 1024, runs = 5] = process.argv.slice(2).map(Number);
const RECORDS = Math.floor((megabytes * 1e6) / (valueBytes + 85));

/** Values half text and half random base64, two headers (51 and 4 bytes). */
function* makeRecords(): Generator<ReturnType<typeof sliceRecord>> {
  const made = Array.from({ length: 500 }, (_, i) => {
    const value = Buffer.alloc(valueBytes, `{"orderId":${i},"status":"created","customer":"c-${i % 977}"}`);
    value.write(randomBytes(valueBytes).toString('base64'), valueBytes >> 1, valueBytes >> 1, 'latin1');
    const headers = [
      [Buffer.from('traceparent'), Buffer.alloc(40, 'a')],
      [Buffer.from('n'), Buffer.from('abc')],
    ] as const;
    return sliceRecord({ offset: 0n, timestamp: 1_700_000_000_000n + BigInt(i), key: null, value, headers });
  });
  for (let i = 0; i < RECORDS; i++) yield made[i % made.length] as ReturnType<typeof sliceRecord>;
}

async function write(root: string, compression: KbakCompression): Promise<void> {
  rmSync(root, { recursive: true, force: true });
  const sink = await createKbak(new FolderStorage(root), { backupId: 'b', compression });
  const partition = await sink.open('t', 0);
  let offset = 0n;
  for (const { bytes, slices } of makeRecords()) {
    const waiting = partition.append(bytes, slices, offset++);
    if (waiting !== undefined) await waiting;
  }
  await partition.close();
  await sink.finish({ topics: [], createdAt: 0 });
}

async function readOnly(root: string): Promise<void> {
  const storage = new FolderStorage(root);
  for await (const { key } of storage.list('b/topics/')) {
    let crc = 0;
    for await (const chunk of storage.read(key)) crc = crc32(chunk, crc);
  }
}

async function scan(root: string, checksums: 'before' | 'at-end'): Promise<void> {
  const source = await openKbak(new FolderStorage(root), { checksums });
  let records = 0;
  let valueTotal = 0;
  for await (const piece of source.read('t', 0)) {
    if (piece.kind !== 'records') continue;
    const { cursor } = piece;
    while (cursor.next()) {
      records++;
      valueTotal += cursor.valueLength;
    }
  }
  if (records !== RECORDS || valueTotal !== RECORDS * valueBytes)
    throw new Error(`${records} records, ${valueTotal} bytes`);
}

async function measure(name: string, bytes: number, run: () => Promise<void>): Promise<number> {
  await run();
  const times: number[] = [];
  const processor: number[] = [];
  for (let i = 0; i < runs; i++) {
    const start = performance.now();
    const before = process.cpuUsage();
    await run();
    times.push(performance.now() - start);
    const { user, system } = process.cpuUsage(before);
    processor.push((user + system) / 1e3);
  }
  times.sort((a, b) => a - b);
  processor.sort((a, b) => a - b);
  const busy = processor[processor.length >> 1] ?? 0;
  const ms = times[times.length >> 1] ?? 0;
  const range = `${(times[0] ?? 0).toFixed(0)}-${(times.at(-1) ?? 0).toFixed(0)}`;
  console.log(
    `${name.padEnd(34)}${ms.toFixed(0).padStart(8)} ms (${range})`.padEnd(60) +
      `${(bytes / 1e3 / ms).toFixed(0).padStart(6)} MB/s; processor time ${busy.toFixed(0).padStart(6)} ms, ` +
      `${(bytes / 1e3 / busy).toFixed(0).padStart(5)} MB per second of it, ${((busy * 1e6) / RECORDS).toFixed(0)} ns/record`,
  );
  return ms;
}

const folder = mkdtempSync(join(tmpdir(), 'srgit-bench-'));
try {
  for (const compression of COMPRESSIONS) {
    const root = join(folder, compression);
    await write(root, compression);
    const source = await openKbak(new FolderStorage(root));
    const [topic] = await source.topics();
    const stored = topic?.partitions[0]?.bytes ?? 0;
    const plain = RECORDS * (valueBytes + 85);
    console.log(
      `\n${compression}: ${RECORDS} records, ${(plain / 1e6).toFixed(0)} MB, ${(stored / 1e6).toFixed(0)} MB stored`,
    );
    const limit = await measure('read files, checksum (stored bytes)', stored, () => readOnly(root));
    const once = await measure('scan, checksums at the end', plain, () => scan(root, 'at-end'));
    await measure('scan, checksums before', plain, () => scan(root, 'before'));
    await measure('write', plain, () => write(root, compression));
    console.log(
      `scan / read: ${(once / limit).toFixed(2)}; peak memory so far ${(process.resourceUsage().maxRSS / 1e3).toFixed(0)} MB`,
    );
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
