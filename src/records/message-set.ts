/**
 * Messages of versions 0 and 1, which logs written before Kafka 0.11 hold: offset 8, size 4, crc 4 (CRC-32, of all that
 * follows), version 1, attributes 1, in version 1 a timestamp 8, then key and value, each a 4-byte length (-1 for null) and
 * bytes. A compressed message's value is a set of such messages. They are read only: a broker of today takes version 2.
 */
import { crc32 } from 'node:zlib';
import { ATTRIBUTE } from './batch-header.ts';
import { codecOf, decompress } from './codec.ts';
import type { RecordLimits } from './limits.ts';
import { RecordError } from './record-error.ts';
import type { RecordSlices } from './record-slices.ts';

/** Told each record; `bytes` and `record` are only good until it returns. */
export type MessageVisitor = (bytes: Buffer, record: RecordSlices, offset: bigint) => void;

/**
 * The records of the message in `bytes[start, end)`, which `nextBatch` found: one, or those inside a compressed one.
 * @throws RecordError
 */
export function readMessage(
  bytes: Buffer,
  start: number,
  end: number,
  limits: RecordLimits,
  visit: MessageVisitor,
): void {
  const message = new Message();
  message.read(bytes, start, end, false);
  if (message.codec === 0) {
    visit(bytes, message, bytes.readBigInt64BE(start));
    return;
  }
  if (message.valueLength < 0)
    throw new RecordError('bad-record', 'a compressed message is empty', { position: start });
  const { valueStart, valueLength } = message;
  const codec = codecOf(message.codec, start);
  const inner = decompress(codec, bytes, valueStart, valueStart + valueLength, limits.maxDecompressedBytes);
  readInner(inner, message, bytes.readBigInt64BE(start), visit);
}

function readInner(bytes: Buffer, wrapper: Message, wrapperOffset: bigint, visit: MessageVisitor): void {
  const base = wrapper.magic === 0 ? 0n : wrapperOffset - lastOffset(bytes);
  const message = new Message();
  for (let at = 0; at < bytes.length; ) {
    const end = entryEnd(bytes, at);
    message.read(bytes, at, end, true);
    if (message.magic !== wrapper.magic || message.codec !== 0) {
      throw new RecordError('bad-record', 'a compressed message holds one of another kind', inside(at));
    }
    if (wrapper.appendTime) message.takeTimestamp(wrapper);
    visit(bytes, message, base + bytes.readBigInt64BE(at));
    at = end;
  }
}

/**
 * Version 1 numbers the messages inside from 0 and gives the wrapper the offset of the last (KIP-31); in version 0 the
 * offsets inside are the real ones.
 */
function lastOffset(bytes: Buffer): bigint {
  let last: bigint | undefined;
  for (let at = 0; at < bytes.length; ) {
    const end = entryEnd(bytes, at);
    last = bytes.readBigInt64BE(at);
    at = end;
  }
  if (last === undefined) throw new RecordError('bad-record', 'a compressed message is empty', inside(0));
  return last;
}

function entryEnd(bytes: Buffer, at: number): number {
  if (bytes.length - at < 12) throw new RecordError('truncated', 'a message ends in its header', inside(at));
  const size = bytes.readInt32BE(at + 8);
  if (size < 14) throw new RecordError('bad-length', `a message cannot have ${size} bytes`, inside(at));
  if (size > bytes.length - at - 12) throw new RecordError('truncated', 'a message goes beyond its set', inside(at));
  return at + 12 + size;
}

function inside(position: number): { readonly position: number; readonly decompressed: true } {
  return { position, decompressed: true };
}

class Message implements RecordSlices {
  magic = 0;
  codec = 0;
  appendTime = false;
  keyStart = 0;
  keyLength = -1;
  valueStart = 0;
  valueLength = -1;
  readonly headerCount = 0;
  readonly headers = NO_HEADERS;
  timestampHigh = -1;
  timestampLow = -1;

  read(bytes: Buffer, start: number, end: number, decompressed: boolean): void {
    const fail = (reason: 'bad-crc' | 'bad-magic' | 'bad-record', what: string, position = start): never => {
      throw new RecordError(reason, what, { position, decompressed });
    };
    const magic = bytes[start + 16] as number;
    if (magic > 1) fail('bad-magic', `format version ${magic} is neither 0 nor 1`);
    const first = magic === 0 ? start + 18 : start + 26;
    if (end - first < 8) fail('bad-record', 'a message is too short');
    if (bytes.readUInt32BE(start + 12) !== crc32(bytes.subarray(start + 16, end))) {
      fail('bad-crc', "a message's checksum is not that of its bytes");
    }
    const attributes = bytes[start + 17] as number;
    this.magic = magic;
    this.codec = attributes & ATTRIBUTE.codec;
    this.appendTime = magic === 1 && (attributes & ATTRIBUTE.logAppendTime) !== 0;
    // Version 0 has no timestamps: consumers are told -1.
    this.timestampHigh = magic === 0 ? -1 : bytes.readInt32BE(start + 18);
    this.timestampLow = magic === 0 ? -1 : bytes.readInt32BE(start + 22);
    this.keyLength = bytes.readInt32BE(first);
    this.keyStart = first + 4;
    const valueAt = this.keyStart + Math.max(0, this.keyLength);
    if (end - valueAt < 4) fail('bad-record', 'a key goes beyond its message', first);
    this.valueLength = bytes.readInt32BE(valueAt);
    this.valueStart = valueAt + 4;
    if (this.valueStart + Math.max(0, this.valueLength) !== end) {
      fail('bad-record', 'a value does not fill its message', valueAt);
    }
  }

  takeTimestamp(from: Message): void {
    this.timestampHigh = from.timestampHigh;
    this.timestampLow = from.timestampLow;
  }
}

const NO_HEADERS = new Int32Array(0);
