/**
 * A broker's own log directory, a snapshot of its disk, or a copy of tiered storage as a source of records: a backup that
 * many already have. Files are only read.
 */
import { createHash } from 'node:crypto';
import { SrgitError } from '../errors.ts';
import { DEFAULT_LIMITS } from '../records/limits.ts';
import { openBatch } from '../records/open-batch.ts';
import { RecordCursor } from '../records/record-cursor.ts';
import { RecordError } from '../records/record-error.ts';
import type { ConsumerGroup, ReadOptions, RecordSource, SourcePiece, SourceTopic } from '../records/record-source.ts';
import { findLogFolders, type LogFolders, type LogPartition } from './kafka-log-folders.ts';
import { GROUPS_TOPIC, GroupOffsets } from './kafka-log-groups.ts';
import { type LogRange, orderLog, rangeOfLog } from './kafka-log-range.ts';
import { readLog } from './kafka-log-read.ts';
import type { OrderedLog } from './kafka-log-walk.ts';
import type { Storage } from './storage.ts';

export interface KafkaLogOptions {
  /** Told what people should know and what is no error: folders left out, a torn end of a log. */
  readonly onWarning?: (message: string) => void;
  readonly signal?: AbortSignal | undefined;
}

/** Of the small files beside the logs. */
const MAX_META_BYTES = 16 * 1024 * 1024;
const AT_ONCE = 4;

/**
 * The list of files is taken once: what a broker in use adds afterwards is not read.
 * @throws SrgitError SRGIT_ARCHIVE_MISSING where there are no logs
 */
export async function openKafkaLog(storage: Storage, options: KafkaLogOptions = {}): Promise<RecordSource> {
  const { onWarning = () => undefined, signal } = options;
  const folders = await findLogFolders(storage.list('', signal), storage.location);
  for (const [folder, why] of folders.leftOut) onWarning(`${storage.location}/${folder} is left out: ${why}`);
  if (folders.partitions.length === 0) {
    throw new SrgitError('SRGIT_ARCHIVE_MISSING', `${storage.location} holds no logs of a broker`, {
      hint: 'Name the folder of `log.dirs`, in which there are folders like `orders-0` with files like `00000000000000000000.log`.',
    });
  }
  const startOffsets = await readStartOffsets(storage, folders, signal);
  const id = await makeId(storage, folders, signal);
  return new KafkaLogSource(storage, folders, startOffsets, id, onWarning);
}

class KafkaLogSource implements RecordSource {
  readonly kind = 'kafka-log';
  readonly id: string;
  private readonly storage: Storage;
  private readonly folders: LogFolders;
  private readonly startOffsets: ReadonlyMap<string, bigint>;
  private readonly onWarning: (message: string) => void;
  private readonly byName: ReadonlyMap<string, LogPartition>;

  constructor(
    storage: Storage,
    folders: LogFolders,
    startOffsets: ReadonlyMap<string, bigint>,
    id: string,
    onWarning: (message: string) => void,
  ) {
    this.storage = storage;
    this.folders = folders;
    this.startOffsets = startOffsets;
    this.id = id;
    this.onWarning = onWarning;
    this.byName = new Map(folders.partitions.map((each) => [nameOf(each.topic, each.partition), each]));
  }

  async topics(signal?: AbortSignal): Promise<readonly SourceTopic[]> {
    const partitions = this.folders.partitions.map((log) => ({ log, range: undefined as LogRange | undefined }));
    let next = 0;
    const work = async (): Promise<void> => {
      for (let entry = partitions[next++]; entry !== undefined; entry = partitions[next++]) {
        const ordered = await this.order(entry.log, signal);
        entry.range = await rangeOfLog(this.storage, ordered, this.startOf(entry.log), signal);
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));
    const topics = new Map<string, SourceTopic['partitions'][number][]>();
    for (const { log, range } of partitions) {
      const { firstOffset = 0n, endOffset = 0n } = range ?? {};
      const bytes = log.segments.reduce((sum, { size }) => sum + size, 0);
      const list = topics.get(log.topic) ?? [];
      topics.set(log.topic, list);
      list.push({ partition: log.partition, firstOffset, endOffset, bytes });
    }
    // How many partitions the topic had, and its settings, is not in its logs.
    return [...topics].map(([name, list]) => ({
      name,
      partitionCount: (list.at(-1)?.partition ?? 0) + 1,
      partitions: list,
    }));
  }

