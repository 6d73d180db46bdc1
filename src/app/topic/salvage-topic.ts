/** Salvage: what is good of a damaged topic is kept, as a tree or as a topic, and what was lost is said. */
import type { Config } from '../../config/types.ts';
import { SrgitError } from '../../errors.ts';
import type { KafkaClient } from '../../kafka/port.ts';
import type { RegistrySnapshot, SnapshotCounts } from '../../model/registry-snapshot.ts';
import { countSnapshot } from '../../model/registry-snapshot.ts';
import { isSchemaType } from '../../model/schema-version.ts';
import type { TreeChange } from '../../model/tree-change.ts';
import { givenIds, rowIds } from '../../semantics/known-ids.ts';
import { snapshotFromState } from '../../semantics/snapshot-state.ts';
import type { RegistryState } from '../../semantics/state.ts';
import { type TopicFinding, topicFinding } from '../../semantics/topic/findings.ts';
import { type ReduceOptions, TopicReducer } from '../../semantics/topic/reduce-topic.ts';
import { applyWritePlan, completeInterruptedWrite } from '../../tree/apply-write.ts';
import { requireSound } from '../../tree/finding.ts';
import { lockTree } from '../../tree/lock.ts';
import { planTreeWrite } from '../../tree/plan-write.ts';
import { readTreeIndex } from '../../tree/read-index.ts';
import { rememberIds } from '../../tree/remember-ids.ts';
import { guardDeletions } from '../export-schemas.ts';
import type { OnProgress } from '../progress.ts';
import { readTopic, type TopicReading } from './read-topic.ts';
import { readTopicSettings, type TopicSource } from './topic-source.ts';
import { type NewRecord, writeTopicRecords } from './write-topic-records.ts';

export interface SalvageOptions extends ReduceOptions {
  readonly source: TopicSource;
  readonly now: () => number;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: OnProgress | undefined;
}

export interface SalvagedTree {
  readonly reading: TopicReading;
  readonly tree: string;
  readonly counts: SnapshotCounts;
  readonly changes: readonly TreeChange[];
  /** Rows that a tree cannot hold. */
  readonly leftOut: readonly TopicFinding[];
}

/** @throws SrgitError of the source and of the tree; SRGIT_DELETION_GUARD where the tree has much that the topic lacks. */
export async function salvageToTree(
  options: SalvageOptions & { readonly config: Config; readonly allowDeletions: boolean },
): Promise<SalvagedTree> {
  const { source, config, signal, onProgress } = options;
  const reading = await readTopic(source, { ...options, checkTexts: true });
  const { snapshot, leftOut } = representable(reading.reduced.state);
  const lock = lockTree(config.tree);
  try {
    completeInterruptedWrite(config.tree);
    const index = await readTreeIndex(config.tree, signal);
    requireSound(index.findings);
    // Records may exist that were written with what is gone.
    const known = givenIds(reading.reduced.state, rowIds(snapshot));
    const plan = await planTreeWrite(rememberIds(index, known), snapshot, {
      covers: () => true,
      retiresIds: true,
      includeSensitive: config.backup.includeSensitive,
      now: new Date(options.now()).toISOString(),
      signal,
    });
    guardDeletions(plan, snapshot, options.allowDeletions);
    await applyWritePlan(config.tree, plan, {
      signal,
      onProgress: (done, total) => onProgress?.({ phase: `writing ${source.topic} to files`, done, total }),
    });
    return { reading, tree: config.tree, counts: countSnapshot(snapshot), changes: plan.changes, leftOut };
  } finally {
    lock.release();
  }
}

/** The state as a tree can hold it. */
function representable(state: RegistryState): { snapshot: RegistrySnapshot; leftOut: readonly TopicFinding[] } {
  const leftOut: TopicFinding[] = [];
  const snapshot = snapshotFromState(state, { kind: 'unknown' });
  const contexts = snapshot.contexts.map((context) => ({
    ...context,
    subjects: context.subjects.map((subject) => ({
      ...subject,
      versions: subject.versions.filter(({ schemaType, version, id }) => {
        const fits = isSchemaType(schemaType) && version > 0;
        if (!fits)
          leftOut.push(topicFinding('TYPE_UNKNOWN', { subject: subject.name, version, id, detail: schemaType }));
        return fits;
      }),
    })),
  }));
  return { snapshot: { ...snapshot, contexts }, leftOut };
}

export interface SalvagedTopic {
  readonly topic: string;
  /** Records copied, and those left behind. */
  readonly copied: number;
  readonly left: number;
}

/**
 * Copies the good records, byte for byte, into another topic, in their order: deletions too, without which what was deleted
 * would be there again.
 *
 * @throws SrgitError SRGIT_KAFKA_TOPIC where the topic has records already.
 */
export async function salvageToTopic(
  options: SalvageOptions & {
    readonly client: KafkaClient;
    readonly topic: string;
    readonly replicationFactor?: number | undefined;
  },
): Promise<SalvagedTopic> {
  const { client, topic, source, signal, onProgress, now } = options;
  const settings = await readTopicSettings(client.admin, topic, signal);
  if (settings === undefined) {
    const { replicationFactor } = options;
    const config = { ...source.settings?.config, 'cleanup.policy': 'compact' };
    const more = replicationFactor === undefined ? {} : { replicationFactor };
    await client.admin.createTopic({ name: topic, partitionCount: 1, config, ...more }, signal);
  } else {
    const end = await client.admin.offsets(topic, 'latest', signal);
    if ((end.get(0) ?? 0n) > 0n || end.size !== 1) {
      throw new SrgitError('SRGIT_KAFKA_TOPIC', `topic ${topic} is not an empty topic of one partition`, {
        hint: 'Name a topic that is not there yet.',
      });
    }
  }
  let left = 0;
  const reducer = new TopicReducer(options);
  const good = async function* (): AsyncGenerator<NewRecord> {
    for await (const item of source.read(signal)) {
      // A topic that is compacted takes no record without a key.
      if (item.kind === 'record' && reducer.add(item.record) && item.record.key !== null) yield item.record;
      else left++;
    }
  };
  const copied = await writeTopicRecords({ client, topic, records: good(), now, signal, onProgress });
  return { topic, copied, left };
}
