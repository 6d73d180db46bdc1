/** Pieces of fetch answers: ranges that cut batches, old messages, markers, aborted and damaged batches. */
import { crc32 } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import type { FetchAnswer } from '../../src/kafka/raw-fetch.ts';
import { extentOf, type PieceOptions, piecesOf } from '../../src/kafka/raw-pieces.ts';
import type { BatchFields } from '../../src/records/batch-builder.ts';
import { ATTRIBUTE } from '../../src/records/batch-header.ts';
import type { OffsetRange } from '../../src/records/batch-part.ts';
import type { Codec } from '../../src/records/codec.ts';
import { DEFAULT_LIMITS } from '../../src/records/limits.ts';
import { readPlainRecords, writePlainRecords } from '../../src/records/plain-records.ts';
import { copyRecord } from '../../src/records/record-slices.ts';
import type { SourcePiece } from '../../src/records/record-source.ts';

const OPTIONS: PieceOptions = { limits: DEFAULT_LIMITS, isCommittedOnly: true, skipDamaged: false };
const ALL: OffsetRange = { from: 0n, to: undefined };

/** Values are the offsets. */
function batch(first: number, count: number, fields: BatchFields = {}, codec: Codec = 'none'): Buffer {
  const records = Array.from({ length: count }, (_, index) => ({
    offset: BigInt(first + index),
    timestamp: 1n,
    key: null,
    value: Buffer.from(String(first + index)),
    headers: [],
  }));
  return writePlainRecords(records, { codec }, fields);
}

/** A message of version 0 or 1, as brokers before 0.11 wrote them. */
function message(offset: number, version: 0 | 1, value: string): Buffer {
  const head = version === 0 ? 18 : 26;
  const bytes = Buffer.alloc(head + 4 + 4 + value.length);
  bytes.writeBigInt64BE(BigInt(offset), 0);
  bytes.writeInt32BE(bytes.length - 12, 8);
  bytes[16] = version;
  if (version === 1) bytes.writeBigInt64BE(77n, 18);
  bytes.writeInt32BE(-1, head);
  bytes.writeInt32BE(value.length, head + 4);
  bytes.write(value, head + 8);
  bytes.writeUInt32BE(crc32(bytes.subarray(16)), 12);
  return bytes;
}

function answerOf(parts: readonly Buffer[], aborted: FetchAnswer['aborted'] = []): FetchAnswer {
  const records = Buffer.concat(parts);
  return { errorCode: 0, highWatermark: 1000n, logStartOffset: 0n, aborted, records };
}

function show(piece: SourcePiece): string {
  if (piece.kind === 'skipped') return `${piece.reason} ${piece.firstOffset}-${piece.lastOffset}`;
  if (piece.kind === 'batch') return `batch ${readPlainRecords(piece.bytes).map(({ value }) => value)}`;
  const values: string[] = [];
  while (piece.cursor.next()) {
    const offset = piece.baseOffset + BigInt(piece.cursor.offsetDelta);
    values.push(`${offset}=${copyRecord(piece.cursor.bytes, piece.cursor, offset).value}`);
  }
  return `records ${values}`;
}

function showAll(answer: FetchAnswer, range: OffsetRange, options: Partial<PieceOptions> = {}): string[] {
  return [...piecesOf(answer, answer.records.length, range, { ...OPTIONS, ...options })].map(show);
}