  async *read(topic: string, partition: number, options: ReadOptions = {}): AsyncGenerator<SourcePiece> {
    const log = this.byName.get(nameOf(topic, partition));
    if (log === undefined) {
      throw new SrgitError(
        'SRGIT_ARCHIVE_MISSING',
        `${this.storage.location} holds no partition ${partition} of ${topic}`,
        {
          hint: 'Another broker has its replicas.',
        },
      );
    }
    const ordered = await this.order(log, options.signal);
    yield* readLog(this.storage, ordered, this.startOf(log), options, this.onWarning);
  }

  async groups(signal?: AbortSignal): Promise<readonly ConsumerGroup[]> {
    const offsets = new GroupOffsets();
    const cursor = new RecordCursor(DEFAULT_LIMITS);
    for (const { topic, partition } of this.folders.partitions) {
      if (topic !== GROUPS_TOPIC) continue;
      for await (const piece of this.read(topic, partition, { signal })) {
        try {
          addOffsets(offsets, piece, cursor);
        } catch (error) {
          if (!(error instanceof RecordError)) throw error;
          throw new SrgitError('SRGIT_RECORDS_DAMAGED', `${topic}-${partition}: ${error.message}`, { cause: error });
        }
      }
    }
    if (offsets.unknown > 0) {
      this.onWarning(`${offsets.unknown} records of ${GROUPS_TOPIC} are in a form that srgit does not know`);
    }
    return offsets.list(new Set(this.folders.partitions.map(({ topic }) => topic)));
  }

  async close(): Promise<void> {
    await this.storage.close();
  }

  private order(log: LogPartition, signal: AbortSignal | undefined): Promise<OrderedLog> {
    const clean = this.folders.cleanFolders;
    const closed = log.segments.every(({ folder }) => clean.has(folderAbove(folder)));
    return orderLog(this.storage, log, closed, signal);
  }

  private startOf(log: LogPartition): bigint {
    return this.startOffsets.get(nameOf(log.topic, log.partition)) ?? 0n;
  }
}

function addOffsets(offsets: GroupOffsets, piece: SourcePiece, cursor: RecordCursor): void {
  if (piece.kind === 'records') {
    while (piece.cursor.next()) offsets.add(piece.cursor.bytes, piece.cursor);
  } else if (piece.kind === 'batch') {
    const bytes = openBatch(piece.bytes, 0, piece.bytes.length, cursor, DEFAULT_LIMITS, false);
    while (cursor.next()) offsets.add(bytes, cursor);
  }
}

function nameOf(topic: string, partition: number): string {
  return `${topic} ${partition}`;
}

/** `a/b/` → `a/`, `b/` → `` */
function folderAbove(folder: string): string {
  return folder.slice(0, folder.lastIndexOf('/', folder.length - 2) + 1);
}

/** First offsets that DeleteRecords left; the records before them may still be there. Lines: topic, partition, offset. */
async function readStartOffsets(
  storage: Storage,
  folders: LogFolders,
  signal: AbortSignal | undefined,
): Promise<ReadonlyMap<string, bigint>> {
  const offsets = new Map<string, bigint>();
  for (const key of folders.startOffsetKeys) {
    const text = (await storage.readAll(key, MAX_META_BYTES, signal)).toString();
    for (const line of text.split('\n').slice(2)) {
      const match = /^(\S+) (\d{1,9}) (\d{1,19})$/.exec(line);
      if (match === null) continue;
      const name = nameOf(match[1] ?? '', Number(match[2]));
      const offset = BigInt(match[3] ?? 0);
      const other = offsets.get(name);
      if (other === undefined || offset < other) offsets.set(name, offset);
    }
  }
  return offsets;
}

/**
 * The same for every copy of these topics, wherever it lies; another one for a topic of the same name that was made anew,
 * whose offsets begin anew.
 */
async function makeId(storage: Storage, folders: LogFolders, signal: AbortSignal | undefined): Promise<string> {
  const hash = createHash('sha256');
  const clusters = new Set<string>();
  for (const key of folders.metaKeys) {
    const text = (await storage.readAll(key, MAX_META_BYTES, signal)).toString();
    clusters.add(/^cluster\.id=(.*)$/m.exec(text)?.[1]?.trim() ?? '');
  }
  hash.update(JSON.stringify([...clusters].sort()));
  let topic: string | undefined;
  for (const partition of folders.partitions) {
    if (partition.topic === topic) continue;
    topic = partition.topic;
    const key = partition.metadataKeys[0];
    const text = key === undefined ? '' : (await storage.readAll(key, MAX_META_BYTES, signal)).toString();
    hash.update(JSON.stringify([topic, /^topic_id: *(\S+)/m.exec(text)?.[1] ?? '']));
  }
  return `kafka-log-${hash.digest('hex').slice(0, 16)}`;
}
