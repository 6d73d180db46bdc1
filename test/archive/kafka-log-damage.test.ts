/** Logs that are torn, cut or damaged, and transactions in them. */
import { appendFile, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { AT } from '../../src/records/batch-header.ts';
import { checksumOf } from '../../src/records/crc32c.ts';
import { batchOf, plainRecord } from '../records/random-records.ts';
import { endOfTransaction, readWhole, segmentName, transactionalBatch } from '../support/log-files.ts';
import { open, removeFolders, three, v, values } from './kafka-log-made.ts';

afterEach(removeFolders);

describe('the end of a log', () => {
  it('may be torn in a copy of a log in use: that is said', async () => {
    const { source, warnings } = await open({
      [`t-0/${segmentName(0)}`]: three(0),
      [`t-0/${segmentName(3)}`]: Buffer.concat([three(3), three(6).subarray(0, 40)]),
    });
    expect(values(await readWhole(source, 't'))).toBe(v(0, 1, 2, 3, 4, 5));
    expect(warnings).toEqual([
      expect.stringMatching(/^t-0 ends at offset 6: .*the file ends inside a batch \(byte \d+ of/),
    ]);
    expect((await source.topics())[0]?.partitions[0]).toMatchObject({ firstOffset: 0n, endOffset: 6n });
  });

  it('may not be torn when the broker ended in order', async () => {
    const { source } = await open({
      '.kafka_cleanshutdown': '',
      [`t-0/${segmentName(0)}`]: Buffer.concat([three(0), three(3).subarray(0, 40)]),
    });
    await expect(readWhole(source, 't')).rejects.toMatchObject({ code: 'SRGIT_RECORDS_DAMAGED' });
  });

  it('may be preallocated', async () => {
    const { source, warnings } = await open({
      [`t-0/${segmentName(0)}`]: Buffer.concat([three(0), Buffer.alloc(3_000_000)]),
      [`u-0/${segmentName(7)}`]: Buffer.alloc(1000),
    });
    expect(values(await readWhole(source, 't'))).toBe(v(0, 1, 2));
    expect(values(await readWhole(source, 'u'))).toBe('');
    expect(warnings).toEqual([]);
    expect((await source.topics())[1]?.partitions[0]).toMatchObject({ firstOffset: 7n, endOffset: 7n });
  });

  it('is not before zeros that other bytes follow', async () => {
    const { source, warnings } = await open({
      [`t-0/${segmentName(0)}`]: Buffer.concat([three(0), Buffer.alloc(2_000_000), three(6), three(9)]),
      [`u-0/${segmentName(0)}`]: Buffer.concat([three(0), Buffer.alloc(2_000_000), three(3)]),
    });
    await expect(readWhole(source, 't')).rejects.toMatchObject({
      code: 'SRGIT_RECORDS_DAMAGED',
      message: expect.stringMatching(/zeros, and other bytes after them/),
    });
    const { records, skipped } = await readWhole(source, 't', 0, { skipDamaged: true });
    expect(records).toHaveLength(9);
    expect(skipped).toMatchObject([{ reason: 'damaged', firstOffset: 3n, lastOffset: 5n }]);
    // By the offsets, nothing was ever there.
    expect(values(await readWhole(source, 'u'))).toBe(v(0, 1, 2, 3, 4, 5));
    expect(warnings).toEqual([expect.stringMatching(/^u-0: .* zeros.*: no offset is missing for it$/)]);
  });

  it('is not in the middle: a torn segment before others is an error that names file, byte and offset', async () => {
    const { source } = await open({
      [`t-0/${segmentName(0)}`]: Buffer.concat([three(0), three(3).subarray(0, 70)]),
      [`t-0/${segmentName(6)}`]: three(6),
    });
    const key = `t-0/${segmentName(0)}`;
    await expect(readWhole(source, 't')).rejects.toMatchObject({
      code: 'SRGIT_RECORDS_DAMAGED',
      message: `t-0: ${key}: the file ends inside a batch (byte ${three(0).length} of ${three(0).length + 70}, offset 3); nothing sound follows in the file`,
      details: { key, byte: three(0).length, offset: '3' },
    });
    const { records, skipped } = await readWhole(source, 't', 0, { skipDamaged: true });
    expect(records.map(({ offset }) => Number(offset))).toEqual([0, 1, 2, 6, 7, 8]);
    expect(skipped).toMatchObject([{ reason: 'damaged', firstOffset: 3n, lastOffset: 5n }]);
  });

  it('is the end as it was when the log was opened', async () => {
    const { folder, source } = await open({ [`t-0/${segmentName(0)}`]: three(0) });
    await appendFile(join(folder, 't-0', segmentName(0)), three(3));
    expect((await readWhole(source, 't')).records).toHaveLength(3);
  });

  it('that was cut off meanwhile is not passed over in silence', async () => {
    const { folder, source, warnings } = await open({ [`t-0/${segmentName(0)}`]: Buffer.concat([three(0), three(3)]) });
    await truncate(join(folder, 't-0', segmentName(0)), three(0).length + 5);
    expect((await readWhole(source, 't')).records).toHaveLength(3);
    expect(warnings).toHaveLength(1);
  });
});

describe('damage', () => {
  const flip = (bytes: Buffer, at: number): Buffer => {
    const flipped = Buffer.from(bytes);
    flipped[at] = (flipped[at] ?? 0) ^ 1;
    return flipped;
  };

  it('in one batch costs its records only, when it may be skipped', async () => {
    const { source } = await open({
      [`t-0/${segmentName(0)}`]: Buffer.concat([three(0), flip(three(3), 70), three(6)]),
    });
    await expect(readWhole(source, 't')).rejects.toMatchObject({
      message: expect.stringMatching(/checksum is [0-9a-f]{8}.*offset 3\); sound again from byte/),
    });
    const { records, skipped } = await readWhole(source, 't', 0, { skipDamaged: true });
    expect(records.map(({ offset }) => Number(offset))).toEqual([0, 1, 2, 6, 7, 8]);
    expect(skipped).toMatchObject([{ reason: 'damaged', firstOffset: 3n, lastOffset: 5n }]);
    expect(skipped[0]?.detail).toMatch(/checksum/);
  });

  it('does not matter where another copy of the log is sound', async () => {
    const sound = Buffer.concat([three(0), three(3), three(6)]);
    const { source, warnings } = await open({
      [`a/t-0/${segmentName(0)}`]: sound,
      [`b/t-0/${segmentName(0)}`]: flip(sound.subarray(0, -1), 70),
      [`b/t-0/${segmentName(9)}`]: three(9),
    });
    expect(values(await readWhole(source, 't'))).toBe(v(...Array.from({ length: 12 }, (_, i) => i)));
    expect(warnings.every((text) => /b\/t-0\/0{20}\.log.*no offset is missing for it$/.test(text))).toBe(true);
    expect(warnings.length).toBeGreaterThan(0);
  });

  it('under a right checksum is an error of whoever opens the batch', async () => {
    const bad = batchOf([Buffer.from('some text')], 3n, 'zstd');
    bad.fill(0x55, AT.records + 4);
    bad.writeUInt32BE(checksumOf(bad, AT.attributes, bad.length), AT.crc);
    bad.writeInt32BE(2, AT.lastOffsetDelta);
    bad.writeUInt32BE(checksumOf(bad, AT.attributes, bad.length), AT.crc);
    const { source } = await open({ [`t-0/${segmentName(0)}`]: Buffer.concat([three(0), bad, three(6)]) });
    // A part of it must be opened here.
    await expect(readWhole(source, 't', 0, { from: 4n })).rejects.toMatchObject({
      code: 'SRGIT_RECORDS_DAMAGED',
      message: expect.stringMatching(/t-0: t-0\/0{20}\.log: zstd data is damaged/),
    });
    const { records, skipped } = await readWhole(source, 't', 0, { from: 4n, skipDamaged: true });
    expect(records).toHaveLength(3);
    expect(skipped).toMatchObject([{ reason: 'damaged', firstOffset: 4n, lastOffset: 5n }]);
  });

  it('of an offset, which no checksum covers, is known by the batches around it', async () => {
    const moved = (base: number, to: bigint): Buffer => {
      const bytes = three(base);
      bytes.writeBigInt64BE(to);
      return bytes;
    };
    for (const wrong of [7n, 3_000n, 2n ** 40n, 1n, -1n]) {
      const { source } = await open({
        [`t-0/${segmentName(0)}`]: Buffer.concat([three(0), moved(3, wrong), three(6)]),
      });
      await expect(readWhole(source, 't'), `${wrong}`).rejects.toMatchObject({
        code: 'SRGIT_RECORDS_DAMAGED',
        message: expect.stringMatching(/(are out of order|at offsets -1 and after) \(byte \d+ of/),
      });
      const { records } = await readWhole(source, 't', 0, { skipDamaged: true });
      expect(records.map(({ offset }) => Number(offset))).toEqual([0, 1, 2, 6, 7, 8]);
    }
  });

  it('of a whole file is told from a torn end', async () => {
    const { source } = await open({ [`t-0/${segmentName(0)}`]: Buffer.alloc(500, 0xa5) });
    await expect(readWhole(source, 't')).rejects.toMatchObject({
      code: 'SRGIT_RECORDS_DAMAGED',
      hint: expect.stringMatching(/tiered-storage plugin/),
    });
  });
});

describe('transactions', () => {
  const data = (offset: number, producer: bigint, count = 1): Buffer =>
    transactionalBatch(
      Array.from({ length: count }, (_, i) =>
        plainRecord({ offset: BigInt(offset + i), value: Buffer.from(`v${offset + i}`) }),
      ),
      producer,
    );
  const end = (offset: number, producer: bigint, how: 'commit' | 'abort'): Buffer =>
    endOfTransaction(BigInt(offset), producer, how);
  const files = {
    [`t-0/${segmentName(0)}`]: Buffer.concat([three(0), data(3, 1n, 2), data(5, 2n), end(6, 1n, 'abort'), data(7, 1n)]),
    [`t-0/${segmentName(8)}`]: Buffer.concat([end(8, 2n, 'commit'), end(9, 1n, 'commit'), data(10, 2n, 2), three(12)]),
  };

  it('that were aborted or had not ended are left out, wherever their ends are', async () => {
    const { source } = await open(files);
    const all = await readWhole(source, 't');
    expect(values(all)).toBe(v(0, 1, 2, 5, 7, 12, 13, 14));
    expect(
      all.skipped.map(({ reason, firstOffset, lastOffset, records }) => [reason, firstOffset, lastOffset, records]),
    ).toEqual([
      ['aborted', 3n, 4n, 2],
      ['control', 6n, 6n, 1],
      ['control', 8n, 8n, 1],
      ['control', 9n, 9n, 1],
      ['aborted', 10n, 11n, 2],
    ]);
    expect(all.skipped.map(({ detail }) => detail)).toEqual([
      undefined,
      undefined,
      undefined,
      undefined,
      'the transaction of producer 2 from offset 10 on had not ended',
    ]);
  });

  it('are known from any offset to any other', async () => {
    const { source } = await open(files);
    const committed = [0, 1, 2, 5, 7, 12, 13, 14];
    const data = [...committed, 3, 4, 10, 11].sort((a, b) => a - b);
    for (let from = 0; from <= 15; from++) {
      for (let to = from; to <= 16; to++) {
        const inside = (offset: number): boolean => offset >= from && offset < to;
        const range = { from: BigInt(from), to: BigInt(to) };
        expect(values(await readWhole(source, 't', 0, range)), `${from} to ${to}`).toBe(v(...committed.filter(inside)));
        const raw = await readWhole(source, 't', 0, { ...range, isolation: 'read_uncommitted' });
        expect(values(raw), `${from} to ${to}`).toBe(v(...data.filter(inside)));
      }
    }
  });
});
