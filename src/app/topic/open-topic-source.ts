/** Opens what a person named as the source of a `_schemas` topic. */
import { resolve } from 'node:path';
import { openKarapaceBackup } from '../../archive/karapace/open-karapace.ts';
import { SrgitError } from '../../errors.ts';
import { parseLocation, type RecordLocation } from '../records/location.ts';
import { type OpenOptions, openCluster, openSource } from '../records/open-records.ts';
import { noSuchTopic } from './read-topic.ts';
import { type TopicSource, topicOfArchive, topicOfCluster } from './topic-source.ts';

export type TopicLocation = RecordLocation | { readonly kind: 'karapace'; readonly file: string };

/**
 * A place of records (a cluster, a backup, a broker's log folder), or `karapace:FILE`.
 * @throws SrgitError SRGIT_USAGE
 */
export function parseTopicLocation(text: string, flag: string, cwd: string): TopicLocation {
  if (!text.startsWith('karapace:')) return parseLocation(text, flag, cwd);
  const file = text.slice('karapace:'.length);
  if (file !== '') return { kind: 'karapace', file: resolve(cwd, file) };
  throw new SrgitError('SRGIT_USAGE', `--${flag} ${text} names no file`, { hint: 'Give karapace:FILE.' });
}

/** For people. */
export function nameLocation(location: TopicLocation): string {
  if (location.kind === 'karapace') return `Karapace's backup ${location.file}`;
  if (location.kind === 'kafka') return location.cluster;
  const { place } = location;
  if (place.kind === 'path') return place.path;
  return place.kind === 's3' ? `s3://${place.bucket}/${place.prefix}` : 'the configured storage';
}

/** The caller closes the source. @throws SrgitError SRGIT_KAFKA_TOPIC where there is no such topic */
export async function openTopicSource(
  location: TopicLocation,
  topic: string,
  options: OpenOptions,
): Promise<TopicSource> {
  const where = nameLocation(location);
  const name = `topic ${topic} of ${where}`;
  const { signal } = options;
  if (location.kind === 'karapace') return topicOfKarapace(location.file, topic, signal);
  if (location.kind === 'kafka') {
    const client = await openCluster(location.cluster, options.settings);
    return (await closeUnless(client, () => topicOfCluster(client, topic, name, signal))) ?? fail(topic, where);
  }
  const source = await openSource(location, options);
  return (await closeUnless(source, () => topicOfArchive(source, topic, name, signal))) ?? fail(topic, where);
}

function fail(topic: string, where: string): never {
  throw noSuchTopic(topic, where);
}

/** What was opened is closed when nothing comes of it. */
async function closeUnless<T>(opened: { close(): Promise<void> }, work: () => Promise<T>): Promise<T> {
  let result: T | undefined;
  try {
    result = await work();
    return result;
  } finally {
    if (result === undefined) await opened.close();
  }
}

async function topicOfKarapace(file: string, asked: string, signal?: AbortSignal): Promise<TopicSource> {
  const { topic = asked, config, replicationFactor, records } = await openKarapaceBackup(file, signal);
  return {
    name: `topic ${topic} of Karapace's backup ${file}`,
    topic,
    // One partition is all that the tool ever wrote.
    settings: {
      partitionCount: 1,
      ...(replicationFactor === undefined ? {} : { replicationFactor }),
      ...(config === undefined ? {} : { config }),
    },
    read: async function* () {
      for await (const record of records()) yield { kind: 'record', record };
    },
    close: async () => undefined,
  };
}
