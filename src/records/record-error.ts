/**
 * What is wrong with bytes that should be Kafka records. Thrown by every reader of this room; whoever knows the topic and
 * the file turns it into an `SrgitError`.
 */

export type RecordErrorReason =
  /** The bytes end inside a batch, a record or a compressed block. */
  | 'truncated'
  /** A length field says what cannot be. */
  | 'bad-length'
  /** A format version other than 0, 1 and 2. */
  | 'bad-magic'
  /** The checksum is not that of the bytes. */
  | 'bad-crc'
  /** A compression codec that Kafka does not have. */
  | 'bad-codec'
  /** Compressed bytes that do not decompress. */
  | 'bad-compression'
  /** A record whose parts do not fill it exactly, or whose counts cannot be. */
  | 'bad-record'
  /** The batch does not hold as many records as it says. */
  | 'bad-count'
  /** More than the declared limits allow: refused before it takes memory. */
  | 'too-large';

export interface RecordErrorPlace {
  /** Byte position in the buffer that was read; within the decompressed records when `decompressed`. */
  readonly position: number;
  /** Kafka offset of the batch's first record, where its header could be read. */
  readonly baseOffset?: bigint | undefined;
  readonly decompressed?: boolean;
}

export class RecordError extends Error {
  override readonly name = 'RecordError';
  readonly reason: RecordErrorReason;
  readonly position: number;
  readonly baseOffset: bigint | undefined;
  readonly decompressed: boolean;

  constructor(reason: RecordErrorReason, what: string, place: RecordErrorPlace, cause?: unknown) {
    const { position, baseOffset, decompressed = false } = place;
    const batch = baseOffset === undefined ? '' : ` of the batch at offset ${baseOffset}`;
    super(`${what} (byte ${position}${decompressed ? ' of the decompressed records' : ''}${batch})`, { cause });
    this.reason = reason;
    this.position = position;
    this.baseOffset = baseOffset;
    this.decompressed = decompressed;
  }
}

/** The same error, now naming the batch and where that batch begins in a larger buffer. */
export function placeError(error: unknown, batchStart: number, baseOffset: bigint): unknown {
  if (!(error instanceof RecordError) || error.baseOffset !== undefined) return error;
  const position = error.decompressed ? error.position : error.position + batchStart;
  const what = error.message.replace(/ \(byte [^()]*\)$/, '');
  return new RecordError(error.reason, what, { position, baseOffset, decompressed: error.decompressed }, error.cause);
}
