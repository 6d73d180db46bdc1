/** The topics that records go to: there, large enough, and made so that nothing of what is written is deleted meanwhile. */
import { setTimeout as sleep } from 'node:timers/promises';
import { isSrgitError, SrgitError, throwIfAborted } from '../../../errors.ts';
import type { KafkaAdmin, KafkaTopic } from '../../../kafka/port.ts';
import type { SourceTopic } from '../../../records/record-source.ts';
import { type Lane, renameTopic } from '../lanes.ts';
import { deadLetterTopic } from './dead-letters.ts';

export interface TargetTopicsOptions {
  readonly admin: KafkaAdmin;
  readonly topics: readonly SourceTopic[];
  readonly topicMapping: Parameters<typeof renameTopic>[1];
  /** Of all shards: partitions beyond them need not be there. */
  readonly lanes: readonly Lane[];
  readonly create: boolean;
  /** Whether created topics keep everything until the end. */
  readonly hold: boolean;
  readonly replicationFactor?: number | undefined;
  /** Source topics with records that go to the topic of dead letters. */
  readonly deadLetters: ReadonlySet<string>;
  readonly warn: (text: string) => void;
  readonly signal?: AbortSignal | undefined;
}

export interface TargetTopic {
  readonly name: string;
  readonly partitionCount: number;
  /** Bytes of a batch that it takes. */
  readonly maxBatchBytes: number;
}

export interface TargetTopics {
  readonly byName: ReadonlyMap<string, TargetTopic>;
  readonly created: readonly string[];
  /** What is to be set at the end; null takes away a setting. */
  readonly putBack: ReadonlyMap<string, Readonly<Record<string, string | null>>>;
}

/** A broker's default `message.max.bytes`. */
const DEFAULT_MAX_BATCH = 1_048_588;

const STAMP = 'message.timestamp.type';

/**
 * Held while records are written: they are as old as they were, so that a retention of days would delete them at once, and
 * a topic that stamps records with the time of writing would change them.
 */
const HELD: Readonly<Record<string, string>> = {
  'retention.ms': '-1',
  'retention.bytes': '-1',
  [STAMP]: 'CreateTime',
};

/** @throws SrgitError SRGIT_KAFKA_TOPIC naming every topic that is missing or too small */
export async function prepareTopics(options: TargetTopicsOptions): Promise<TargetTopics> {
  const { admin, lanes, create, signal, warn } = options;
  const wanted = wantedTopics(options);
  const found = new Map((await admin.topics([...wanted.keys()], signal)).map((topic) => [topic.name, topic]));
  const missing = [...wanted.keys()].filter((name) => !found.has(name));
  const faults = create ? [] : missing.map((name) => `there is no topic ${name} in the target`);
  const checkSize = ({ name, partitionCount }: KafkaTopic): void => {
    const needed = 1 + Math.max(-1, ...lanes.filter(({ topic }) => topic === name).map(({ partition }) => partition));
    if (partitionCount < needed) {
      faults.push(`topic ${name} has ${partitionCount} partitions in the target, and ${needed} are needed`);
    } else if (partitionCount > (wanted.get(name)?.partitionCount ?? partitionCount)) {
      warn(`topic ${name} has more partitions in the target: records with the same key may come to lie in two of them`);
    }
  };
  for (const topic of found.values()) checkSize(topic);
  refuseFaults(faults);
  const created = new Set<string>();
  for (const name of missing) {
    const topic = wanted.get(name);
    if (topic === undefined) continue;
    const others = await createTopic(options, topic);
    if (others === undefined) created.add(name);
    else {
      checkSize(others);
      found.set(name, others);
    }
  }
  refuseFaults(faults);
  return describeTopics(options, wanted, found, created);
}

function refuseFaults(faults: readonly string[]): void {
  if (faults.length === 0) return;
  throw new SrgitError('SRGIT_KAFKA_TOPIC', faults.slice(0, 20).join('\n'), {
    hint: 'Create them with --create-topics, add partitions, or send partitions elsewhere with --map-partition.',
    details: { faults: faults.length },
  });
}

/** The protocol's TOPIC_ALREADY_EXISTS. */
const TOPIC_EXISTS = 36;
/** For a topic that another process makes to be shown by the brokers. */
const APPEAR_MS = 30_000;
const APPEAR_POLL_MS = 100;

/**
 * Gives the topic that another process made meanwhile, as shards do that begin at the same time: it is as good as an own
 * one when it is large enough.
 */
async function createTopic(options: TargetTopicsOptions, topic: SourceTopic): Promise<KafkaTopic | undefined> {
  const { admin, replicationFactor, hold, signal } = options;
  const held = heldFor(topic);
  const { [STAMP]: stamp } = held;
  try {
    await admin.createTopic(
      {
        name: topic.name,
        partitionCount: Math.max(1, topic.partitionCount),
        ...(replicationFactor === undefined ? {} : { replicationFactor }),
        config: { ...topic.config, ...(hold ? held : stamp === undefined ? {} : { [STAMP]: stamp }) },
      },
      signal,
    );
    return undefined;
  } catch (error) {
    if (!isSrgitError(error) || error.details['kafkaCode'] !== TOPIC_EXISTS) throw error;
    for (let waited = 0; waited < APPEAR_MS; waited += APPEAR_POLL_MS) {
      const [others] = await admin.topics([topic.name], signal);
      if (others !== undefined) return others;
      await sleep(APPEAR_POLL_MS);
      throwIfAborted(signal);
    }
    throw error;
  }
}

