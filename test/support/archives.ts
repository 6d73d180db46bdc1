/** Backups of given records. */
import { createKbak } from '../../src/archive/kbak-sink.ts';
import { openStorage } from '../../src/archive/open-storage.ts';
import { sliceRecord } from '../../src/records/plain-records.ts';
import type { PlainRecord } from '../../src/records/record-slices.ts';
import type { ConsumerGroup } from '../../src/records/record-source.ts';

export interface ArchivedTopic {
  /** By partition; offsets as they are, in order. */
  readonly partitions: readonly (readonly PlainRecord[])[];
  readonly config?: Readonly<Record<string, string>>;
}

let archives = 0;

/** Writes a backup with an id of its own into the folder. */
export async function writeArchive(
  folder: string,
  topics: Readonly<Record<string, ArchivedTopic>>,
  groups: readonly ConsumerGroup[] = [],
): Promise<void> {
  const storage = await openStorage({ backend: 'filesystem', path: folder });
  const backupId = `backup-${process.pid}-${Date.now()}-${++archives}`;
  const sink = await createKbak(storage, { backupId });
  for (const [topic, { partitions }] of Object.entries(topics)) {
    for (const [partition, records] of partitions.entries()) {
      const output = await sink.open(topic, partition);
      for (const record of records) {
        const { bytes, slices } = sliceRecord(record);
        await output.append(bytes, slices, record.offset);
      }
      await output.close();
    }
  }
  await sink.finish({
    topics: Object.entries(topics).map(([name, { partitions, config }]) => ({
      name,
      partitionCount: partitions.length,
      partitions: [],
      ...(config === undefined ? {} : { config }),
    })),
    ...(groups.length === 0 ? {} : { groups }),
    createdAt: 1_700_000_000_000,
  });
}
