/**
 * Where records come from and go to, in one form for archives, a broker's own logs and a live cluster: what reads them,
 * scans them, rewrites them and writes them knows nothing else.
 */
import type { RecordLimits } from './limits.ts';
import type { RecordSlices } from './record-slices.ts';

/** Records that lie one after the other in some format: walked without an object for each. */
export interface SliceCursor extends RecordSlices {
  /** Bytes that the positions of the record are in; may be others after each `next`. */
  readonly bytes: Buffer;
  /** The record's offset is its piece's `baseOffset` plus this. */
  readonly offsetDelta: number;
  /**
   * Goes to the next record; false at the end.
   * @throws RecordError
   */
  next(): boolean;
}

export type SkipReason =
  /** A control batch, or what an archive keeps of one. */
  | 'control'
  /** Records of a transaction that was aborted, or that had not ended. */
  | 'aborted'
  /** Bytes that could not be read; only with `skipDamaged`. */
  | 'damaged'
  /** Offsets that the source says it does not have. */
  | 'gap';

/** A stretch of a partition, in order of offsets. */
export type SourcePiece =
  /** One whole version 2 batch of data, all of it within what was asked for. It is the receiver's to keep and to change. */
  | { readonly kind: 'batch'; readonly bytes: Buffer }
  /** Records in another form, or a part of a batch. Good until the next piece is asked for; the bytes may be changed. */
  | {
      readonly kind: 'records';
      readonly baseOffset: bigint;
      readonly cursor: SliceCursor;
      /** How much of memory the piece takes. */
      readonly byteLength: number;
    }
  | {
      readonly kind: 'skipped';
      readonly reason: SkipReason;
      readonly firstOffset: bigint;
      /** Inclusive. */
      readonly lastOffset: bigint;
      /** Where it is known. */
      readonly records?: number;
      /** For people: the file or key and what is wrong with it. */
      readonly detail?: string;
    };

export interface SourcePartition {
  readonly partition: number;
  /** Of the first record; `endOffset` for an empty partition. */
  readonly firstOffset: bigint;
  /** One more than the last record's. */
  readonly endOffset: bigint;
  /** As the source says it, without a look at the records. */
  readonly records?: number;
  /** Stored bytes, as the source says it. */
  readonly bytes?: number;
  /** Milliseconds since 1970, true least and greatest; absent where the source does not know. */
  readonly minTimestamp?: bigint;
  readonly maxTimestamp?: bigint;
}

export interface SourceTopic {
  readonly name: string;
  /** The cluster's own for this very topic: one that is made anew under the name has another. Where it is known. */
  readonly id?: string;
  /** Of the topic, which may have more partitions than there is data of. */
  readonly partitionCount: number;
  readonly replicationFactor?: number;
  /** Settings that were given to the topic itself; undefined where the source does not know. */
  readonly config?: Readonly<Record<string, string>>;
  /** Sorted; those with data, and those without where the source lists them. */
  readonly partitions: readonly SourcePartition[];
}

export interface GroupOffset {
  readonly topic: string;
  readonly partition: number;
  /** Next to be read. */
  readonly offset: bigint;
  readonly metadata?: string;
}

export interface ConsumerGroup {
  readonly group: string;
  readonly offsets: readonly GroupOffset[];
}

export interface ReadOptions {
  /** First offset wanted; the first there is otherwise. */
  readonly from?: bigint;
  /** Exclusive; the end as it is when reading begins otherwise. */
  readonly to?: bigint;
  /** Go on behind what cannot be read, with a `skipped` piece for it; an error otherwise. */
  readonly skipDamaged?: boolean;
  /** Records of aborted transactions and control batches are left out unless `read_uncommitted`; these never come as data. */
  readonly isolation?: 'read_committed' | 'read_uncommitted';
  readonly limits?: RecordLimits;
  /** The reader is done with each piece when it asks for the next: the source may give its memory back then. */
  readonly transient?: boolean;
  readonly signal?: AbortSignal | undefined;
}

export type SourceKind = 'kbak' | 'kafka-log' | 'kcat' | 'kafka';

export interface RecordSource {
  readonly kind: SourceKind;
  /** Of this backup or cluster, stable from run to run: the ledger in the target is named for it. */
  readonly id: string;
  /** Hash of the id map that its records were rewritten by already. */
  readonly rewrittenBy?: string;
  /** Sorted by name. @throws SrgitError */
  topics(signal?: AbortSignal): Promise<readonly SourceTopic[]>;
  /** @throws SrgitError naming the file or key and the offset */
  read(topic: string, partition: number, options?: ReadOptions): AsyncIterable<SourcePiece>;
  /** Offsets of consumer groups on these topics; empty where the source holds none. */
  groups(signal?: AbortSignal): Promise<readonly ConsumerGroup[]>;
  close(): Promise<void>;
}

/** One partition of an archive that is being written. Records come in order of offsets. */
export interface PartitionSink {
  /** The record is copied before this returns; a promise means: wait before the next one. */
  append(bytes: Buffer, record: RecordSlices, offset: bigint): Promise<void> | undefined;
  /** Everything is stored when it resolves. */
  close(): Promise<void>;
}

/** What an archive says of itself beside its records. */
export interface ArchiveFacts {
  readonly topics: readonly SourceTopic[];
  readonly groups?: readonly ConsumerGroup[];
  readonly isolation?: 'read_committed' | 'read_uncommitted';
  readonly sourceClusterId?: string;
  readonly sourceBrokers?: readonly string[];
  /** Hash of the id map that its records were rewritten by. */
  readonly rewrittenBy?: string;
  /** Records that were there when writing began may still be missing. */
  readonly unfinished?: boolean;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
}

export interface RecordSink {
  open(topic: string, partition: number): Promise<PartitionSink>;
  /** Makes the archive whole: what lists its parts is written last. */
  finish(facts: ArchiveFacts): Promise<void>;
  /** Gives up: nothing that looks like a whole archive stays. */
  abort(): Promise<void>;
}