describe('pieces', () => {
  const three = answerOf([batch(0, 4), batch(4, 3, {}, 'gzip'), batch(10, 2)]);

  test('whole batches', () => {
    expect(showAll(three, ALL)).toEqual(['batch 0,1,2,3', 'batch 4,5,6', 'batch 10,11']);
  });

  test.each([
    [0n, 7n, ['batch 0,1,2,3', 'batch 4,5,6']],
    [2n, 6n, ['records 2=2,3=3', 'records 4=4,5=5']],
    [5n, 6n, ['records 5=5']],
    [4n, 7n, ['batch 4,5,6']],
    [7n, 10n, []],
    [11n, 100n, ['records 11=11']],
    [12n, 100n, []],
  ])('offsets %d to %d', (from, to, pieces) => {
    expect(showAll(three, { from, to })).toEqual(pieces);
  });

  test('control batches and aborted transactions are skipped, within the range', () => {
    const marker = batch(3, 1, { attributes: ATTRIBUTE.control | ATTRIBUTE.transactional, producerId: 7n });
    const transactional = { attributes: ATTRIBUTE.transactional, producerId: 7n };
    const answer = answerOf(
      [batch(0, 3, transactional), marker, batch(4, 2, transactional)],
      [{ producerId: 7n, firstOffset: 0n }],
    );
    expect(showAll(answer, ALL)).toEqual(['aborted 0-2', 'control 3-3', 'batch 4,5']);
    expect(showAll(answer, { from: 1n, to: 2n })).toEqual(['aborted 1-1']);
    // What is behind the marker is another transaction, from wherever reading began.
    expect(showAll(answer, { from: 4n, to: 6n })).toEqual(['batch 4,5']);
    expect(showAll(answer, ALL, { isCommittedOnly: false })).toEqual(['batch 0,1,2', 'control 3-3', 'batch 4,5']);
  });

  test('messages of versions 0 and 1 come as records', () => {
    const answer = answerOf([message(0, 0, 'old'), message(5, 1, 'older'), batch(6, 1)]);
    expect(showAll(answer, ALL)).toEqual(['records 0=old', 'records 5=older', 'batch 6']);
    expect(showAll(answer, { from: 1n, to: 6n })).toEqual(['records 5=older']);
  });

  test('a batch that compaction emptied is no piece', () => {
    const answer = answerOf([batch(0, 0, { baseOffset: 0n, lastOffsetDelta: 4 }), batch(5, 1)]);
    expect(showAll(answer, ALL)).toEqual(['batch 5']);
  });

  test('damage is told, or skipped where that is asked for', () => {
    const answer = answerOf([batch(0, 2), batch(2, 2), batch(4, 2)]);
    const position = batch(0, 2).length + 70;
    answer.records.writeUInt8(answer.records.readUInt8(position) ^ 1, position);
    expect(() => showAll(answer, ALL)).toThrow(/checksum.*batch at offset 2/);
    expect(showAll(answer, ALL, { skipDamaged: true })).toEqual(['batch 0,1', 'damaged 2-3', 'batch 4,5']);
  });

  test('batches do not share bytes', () => {
    const [first, second] = [...piecesOf(three, three.records.length, ALL, OPTIONS)];
    if (first?.kind !== 'batch' || second?.kind !== 'batch') throw new Error('no batches');
    first.bytes.fill(0);
    expect(show(second)).toBe('batch 4,5,6');
  });
});

describe('extent', () => {
  test('ends where the last whole batch ends', () => {
    const whole = Buffer.concat([batch(3, 4), batch(7, 3)]);
    for (const cut of [1, 16, 40, 70]) {
      const records = Buffer.concat([whole, batch(10, 9).subarray(0, cut)]);
      expect(extentOf(records, { from: 3n, to: undefined }, DEFAULT_LIMITS)).toEqual({
        next: 10n,
        end: whole.length,
        needed: undefined,
        broken: undefined,
      });
    }
  });

  test('says how much a first batch needs that is not whole', () => {
    const only = batch(3, 4);
    const extent = extentOf(only.subarray(0, only.length - 1), { from: 3n, to: undefined }, DEFAULT_LIMITS);
    expect(extent).toEqual({ next: 3n, end: 0, needed: only.length, broken: undefined });
  });

  test('keeps what is before a batch whose header cannot be', () => {
    const records = Buffer.concat([batch(0, 4), batch(4, 3)]);
    records[batch(0, 4).length + 16] = 9;
    const extent = extentOf(records, ALL, DEFAULT_LIMITS);
    expect(extent).toMatchObject({ next: 4n, end: batch(0, 4).length, broken: { reason: 'bad-magic' } });
  });
});
