/**
 * Fetch requests of version 11 (Kafka 2.3 and later, 3.9 and 4.3 among them) for one partition, without a fetch session.
 * The records stay the bytes that they are.
 */
import { type Connection, type Reader, Writer } from '@platformatic/kafka';
import { freeWhole } from '../records/free-bytes.ts';
import type { KnownAborted } from '../records/transactions.ts';

export interface FetchRequest {
  readonly topic: string;
  readonly partition: number;
  readonly offset: bigint;
  readonly isolation: 'read_committed' | 'read_uncommitted';
  /** How long the broker may wait for records where there are none yet. */
  readonly maxWaitMs: number;
  /** The first batch comes whole even when it is larger. */
  readonly maxBytes: number;
}

export interface FetchAnswer {
  readonly errorCode: number;
  readonly highWatermark: bigint;
  readonly logStartOffset: bigint;
  /** Those that overlap what was fetched; empty unless read_committed. */
  readonly aborted: readonly KnownAborted[];
  /** Batches, the last one perhaps cut off. Nobody else has these bytes. */
  readonly records: Buffer;
}

const FETCH = 1;
const VERSION = 11;
const NOT_ANSWERED: FetchAnswer = {
  errorCode: 3,
  highWatermark: -1n,
  logStartOffset: -1n,
  aborted: [],
  records: Buffer.alloc(0),
};

export function fetchPartition(connection: Connection, request: FetchRequest): Promise<FetchAnswer> {
  let spent: readonly Buffer[] = [];
  const read: typeof readAnswer = (correlationId, key, version, reader) => {
    const answer = readAnswer(correlationId, key, version, reader);
    spent = piecesBehind(reader, answer.records);
    return answer;
  };
  return new Promise((resolve, reject) => {
    connection.send(
      FETCH,
      VERSION,
      () => encodeRequest(request),
      read,
      false,
      false,
      (error, answer) => {
        // Only now has the connection let go of them.
        for (const piece of spent) freeWhole(piece);
        if (error) reject(error);
        else resolve(answer ?? NOT_ANSWERED);
      },
    );
  });
}

function encodeRequest(request: FetchRequest): Writer {
  return (
    Writer.create()
      // No replica, but a consumer.
      .appendInt32(-1)
      .appendInt32(request.maxWaitMs)
      .appendInt32(1)
      .appendInt32(request.maxBytes)
      .appendInt8(request.isolation === 'read_committed' ? 1 : 0)
      // No session.
      .appendInt32(0)
      .appendInt32(-1)
      .appendInt32(1)
      .appendString(request.topic, false)
      .appendInt32(1)
      .appendInt32(request.partition)
      // Whatever the leader's epoch is.
      .appendInt32(-1)
      .appendInt64(request.offset)
      .appendInt64(-1n)
      .appendInt32(request.maxBytes)
      // Nothing to forget, no rack.
      .appendInt32(0)
      .appendString('', false)
  );
}

function readAnswer(_correlationId: number, _key: number, _version: number, reader: Reader): FetchAnswer {
  reader.skip(4);
  const errorCode = reader.readInt16();
  reader.skip(4);
  if (errorCode !== 0 || reader.readInt32() === 0) return { ...NOT_ANSWERED, errorCode };
  reader.readString(false);
  if (reader.readInt32() === 0) return NOT_ANSWERED;
  reader.skip(4);
  const partitionError = reader.readInt16();
  const highWatermark = reader.readInt64();
  // The last stable offset.
  reader.skip(8);
  const logStartOffset = reader.readInt64();
  const aborted: KnownAborted[] = [];
  for (let count = reader.readInt32(); count > 0; count--) {
    aborted.push({ producerId: reader.readInt64(), firstOffset: reader.readInt64() });
  }
  // The preferred replica: only for those who name their rack.
  reader.skip(4);
  const length = reader.readInt32();
  const start = reader.position;
  const records = length > 0 ? reader.buffer.slice(start, start + length) : NOT_ANSWERED.records;
  return { errorCode: partitionError, highWatermark, logStartOffset, aborted, records };
}

/** What came over the connection piece by piece, where the records were copied from all of them into one buffer. */
function piecesBehind({ buffer, position }: Reader, records: Buffer): readonly Buffer[] {
  const pieces = buffer.buffers;
  if (pieces.some((piece) => piece.buffer === records.buffer)) return [];
  const end = position + records.length;
  let at = 0;
  return pieces.filter((piece) => {
    const start = at;
    at += piece.length;
    // The first one and the last one may hold something of other answers.
    return start >= position && at <= end;
  });
}
