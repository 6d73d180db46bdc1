/**
 * Segments from before the binary form: one JSON array of records, maybe compressed, with nothing around it. They are turned
 * into a record stream, one record at a time.
 *
 * `{"key": base64|null, "value": base64|null, "headers": [{"key": text, "value": base64|null}], "timestamp": n, "offset": n}`
 */
import { isJsonObject } from '../model/json.ts';
import { sliceRecord } from '../records/plain-records.ts';
import { RecordError } from '../records/record-error.ts';
import type { PlainRecord } from '../records/record-slices.ts';
import { decompressPayload } from './kbak-decompress.ts';
import { sizeOfKbakRecord, writeKbakRecord } from './kbak-encode.ts';
import type { KbakLimits } from './kbak-options.ts';

const PIECE = 256 * 1024;
const ZSTD_MAGIC = 0xfd2fb528;
const QUOTE = 0x22;
const COMMA = 0x2c;
const OPEN_LIST = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE_LIST = 0x5d;
const OPEN = 0x7b;
const CLOSE = 0x7d;

/** @throws RecordError */
export async function* readLegacySegment(
  chunks: AsyncIterable<Buffer>,
  head: Buffer,
  size: number,
  limits: KbakLimits,
): AsyncGenerator<Buffer> {
  const json = decompressPayload(compressionOf(head), chunks, size, 0, limits);
  let held: Buffer[] = [];
  let heldBytes = 0;
  for await (const text of splitObjects(json, limits.maxRecordBytes)) {
    const record = encode(text.bytes, text.position);
    held.push(record);
    heldBytes += record.length;
    if (heldBytes < PIECE) continue;
    yield Buffer.concat(held, heldBytes);
    held = [];
    heldBytes = 0;
  }
  if (heldBytes > 0) yield Buffer.concat(held, heldBytes);
}

/** By content: the extension is not to be relied on. */
function compressionOf(head: Buffer): 'none' | 'zstd' | 'lz4' {
  if (head.length >= 4 && head.readUInt32LE(0) === ZSTD_MAGIC) return 'zstd';
  return /^[\s]*\[\s*[{\]]/.test(head.toString('latin1')) || /^[\s]*\[?\s*$/.test(head.toString('latin1'))
    ? 'none'
    : 'lz4';
}

interface Piece {
  readonly bytes: Buffer;
  /** In the decompressed text. */
  readonly position: number;
}

/** The objects of the outermost array, each whole. */
async function* splitObjects(chunks: AsyncIterable<Buffer>, limit: number): AsyncGenerator<Piece> {
  const splitter = new ObjectSplitter(limit);
  for await (const chunk of chunks) yield* splitter.split(chunk);
  splitter.end();
}

/** Goes through JSON text byte by byte, knowing only how deep it is and whether it is in a string. */
class ObjectSplitter {
  private readonly limit: number;
  private held: Buffer[] = [];
  private heldBytes = 0;
  /** 1 in the outermost array, 2 and more in one of its objects. */
  private depth = 0;
  private inText = false;
  private escaped = false;
  private hasEnded = false;
  private position = 0;
  private objectAt = 0;

  constructor(limit: number) {
    this.limit = limit;
  }

  *split(chunk: Buffer): Generator<Piece> {
    let start = this.depth > 1 ? 0 : -1;
    for (let i = 0; i < chunk.length; i++) {
      const byte = chunk[i] as number;
      if (this.inText) this.passText(byte);
      else if (this.depth > 1) {
        if (!this.endsObject(byte)) continue;
        this.held.push(chunk.subarray(start, i + 1));
        yield { bytes: Buffer.concat(this.held), position: this.objectAt };
        this.held = [];
        this.heldBytes = 0;
        start = -1;
      } else if (this.beginsObject(byte, this.position + i)) start = i;
    }
    if (start >= 0) {
      this.held.push(chunk.subarray(start));
      this.heldBytes += chunk.length - start;
      if (this.heldBytes > this.limit)
        throw damage('too-large', `a record of more than ${this.limit} bytes`, this.objectAt);
    }
    this.position += chunk.length;
  }

  end(): void {
    if (!this.hasEnded) throw damage('truncated', 'the JSON array of records ends too early', this.position);
  }

  private passText(byte: number): void {
    if (this.escaped) this.escaped = false;
    else if (byte === BACKSLASH) this.escaped = true;
    else if (byte === QUOTE) this.inText = false;
  }

  private endsObject(byte: number): boolean {
    if (byte === QUOTE) this.inText = true;
    else if (byte === OPEN || byte === OPEN_LIST) this.depth++;
    else if (byte === CLOSE || byte === CLOSE_LIST) return --this.depth === 1;
    return false;
  }

  private beginsObject(byte: number, position: number): boolean {
    if (byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09) return false;
    if (this.depth === 1) {
      if (byte === COMMA) return false;
      if (byte === OPEN) {
        this.depth = 2;
        this.objectAt = position;
        return true;
      }
      if (byte === CLOSE_LIST) {
        this.depth = 0;
        this.hasEnded = true;
        return false;
      }
    } else if (byte === OPEN_LIST && !this.hasEnded) {
      this.depth = 1;
      return false;
    }
    throw damage('bad-record', 'this is neither a segment of version 1 nor a JSON array of records', position);
  }
}

function encode(text: Buffer, position: number): Buffer {
  const record = parseRecord(text, position);
  const { bytes, slices } = sliceRecord(record);
  const size = sizeOfKbakRecord(slices);
  const encoded = Buffer.allocUnsafeSlow(size);
  writeKbakRecord(encoded, 0, size, bytes, slices, Number(record.offset));
  return encoded;
}

function parseRecord(text: Buffer, position: number): PlainRecord {
  const fail = (what: string, cause?: unknown): never => {
    throw new RecordError('bad-record', `a record in JSON ${what}`, { position, decompressed: true }, cause);
  };
  let json: unknown;
  try {
    json = JSON.parse(text.toString('utf8'));
  } catch (error) {
    return fail('is no JSON', error);
  }
  if (!isJsonObject(json)) return fail('is no object');
  const { offset, timestamp, headers = [] } = json;
  if (typeof offset !== 'number' || !Number.isSafeInteger(offset) || offset < 0) return fail('has no right offset');
  if (typeof timestamp !== 'number' || !Number.isSafeInteger(timestamp)) return fail('has no right timestamp');
  if (headers !== null && !Array.isArray(headers)) return fail('has headers that are no list');
  const pairs = (headers ?? []).map((header: unknown): readonly [Buffer, Buffer | null] => {
    if (!isJsonObject(header) || typeof header['key'] !== 'string') return fail('has a header without a key');
    return [Buffer.from(header['key'], 'utf8'), fromBase64(header['value'], 'a header value', fail)];
  });
  return {
    offset: BigInt(offset),
    timestamp: BigInt(timestamp),
    key: fromBase64(json['key'], 'a key', fail),
    value: fromBase64(json['value'], 'a value', fail),
    headers: pairs,
  };
}

function fromBase64(value: unknown, what: string, fail: (what: string) => never): Buffer | null {
  if (value === null || value === undefined) return null;
  if (typeof value !== 'string' || value.length % 4 !== 0 || /[^A-Za-z0-9+/=]/.test(value)) {
    return fail(`has ${what} that is no base64`);
  }
  return Buffer.from(value, 'base64');
}

function damage(reason: 'truncated' | 'bad-record' | 'too-large', what: string, position: number): RecordError {
  return new RecordError(reason, what, { position, decompressed: true });
}
