/** Stores what one partition has between two offsets; what was read before an error is stored, too. */
import type { KbakSink } from '../../../archive/kbak-sink.ts';
import { throwIfAborted } from '../../../errors.ts';
import type { KafkaClient } from '../../../kafka/port.ts';
import { DEFAULT_LIMITS } from '../../../records/limits.ts';
import { openBatch } from '../../../records/open-batch.ts';
import { RecordCursor } from '../../../records/record-cursor.ts';
import type { PartitionSink, ReadOptions, SliceCursor, SourcePiece } from '../../../records/record-source.ts';
import { type DataPiece, placeInTopic, sizeOfPiece } from '../piece-cursor.ts';
import { type SkipCount, SkipTally } from '../skip-tally.ts';

export interface PartitionWork {
  readonly topic: string;
  readonly partition: number;
  /** Undefined for the first record there is. */
  readonly from: bigint | undefined;
  /** Exclusive. */
  readonly to: bigint;
}

export interface BackupReading extends Pick<ReadOptions, 'isolation' | 'skipDamaged'> {
  readonly client: KafkaClient;
  readonly sink: KbakSink;
  /** Bytes of one answer of a broker. */
  readonly maxBytes: number;
  /** A segment ends after so long, though it is not full: what is in it would be read again after a crash. */
  readonly segmentMs: number;
  readonly now: () => number;
  /** After each piece: offsets that it took the work on, records, bytes as they came. May ask to wait. */
  readonly onRead: (offsets: number, records: number, bytes: number) => Promise<void> | undefined;
}

export interface PartitionBackup {
  readonly partition: number;
  readonly records: number;
  /** As the broker sent them. */
  readonly bytes: number;
  /** Decimal: the first offset that the backup does not cover. */
  readonly nextOffset: string;
  readonly skipped: readonly SkipCount[];
}

/** @throws SrgitError of the cluster and the storage, SRGIT_RECORDS_DAMAGED; all that was read by then is stored */
export async function backupPartition(
  reading: BackupReading,
  work: PartitionWork,
  signal: AbortSignal,
): Promise<PartitionBackup> {
  const { client, sink, isolation, skipDamaged, maxBytes, segmentMs, now, onRead } = reading;
  const { topic, partition, from, to } = work;
  const copy = new RecordCopy();
  const skipped = new SkipTally();
  let [records, bytes] = [0, 0];
  let next = from;
  let output: PartitionSink | undefined;
  let openedAt = 0;
  const close = async (): Promise<void> => {
    const open = output;
    output = undefined;
    await open?.close();
  };
  const options = {
    to,
    maxBytes,
    transient: true,
    signal,
    ...(from === undefined ? {} : { from }),
    ...(isolation === undefined ? {} : { isolation }),
    ...(skipDamaged === undefined ? {} : { skipDamaged }),
  };
  try {
    for await (const piece of client.read(topic, partition, options)) {
      throwIfAborted(signal);
      const before = next ?? firstOffsetOf(piece);
      let [added, size] = [0, 0];
      if (piece.kind === 'skipped') {
        skipped.add(piece);
        note(sink, work, piece);
        next = piece.lastOffset + 1n;
      } else {
        if (output === undefined) {
          output = await sink.open(topic, partition);
          openedAt = now();
        }
        added = await copy.run(piece, output);
        size = sizeOfPiece(piece);
        next = copy.lastOffset + 1n;
      }
      records += added;
      bytes += size;
      const waiting = onRead(Number(next - before), added, size);
      if (waiting !== undefined) await waiting;
      if (output !== undefined && now() - openedAt >= segmentMs) await close();
    }
    await close();
    // Markers and aborted records at the end are not looked at again.
    sink.cover(topic, partition, to);
  } catch (error) {
    await close().catch(() => undefined);
    throw placeInTopic(error, topic, partition);
  }
  return { partition, records, bytes, nextOffset: `${to}`, skipped: skipped.counts() };
}

function firstOffsetOf(piece: SourcePiece): bigint {
  if (piece.kind === 'skipped') return piece.firstOffset;
  return piece.kind === 'records' ? piece.baseOffset : piece.bytes.readBigInt64BE(0);
}

function note(sink: KbakSink, { topic, partition }: PartitionWork, piece: SourcePiece & { kind: 'skipped' }): void {
  const { reason, firstOffset, lastOffset } = piece;
  if (reason === 'gap') sink.lack(topic, partition, { firstOffset, lastOffset, reason: 'offset_out_of_range' });
  else if (reason === 'damaged') sink.lack(topic, partition, { firstOffset, lastOffset, reason });
}

/** From the form of a broker's log to the archive's, without an object for each record. */
class RecordCopy {
  lastOffset = -1n;
  private readonly batch = new RecordCursor();

  /** @returns how many records it had. @throws RecordError */
  async run(piece: DataPiece, output: PartitionSink): Promise<number> {
    if (piece.kind === 'records') return this.copy(piece.cursor, undefined, piece.baseOffset, output);
    const baseOffset = piece.bytes.readBigInt64BE(0);
    // A client has checked the checksum of what came over its connection.
    const bytes = openBatch(piece.bytes, 0, piece.bytes.length, this.batch, DEFAULT_LIMITS, false);
    return this.copy(this.batch, bytes, baseOffset, output);
  }

  private async copy(
    cursor: SliceCursor | RecordCursor,
    opened: Buffer | undefined,
    baseOffset: bigint,
    output: PartitionSink,
  ): Promise<number> {
    let count = 0;
    while (cursor.next()) {
      const offset = baseOffset + BigInt(cursor.offsetDelta);
      const bytes = opened ?? (cursor as SliceCursor).bytes;
      const waiting = output.append(bytes, cursor, offset);
      if (waiting !== undefined) await waiting;
      this.lastOffset = offset;
      count++;
    }
    return count;
  }
}