/** Only what makes a difference: a broker may set bounds to what a topic may say. */
function heldFor({ config = {} }: SourceTopic): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(HELD).filter(([name]) => name === 'retention.ms' || config[name] !== undefined),
  );
}

async function describeTopics(
  options: TargetTopicsOptions,
  wanted: ReadonlyMap<string, SourceTopic>,
  found: ReadonlyMap<string, KafkaTopic>,
  created: ReadonlySet<string>,
): Promise<TargetTopics> {
  const { admin, create, hold, signal, warn } = options;
  const byName = new Map<string, TargetTopic>();
  const putBack = new Map<string, Readonly<Record<string, string | null>>>();
  for (const topic of wanted.values()) {
    const { name } = topic;
    const config = await admin.topicConfig(name, signal);
    byName.set(name, {
      name,
      partitionCount: found.get(name)?.partitionCount ?? topic.partitionCount,
      maxBatchBytes: Number(config['max.message.bytes'] ?? DEFAULT_MAX_BATCH),
    });
    // Also of a topic that an earlier run made and did not come to the end with.
    const changes = create && hold ? changesBack(topic, config) : {};
    if (Object.keys(changes).length > 0) putBack.set(name, changes);
    if (!created.has(name) && Object.keys(changes).length === 0) warnOfSettings(name, config, warn);
  }
  return { byName, created: [...created].sort(), putBack };
}

/** From what is held to what the source has. */
function changesBack(
  topic: SourceTopic,
  now: Readonly<Record<string, string>>,
): Readonly<Record<string, string | null>> {
  const changes: Record<string, string | null> = {};
  for (const [name, held] of Object.entries(heldFor(topic))) {
    const wanted = topic.config?.[name] ?? null;
    if (now[name] === held && wanted !== held) changes[name] = wanted;
  }
  return changes;
}

function warnOfSettings(name: string, config: Readonly<Record<string, string>>, warn: (text: string) => void): void {
  if (config['message.timestamp.type'] === 'LogAppendTime') {
    warn(`topic ${name} stamps records with the time of writing: their own times are lost`);
  }
  const isDeleting = !(config['cleanup.policy'] ?? 'delete').split(',').every((policy) => policy.trim() === 'compact');
  if (isDeleting && config['retention.ms'] !== '-1') {
    warn(`topic ${name} has a retention: records that are older than it are deleted as soon as they are written`);
  }
}

/** By name in the target, as the source has them. */
function wantedTopics({
  topics,
  topicMapping,
  lanes,
  deadLetters,
}: TargetTopicsOptions): ReadonlyMap<string, SourceTopic> {
  const wanted = new Map<string, SourceTopic>();
  for (const topic of topics) {
    const name = renameTopic(topic.name, topicMapping);
    const used = lanes.filter((lane) => lane.topic === name).map(({ partition }) => partition + 1);
    const partitionCount = Math.max(topic.partitionCount, wanted.get(name)?.partitionCount ?? 1, ...used);
    wanted.set(name, { ...topic, name, partitionCount });
    if (!deadLetters.has(topic.name)) continue;
    const dead = deadLetterTopic(name);
    wanted.set(dead, { name: dead, partitionCount, partitions: [] });
  }
  return wanted;
}

/** Where a topic says nothing of it: a broker's own default, unless it is configured otherwise. */
const DEFAULT_RETENTION_MS = 604_800_000;

/**
 * Gives topics that are done the settings that the source has; but not a retention that would delete at once what was just
 * written.
 *
 * @param oldest time of the oldest batch of a topic, milliseconds since 1970; undefined where this run has not written all of it
 */
export async function putSettingsBack(
  admin: KafkaAdmin,
  changes: TargetTopics['putBack'],
  isDone: (topic: string) => boolean,
  oldest: (topic: string) => bigint | undefined,
  now: number,
  signal?: AbortSignal,
): Promise<{ readonly putBack: readonly string[]; readonly held: readonly string[] }> {
  const putBack: string[] = [];
  const held: string[] = [];
  for (const [name, settings] of changes) {
    if (!isDone(name)) {
      held.push(name);
      continue;
    }
    const isSafe = keepsAll(settings, oldest(name), now);
    const wanted = Object.entries(settings).filter(([key]) => isSafe || !key.startsWith('retention.'));
    if (wanted.length > 0) await admin.alterTopicConfig(name, Object.fromEntries(wanted), signal);
    (isSafe ? putBack : held).push(name);
  }
  return { putBack, held };
}

/** A bound of bytes is never certain to keep all: what was compressed differently has another size. */
function keepsAll(settings: Readonly<Record<string, string | null>>, oldest: bigint | undefined, now: number): boolean {
  if (settings['retention.bytes'] !== undefined) return false;
  const retention = Number(settings['retention.ms'] ?? DEFAULT_RETENTION_MS);
  return (
    settings['retention.ms'] === undefined ||
    retention < 0 ||
    (oldest !== undefined && Number(oldest) > now - retention)
  );
}
