/**
 * Speed of the record codec by itself, on one core, in memory: scan, rewrite, and laying records anew, per codec. The
 * checksum alone over the same bytes is the limit that the uncompressed rows are compared to.
 *
 * Usage: node bench/records.ts [records] [value bytes] [runs]
 */
import { randomBytes } from 'node:crypto';
import { BatchBuilder } from '../src/records/batch-builder.ts';
import { AT } from '../src/records/batch-header.ts';
import { CODECS } from '../src/records/codec.ts';
import { checksumOf } from '../src/records/crc32c.ts';
import { DEFAULT_LIMITS } from '../src/records/limits.ts';
import { openBatch } from '../src/records/open-batch.ts';
import { sliceRecord } from '../src/records/plain-records.ts';
import { RecordCursor } from '../src/records/record-cursor.ts';
import { BatchRewriter } from '../src/records/rewrite-batch.ts';
import { SchemaIdRewriter } from '../src/records/schema-id-rewriter.ts';

const [count = 182_000, valueBytes = 1024, runs = 5] = process.argv.slice(2).map(Number);
const IDS = [1, 2, 3, 5, 7];

/** Values half text and half random base64, two headers (51 and 4 bytes), batches just below 1 MB. */
function makeBatches(codec: (typeof CODECS)[number]): Buffer[] {
  const builder = new BatchBuilder({ codec, maxBytes: 1_000_000 });
  const batches: Buffer[] = [];
  for (let i = 0; i < count; i++) {
    const value = Buffer.alloc(valueBytes, `{"orderId":${i},"status":"created","customer":"c-${i % 977}"}`);
    value.write(randomBytes(valueBytes).toString('base64'), valueBytes >> 1, valueBytes >> 1, 'latin1');
    value[0] = 0;
    value.writeInt32BE(IDS[i % IDS.length] ?? 1, 1);
    const headers = [
      [Buffer.from('traceparent'), Buffer.alloc(40, 'a')],
      [Buffer.from('n'), Buffer.from('abc')],
    ] as const;
    const record = { offset: 0n, timestamp: 1_700_000_000_000n + BigInt(i), key: null, value, headers };
    const { bytes, slices } = sliceRecord(record);
    if (builder.append(bytes, slices)) continue;
    batches.push(builder.finish());
    builder.append(bytes, slices);
  }
  batches.push(builder.finish());
  return batches;
}

function measure(name: string, bytes: number, run: () => void): number {
  run();
  const times: number[] = [];
  for (let i = 0; i < runs; i++) {
    const start = performance.now();
    run();
    times.push(performance.now() - start);
  }
  times.sort((a, b) => a - b);
  const ms = times[times.length >> 1] ?? 0;
  const speed = `${(bytes / 1e3 / ms).toFixed(0)} MB/s`.padStart(12);
  console.log(
    `${name.padEnd(34)}${ms.toFixed(1).padStart(9)} ms ${speed} ${((ms * 1e6) / count).toFixed(0).padStart(6)} ns/record`,
  );
  return ms;
}

function rewriterOf(pairs: readonly (readonly [number, number])[]): SchemaIdRewriter {
  const side = { framing: 'auto', map: { ids: new Map(pairs) } } as const;
  return new SchemaIdRewriter({ topic: 't', partition: 0, rule: { key: side, value: side }, onUnknown: 'fail' });
}

for (const codec of CODECS) {
  const batches = makeBatches(codec);
  const stored = batches.reduce((sum, batch) => sum + batch.length, 0);
  const plain = count * (valueBytes + 73);
  console.log(`\n${codec}: ${count} records, ${batches.length} batches, ${(stored / 1e6).toFixed(0)} MB stored`);
  console.log('MB/s of uncompressed records');
  // Each run maps ids around by one and the next run on, so that every run changes every record.
  const around = IDS.map((id, index) => [id, IDS[(index + 1) % IDS.length] ?? id] as const);
  const cursor = new RecordCursor();
  const crc = measure('checksum alone', plain, () => {
    for (const batch of batches) checksumOf(batch, AT.attributes, batch.length);
  });
  measure('walk', plain, () => {
    for (const batch of batches) {
      openBatch(batch, 0, batch.length, cursor, DEFAULT_LIMITS, false);
      while (cursor.next());
    }
  });
  const scanner = new BatchRewriter(rewriterOf(around), { checkCrc: false });
  measure('scan, checksum not looked at', plain, () => {
    for (const batch of batches) scanner.scan(batch, 0, batch.length);
  });
  const checker = new BatchRewriter(rewriterOf(around));
  measure('scan', plain, () => {
    for (const batch of batches) checker.scan(batch, 0, batch.length);
  });
  const rewriter = new BatchRewriter(rewriterOf(around));
  const rewritten = measure('rewrite (compressed ones: again)', plain, () => {
    for (const batch of batches) rewriter.rewrite(batch);
  });
  const same = new BatchRewriter(rewriterOf(IDS.map((id) => [id, id])));
  measure('rewrite, every id stays', plain, () => {
    for (const batch of batches) same.rewrite(batch);
  });
  if (codec === 'none') console.log(`rewrite beyond the checksum: ${(rewritten / crc - 1).toFixed(2)} of it`);
  const builder = new BatchBuilder({ codec, maxBytes: 1 << 30 });
  measure('lay anew', plain, () => {
    for (const batch of batches) {
      const bytes = openBatch(batch, 0, batch.length, cursor, DEFAULT_LIMITS, false);
      while (cursor.next()) builder.append(bytes, cursor);
      builder.finish();
    }
  });
}
