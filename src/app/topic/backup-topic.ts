/** Backup: every record of a topic as it is, with the topic's settings, into an archive; later only what is new. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { KbakSink } from '../../archive/kbak-sink.ts';
import { SrgitError } from '../../errors.ts';
import type { KafkaClient } from '../../kafka/port.ts';
import type { ArchiveFacts, PartitionSink } from '../../records/record-source.ts';
import type { OnProgress } from '../progress.ts';
import { type DataPiece, PieceCursor } from '../records/piece-cursor.ts';
import { noSuchTopic } from './read-topic.ts';
import { readTopicSettings } from './topic-source.ts';

export interface BackupTopicOptions {
  readonly client: KafkaClient;
  readonly topic: string;
  /** Opened so that it adds to what is there. */
  readonly sink: KbakSink;
  /** Goes on with what comes; ends with the signal. */
  readonly continuous: boolean;
  /** Milliseconds between two looks. */
  readonly everyMs: number;
  readonly now: () => number;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: OnProgress | undefined;
  /** Told when a look brought something. */
  readonly onStored?: ((records: number, nextOffset: bigint) => void) | undefined;
}

export interface TopicBackup {
  readonly topic: string;
  readonly records: number;
  /** Of the first record that the backup does not have. */
  readonly nextOffset: number;
}

/** @throws SrgitError SRGIT_KAFKA_TOPIC; SRGIT_REPLAY_STALE where the backup is of another topic of that name. */
export async function backupTopic(options: BackupTopicOptions): Promise<TopicBackup> {
  const { topic, sink, continuous, everyMs, signal } = options;
  let records = 0;
  try {
    for (;;) {
      const stored = await storeNew(options);
      records += stored;
      if (stored > 0) options.onStored?.(stored, sink.nextOffset(topic, 0));
      if (!continuous) break;
      await sleep(everyMs, undefined, signal === undefined ? {} : { signal });
    }
  } catch (error) {
    // Whoever asked for a backup without an end ends it so; what was stored is listed.
    if (!continuous || signal?.aborted !== true) {
      await sink.abort();
      throw error;
    }
  }
  await sink.finish(await factsOf(options));
  return { topic, records, nextOffset: Number(sink.nextOffset(topic, 0)) };
}

async function factsOf({ client, topic, now }: BackupTopicOptions): Promise<ArchiveFacts> {
  const settings = await readTopicSettings(client.admin, topic);
  if (settings === undefined) throw noSuchTopic(topic, 'the cluster any more');
  return { topics: [{ name: topic, partitions: [], ...settings }], isolation: 'read_uncommitted', createdAt: now() };
}

/** @returns how many records were added; they are listed in the archive. */
async function storeNew(options: BackupTopicOptions): Promise<number> {
  const { client, topic, sink, signal, now, onProgress } = options;
  const settings = await readTopicSettings(client.admin, topic, signal);
  if (settings === undefined) throw noSuchTopic(topic, 'the cluster');
  const end = (await client.admin.offsets(topic, 'latest', signal)).get(0) ?? 0n;
  const from = sink.nextOffset(topic, 0);
  if (from > end) {
    throw new SrgitError(
      'SRGIT_REPLAY_STALE',
      `the backup has topic ${topic} up to offset ${from - 1n}, and the topic ends at ${end}: it was made anew`,
      { hint: 'Back it up under another --backup-id; the old backup stays what it is.' },
    );
  }
  if (from === end) return 0;
  const partition = await sink.open(topic, 0);
  const cursor = new PieceCursor();
  let stored = 0;
  const count = (): void => {
    if (++stored % 1000 === 0) onProgress?.({ phase: `backing up ${topic}`, done: stored, total: Number(end - from) });
  };
  for await (const piece of client.read(topic, 0, { from, to: end, isolation: 'read_uncommitted', signal })) {
    if (piece.kind !== 'skipped') await append(partition, cursor, piece, count);
  }
  await partition.close();
  await sink.checkpoint({
    topics: [{ name: topic, partitions: [], ...settings }],
    isolation: 'read_uncommitted',
    createdAt: now(),
  });
  return stored;
}

async function append(
  partition: PartitionSink,
  cursor: PieceCursor,
  piece: DataPiece,
  count: () => void,
): Promise<void> {
  cursor.open(piece);
  while (cursor.next()) {
    await partition.append(cursor.bytes, cursor.record, cursor.baseOffset + BigInt(cursor.record.offsetDelta));
    count();
  }
}
