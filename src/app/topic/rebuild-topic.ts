/**
 * Rebuild: a state becomes the `_schemas` topic that a registry starts on. Only final shapes, in an order that every registry
 * loads, with the times the records had. A topic that has records is left alone unless it is to be mended in its place.
 */
import { isDeepStrictEqual } from 'node:util';
import { SrgitError } from '../../errors.ts';
import type { KafkaClient } from '../../kafka/port.ts';
import { parseSubjectName } from '../../model/subject-name.ts';
import type { RegistryState } from '../../semantics/state.ts';
import { decodeKey, keyName } from '../../semantics/topic/decode-key.ts';
import type { ReducedTopic } from '../../semantics/topic/reduce-topic.ts';
import { PIN_SUBJECT, type WriteTopicOptions, writeTopic } from '../../semantics/topic/write-topic.ts';
import type { OnProgress } from '../progress.ts';
import { readTopic, settingsFindings } from './read-topic.ts';
import { readTopicSettings, topicOfCluster } from './topic-source.ts';
import { type NewRecord, writeTopicRecords } from './write-topic-records.ts';

export interface RebuildOptions extends WriteTopicOptions {
  readonly client: KafkaClient;
  readonly topic: string;
  readonly state: RegistryState;
  /** Into the topic that is there, with its records. */
  readonly inPlace: boolean;
  /** Of a topic that is made; the broker's default otherwise. */
  readonly replicationFactor?: number | undefined;
  /** Settings of a topic that is made, beside `cleanup.policy`. */
  readonly config?: Readonly<Record<string, string>> | undefined;
  readonly now: () => number;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: OnProgress | undefined;
}

export interface RebuildResult {
  readonly topic: string;
  readonly created: boolean;
  readonly written: number;
  /** Of `written`, those that take something away that was there. */
  readonly tombstones: number;
  readonly schemas: number;
}

/** @throws SrgitError SRGIT_KAFKA_TOPIC before anything is written, or when what is read back is not what was to be. */
export async function rebuildTopic(options: RebuildOptions): Promise<RebuildResult> {
  const { client, topic, state, inPlace, signal, onProgress, now } = options;
  const created = await prepareTopic(options);
  const present = inPlace && !created ? await readPresent(options) : undefined;
  const records = [...recordsFor(state, present, options)];
  const tombstones = records.filter(({ value }) => value === null).length;
  const written = await writeTopicRecords({ client, topic, records, now, signal, onProgress });
  const schemas = await verify(options);
  return { topic, created, written, tombstones, schemas };
}

/** @returns whether the topic was made. */
async function prepareTopic(options: RebuildOptions): Promise<boolean> {
  const { client, topic, inPlace, replicationFactor, config, signal } = options;
  const settings = await readTopicSettings(client.admin, topic, signal);
  if (settings === undefined) {
    await client.admin.createTopic(
      {
        name: topic,
        partitionCount: 1,
        ...(replicationFactor === undefined ? {} : { replicationFactor }),
        config: { ...config, 'cleanup.policy': 'compact' },
      },
      signal,
    );
    return true;
  }
  const bad = settingsFindings(settings).find(({ effect }) => effect === 'stops');
  if (bad !== undefined) {
    throw new SrgitError('SRGIT_KAFKA_TOPIC', `topic ${topic} is none that a registry starts with: ${bad.detail}`, {
      hint: 'It needs one partition and cleanup.policy=compact. Delete it, and it is made anew; or name another with --topic.',
    });
  }
  const [first, end] = await Promise.all([
    client.admin.offsets(topic, 'earliest', signal),
    client.admin.offsets(topic, 'latest', signal),
  ]);
  const count = (end.get(0) ?? 0n) - (first.get(0) ?? 0n);
  if (count > 0n && !inPlace) {
    throw new SrgitError('SRGIT_KAFKA_TOPIC', `topic ${topic} holds ${count} records already: nothing was written`, {
      hint: 'Back it up (`srgit topic backup`) and delete it, write to another with --topic, or mend it with --in-place.',
    });
  }
  return false;
}

async function readPresent({ client, topic, signal, onProgress }: RebuildOptions): Promise<ReducedTopic> {
  // The client stays open: it is the caller's.
  const source = await topicOfCluster(client, topic, `topic ${topic}`, signal);
  if (source === undefined) throw new SrgitError('SRGIT_KAFKA_TOPIC', `topic ${topic} is gone`);
  const { reduced, findings } = await readTopic(source, { signal, onProgress });
  const bad = findings.find(({ effect, code }) => effect === 'stops' && code !== 'VALUE_NO_SUBJECT');
  if (bad !== undefined) {
    throw new SrgitError(
      'SRGIT_KAFKA_TOPIC',
      `topic ${topic} cannot be mended in its place: ${bad.code} at offset ${bad.offset}`,
      { hint: 'Such a record stays whatever is written after it. Back the topic up, delete it, and rebuild it.' },
    );
  }
  return reduced;
}

function* recordsFor(
  state: RegistryState,
  present: ReducedTopic | undefined,
  options: WriteTopicOptions,
): Generator<NewRecord> {
  const writes = [...writeTopic(state, options)];
  if (present === undefined) {
    yield* writes;
    return;
  }
  const wanted = new Set(writes.map(({ key }) => nameOf(key)));
  // First what goes: the tombstone of another spelling would take the row away that is written before it.
  for (const spellings of present.twins.values()) for (const key of spellings) yield { key, value: null };
  for (const [name, key] of present.keys) if (!wanted.has(name)) yield { key, value: null };
  for (const write of writes) yield { ...write, key: present.keys.get(nameOf(write.key)) ?? write.key };
}

function nameOf(key: Buffer): string {
  const decoded = decodeKey({ key, offset: 0n });
  return decoded.kind === 'key' ? keyName(decoded.key) : key.toString('latin1');
}

/** Reads the topic again from its beginning. @returns how many schemas it has */
async function verify({ client, topic, state, signal, onProgress }: RebuildOptions): Promise<number> {
  const source = await topicOfCluster(client, topic, `topic ${topic}`, signal);
  if (source === undefined) throw new SrgitError('SRGIT_KAFKA_TOPIC', `topic ${topic} is gone again`);
  const { reduced, findings } = await readTopic(source, { signal, onProgress });
  const bad = findings.find(({ effect }) => effect === 'stops' || effect === 'lost');
  const isSame = isDeepStrictEqual(contentOf(reduced.state), contentOf(state));
  if (bad !== undefined || !isSame) {
    const what = bad === undefined ? 'its state is another' : `${bad.code} at offset ${bad.offset}`;
    throw new SrgitError('SRGIT_KAFKA_TOPIC', `what is in topic ${topic} now is not what was written: ${what}`, {
      hint: 'Did a registry write to it meanwhile? Stop every registry of this topic, and rebuild it again.',
    });
  }
  return [...reduced.state.subjects.values()].reduce((sum, { rows }) => sum + rows.length, 0);
}

/** What a registry's answers are made of: not when records were written, nor the rows that hold the highest ids. */
function contentOf({ sortedSubjects, subjects, contexts, configs, modes }: RegistryState): unknown {
  const names = sortedSubjects.filter((name) => parseSubjectName(name).subject !== PIN_SUBJECT);
  const rows = names.flatMap((name) => subjects.get(name)?.rows ?? []);
  return {
    rows: rows.map(({ registeredAt: _time, sha256: _hash, ...row }) => row),
    contexts: [...contexts].sort(),
    configs: [...configs].sort(),
    modes: [...modes].sort(),
  };
}
