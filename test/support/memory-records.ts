/** A source and a sink of records in memory, to the letter of the contract: pieces are taken back as soon as it allows. */

import type { Codec } from '../../src/records/codec.ts';
import { sliceRecord, writePlainRecords } from '../../src/records/plain-records.ts';
import { copyRecord, type PlainRecord, type RecordSlices } from '../../src/records/record-slices.ts';
import type {
  ArchiveFacts,
  ConsumerGroup,
  PartitionSink,
  RecordSink,
  RecordSource,
  SliceCursor,
  SourcePiece,
  SourceTopic,
} from '../../src/records/record-source.ts';

/** By partition; offsets ascend. */
export type MemoryTopics = Readonly<Record<string, readonly (readonly PlainRecord[])[]>>;

export interface MemorySourceOptions {
  readonly id?: string;
  readonly pieces?: 'batch' | 'records';
  readonly codec?: Codec;
  /** Records of a piece. */
  readonly pieceSize?: number;
  readonly rewrittenBy?: string;
  readonly groups?: readonly ConsumerGroup[];
  readonly config?: Readonly<Record<string, string>>;
  /** Given out before the partition's first record. */
  readonly skipped?: readonly Extract<SourcePiece, { kind: 'skipped' }>[];
}

export interface MemorySource extends RecordSource {
  /** `topic/partition` of every read. */
  readonly reads: string[];
}

export function memorySource(topics: MemoryTopics, options: MemorySourceOptions = {}): MemorySource {
  const { pieces = 'batch', codec = 'none', pieceSize = 7 } = options;
  const reads: string[] = [];
  return {
    kind: 'kbak',
    id: options.id ?? 'memory',
    ...(options.rewrittenBy === undefined ? {} : { rewrittenBy: options.rewrittenBy }),
    reads,
    topics: async () =>
      Object.entries(topics)
        .map(
          ([name, partitions]): SourceTopic => ({
            name,
            partitionCount: partitions.length,
            ...(options.config === undefined ? {} : { config: options.config }),
            partitions: partitions.map((records, partition) => ({
              partition,
              firstOffset: records[0]?.offset ?? 0n,
              endOffset: (records.at(-1)?.offset ?? -1n) + 1n,
              records: records.length,
            })),
          }),
        )
        .sort((a, b) => (a.name < b.name ? -1 : 1)),
    async *read(topic, partition, { from = 0n, to = 2n ** 62n, signal } = {}) {
      reads.push(`${topic}/${partition}`);
      for (const piece of options.skipped ?? []) yield piece;
      const all = topics[topic]?.[partition] ?? [];
      for (let at = 0; at < all.length; at += pieceSize) {
        signal?.throwIfAborted();
        const part = all.slice(at, at + pieceSize);
        const wanted = part.filter(({ offset }) => offset >= from && offset < to);
        const [first] = wanted;
        if (first === undefined) continue;
        // As from a disk: the next piece is never there at once.
        await new Promise((resolve) => setImmediate(resolve));
        if (pieces === 'batch' && wanted.length === part.length) {
          yield { kind: 'batch', bytes: writePlainRecords(part, { codec }) };
          continue;
        }
        const cursor = new ListCursor(wanted, first.offset);
        yield { kind: 'records', baseOffset: first.offset, cursor, byteLength: 100 * wanted.length };
        cursor.spoil();
      }
    },
    groups: async () => options.groups ?? [],
    close: async () => undefined,
  };
}

class ListCursor implements SliceCursor {
  bytes: Buffer = Buffer.alloc(0);
  offsetDelta = 0;
  keyStart = 0;
  keyLength = -1;
  valueStart = 0;
  valueLength = -1;
  headerCount = 0;
  headers = new Int32Array(0);
  timestampHigh = 0;
  timestampLow = 0;
  #at = 0;
  readonly #records: readonly PlainRecord[];
  readonly #base: bigint;

  constructor(records: readonly PlainRecord[], base: bigint) {
    this.#records = records;
    this.#base = base;
  }

  next(): boolean {
    this.spoil();
    const record = this.#records[this.#at++];
    if (record === undefined) return false;
    const { bytes, slices } = sliceRecord(record);
    Object.assign(this, slices);
    this.bytes = bytes;
    this.offsetDelta = Number(record.offset - this.#base);
    return true;
  }

  /** Who still looks at the last record sees nonsense. */
  spoil(): void {
    this.bytes.fill(0xee);
  }
}

export interface MemorySink extends RecordSink {
  /** By `topic/partition`. */
  readonly written: Map<string, PlainRecord[]>;
  facts: ArchiveFacts | undefined;
  aborted: boolean;
}

/** @param slow every append is to be waited for */
export function memorySink(slow = false): MemorySink {
  const written = new Map<string, PlainRecord[]>();
  const open = new Set<string>();
  const sink: MemorySink = {
    written,
    facts: undefined,
    aborted: false,
    async open(topic, partition): Promise<PartitionSink> {
      const name = `${topic}/${partition}`;
      if (written.has(name)) throw new Error(`${name} was opened twice`);
      const records: PlainRecord[] = [];
      written.set(name, records);
      open.add(name);
      return {
        append(bytes: Buffer, record: RecordSlices, offset: bigint) {
          const last = records.at(-1);
          if (last !== undefined && last.offset >= offset)
            throw new Error(`${name}: offset ${offset} after ${last.offset}`);
          records.push(copyRecord(bytes, record, offset));
          return slow ? new Promise<void>((resolve) => setImmediate(resolve)) : undefined;
        },
        close: async () => {
          open.delete(name);
        },
      };
    },
    async finish(facts) {
      if (open.size > 0) throw new Error(`still open: ${[...open].join(', ')}`);
      sink.facts = facts;
    },
    async abort() {
      sink.aborted = true;
    },
  };
  return sink;
}
