/** Walks the records of any piece of a source in one way, and says what is wrong with one that is damaged. */
import { SrgitError } from '../../errors.ts';
import { DEFAULT_LIMITS, type RecordLimits } from '../../records/limits.ts';
import { openBatch } from '../../records/open-batch.ts';
import { RecordCursor } from '../../records/record-cursor.ts';
import { RecordError } from '../../records/record-error.ts';
import type { RecordSlices } from '../../records/record-slices.ts';
import type { SliceCursor, SourcePiece } from '../../records/record-source.ts';

export type DataPiece = Exclude<SourcePiece, { readonly kind: 'skipped' }>;

export class PieceCursor {
  /** Of the piece that is open. */
  baseOffset = 0n;
  /** What the positions of `record` are in; may be another after each `next`. */
  bytes: Buffer = Buffer.alloc(0);
  record: RecordSlices & { readonly offsetDelta: number };

  readonly #batch: RecordCursor;
  readonly #limits: RecordLimits;
  #other: SliceCursor | undefined;

  constructor(limits: RecordLimits = DEFAULT_LIMITS) {
    this.#limits = limits;
    this.#batch = new RecordCursor(limits);
    this.record = this.#batch;
  }

  /** @throws RecordError */
  open(piece: DataPiece): void {
    if (piece.kind === 'batch') {
      this.baseOffset = piece.bytes.readBigInt64BE(0);
      this.bytes = openBatch(piece.bytes, 0, piece.bytes.length, this.#batch, this.#limits);
      this.#other = undefined;
      this.record = this.#batch;
    } else {
      this.baseOffset = piece.baseOffset;
      this.#other = piece.cursor;
      this.record = piece.cursor;
    }
  }

  /** @throws RecordError */
  next(): boolean {
    const other = this.#other;
    if (other === undefined) return this.#batch.next();
    if (!other.next()) return false;
    this.bytes = other.bytes;
    return true;
  }
}

export function sizeOfPiece(piece: DataPiece): number {
  return piece.kind === 'batch' ? piece.bytes.length : piece.byteLength;
}

/** An error of the records room as one that names the topic; any other is what it is. */
export function placeInTopic(error: unknown, topic: string, partition: number): unknown {
  if (!(error instanceof RecordError)) return error;
  return new SrgitError('SRGIT_RECORDS_DAMAGED', `${topic}, partition ${partition}: ${error.message}`, {
    hint: 'Take another copy of the backup, or go on behind what is damaged with --skip-damaged.',
    cause: error,
    details: { topic, partition, reason: error.reason },
  });
}
