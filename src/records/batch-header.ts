/**
 * The 61 bytes before a version 2 batch's records (KIP-98), all big-endian:
 * baseOffset 8, length 4 (of what follows it), partitionLeaderEpoch 4, magic 1, crc 4, attributes 2, lastOffsetDelta 4,
 * baseTimestamp 8, maxTimestamp 8, producerId 8, producerEpoch 2, baseSequence 4, recordCount 4.
 * The checksum covers everything from the attributes on: base offset and leader epoch are the broker's to set.
 */
import { ChecksumPatch, checksumOf } from './crc32c.ts';
import { RecordError } from './record-error.ts';

/** Where each field begins. */
export const AT = {
  length: 8,
  leaderEpoch: 12,
  magic: 16,
  crc: 17,
  attributes: 21,
  lastOffsetDelta: 23,
  baseTimestamp: 27,
  maxTimestamp: 35,
  producerId: 43,
  producerEpoch: 51,
  baseSequence: 53,
  recordCount: 57,
  records: 61,
} as const;

/** Bytes before what the length field counts. */
export const LENGTH_OVERHEAD = 12;

export const ATTRIBUTE = {
  codec: 0x07,
  logAppendTime: 0x08,
  transactional: 0x10,
  control: 0x20,
  /** KIP-534: the cleaner keeps in baseTimestamp the time after which a tombstone or marker may go. */
  deleteHorizon: 0x40,
} as const;

export interface BatchHeader {
  readonly baseOffset: bigint;
  /** Bytes of the whole batch. */
  readonly size: number;
  readonly leaderEpoch: number;
  readonly crc: number;
  readonly attributes: number;
  readonly lastOffsetDelta: number;
  /** Milliseconds; records' timestamps count from it, whether it is the first record's or a delete horizon. */
  readonly baseTimestamp: bigint;
  readonly maxTimestamp: bigint;
  /** -1 where the producer was not idempotent. */
  readonly producerId: bigint;
  readonly producerEpoch: number;
  readonly baseSequence: number;
  readonly recordCount: number;
}

/** The header of the version 2 batch at `start`, whose bytes are known to be there (see `nextBatch`). */
export function readBatchHeader(bytes: Buffer, start = 0): BatchHeader {
  return {
    baseOffset: bytes.readBigInt64BE(start),
    size: bytes.readInt32BE(start + AT.length) + LENGTH_OVERHEAD,
    leaderEpoch: bytes.readInt32BE(start + AT.leaderEpoch),
    crc: bytes.readUInt32BE(start + AT.crc),
    attributes: bytes.readInt16BE(start + AT.attributes),
    lastOffsetDelta: bytes.readInt32BE(start + AT.lastOffsetDelta),
    baseTimestamp: bytes.readBigInt64BE(start + AT.baseTimestamp),
    maxTimestamp: bytes.readBigInt64BE(start + AT.maxTimestamp),
    producerId: bytes.readBigInt64BE(start + AT.producerId),
    producerEpoch: bytes.readInt16BE(start + AT.producerEpoch),
    baseSequence: bytes.readInt32BE(start + AT.baseSequence),
    recordCount: bytes.readInt32BE(start + AT.recordCount),
  };
}

/** @throws RecordError `bad-crc` when the checksum of the batch in `bytes[start, end)` is not that of its bytes. */
export function checkBatchCrc(bytes: Buffer, start: number, end: number): void {
  const said = bytes.readUInt32BE(start + AT.crc);
  const actual = checksumOf(bytes, start + AT.attributes, end);
  if (said === actual) return;
  throw new RecordError('bad-crc', `the batch's checksum is ${hex(actual)}, and it says ${hex(said)}`, {
    position: start,
    baseOffset: bytes.readBigInt64BE(start),
  });
}

function hex(value: number): string {
  return value.toString(16).padStart(8, '0');
}

export interface ProducerStamp {
  /** -1 for a producer that is not idempotent. */
  readonly producerId: bigint;
  readonly producerEpoch: number;
  readonly baseSequence: number;
  readonly transactional: boolean;
}

/**
 * Makes a batch that was read one that a producer may send: its producer, sequence and transaction; base offset 0, no
 * leader epoch, no delete horizon. The batch's own timestamps stay, so it must not have broker timestamps
 * (`rewriteBatch` with `forProduce` turns those into the records' own). In place; the checksum is adjusted, not computed.
 */
export function stampProducer(batch: Buffer, stamp: ProducerStamp): void {
  const attributes = batch.readUInt16BE(AT.attributes) & ~(ATTRIBUTE.deleteHorizon | ATTRIBUTE.transactional);
  const patched = Buffer.allocUnsafe(AT.recordCount - AT.producerId);
  patched.writeBigInt64BE(stamp.producerId, 0);
  patched.writeInt16BE(stamp.producerEpoch, AT.producerEpoch - AT.producerId);
  patched.writeInt32BE(stamp.baseSequence, AT.baseSequence - AT.producerId);
  batch.writeBigInt64BE(0n, 0);
  batch.writeInt32BE(-1, AT.leaderEpoch);
  const patch = new ChecksumPatch();
  patch.begin(AT.attributes);
  const flags = Buffer.allocUnsafe(2);
  flags.writeUInt16BE(attributes | (stamp.transactional ? ATTRIBUTE.transactional : 0));
  patchBytes(batch, AT.attributes, flags, patch);
  patchBytes(batch, AT.producerId, patched, patch);
  batch.writeUInt32BE(patch.finish(batch.readUInt32BE(AT.crc), batch.length), AT.crc);
}

function patchBytes(batch: Buffer, start: number, bytes: Buffer, patch: ChecksumPatch): void {
  for (let from = 0; from < bytes.length; from += 4) {
    const position = start + from;
    const before = batch.readInt32LE(position);
    bytes.copy(batch, position, from, Math.min(from + 4, bytes.length));
    const difference = before ^ batch.readInt32LE(position);
    if (difference !== 0) patch.changed(position, difference);
  }
}
