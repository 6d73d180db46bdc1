/**
 * Where in a buffer the parts of one record are. Every format that holds records says so in this one way, and
 * scanning, rewriting and batch building work on it: a record is never taken apart into objects on the way.
 */
export interface RecordSlices {
  readonly keyStart: number;
  /** -1 for null. */
  readonly keyLength: number;
  readonly valueStart: number;
  /** -1 for null: a tombstone in a compacted topic. */
  readonly valueLength: number;
  readonly headerCount: number;
  /** Four entries for each header, in the record's order: key start, key length, value start, value length (-1: null). */
  readonly headers: Int32Array;
  /** The timestamp's milliseconds as two signed halves, for all of an int64 without a BigInt for each record. */
  readonly timestampHigh: number;
  readonly timestampLow: number;
}

/** A record taken apart, for code that is not in a hurry. */
export interface PlainRecord {
  readonly offset: bigint;
  /** Milliseconds since 1970; -1 is "none" in records older than Kafka 0.10. */
  readonly timestamp: bigint;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  /** In order; the same key may come twice, a value may be null, a key need not be UTF-8. */
  readonly headers: readonly (readonly [key: Buffer, value: Buffer | null])[];
}

/** The timestamp as one number of any size. */
export function timestampOf(record: RecordSlices): bigint {
  return (BigInt(record.timestampHigh) << 32n) | BigInt(record.timestampLow >>> 0);
}

/** A copy of the record: it does not keep the buffer alive. */
export function copyRecord(bytes: Buffer, record: RecordSlices, offset: bigint): PlainRecord {
  const headers: [Buffer, Buffer | null][] = [];
  for (let at = 0; at < 4 * record.headerCount; at += 4) {
    const {
      0: keyStart = 0,
      1: keyLength = 0,
      2: valueStart = 0,
      3: valueLength = -1,
    } = record.headers.subarray(at, at + 4);
    headers.push([copyPart(bytes, keyStart, keyLength) ?? Buffer.alloc(0), copyPart(bytes, valueStart, valueLength)]);
  }
  return {
    offset,
    timestamp: timestampOf(record),
    key: copyPart(bytes, record.keyStart, record.keyLength),
    value: copyPart(bytes, record.valueStart, record.valueLength),
    headers,
  };
}

function copyPart(bytes: Buffer, start: number, length: number): Buffer | null {
  return length < 0 ? null : Buffer.from(bytes.subarray(start, start + length));
}
