/** Reads a topic to its end, as the state that a registry would have, with everything that is wrong with it. */
import { SrgitError, throwIfAborted } from '../../errors.ts';
import { isSchemaType } from '../../model/schema-version.ts';
import type { Canonical } from '../../schema/language.ts';
import { languageOf } from '../../schema/schema-languages.ts';
import { resolveStored } from '../../semantics/references.ts';
import type { RegistryState } from '../../semantics/state.ts';
import { type TopicFinding, topicFinding } from '../../semantics/topic/findings.ts';
import { type ReducedTopic, type ReduceOptions, TopicReducer } from '../../semantics/topic/reduce-topic.ts';
import type { OnProgress } from '../progress.ts';
import type { TopicSettings, TopicSource } from './topic-source.ts';

export interface TopicReading {
  readonly source: string;
  readonly topic: string;
  readonly settings?: TopicSettings;
  readonly reduced: ReducedTopic;
  /** All of them: of records, of the state, of the topic's settings. */
  readonly findings: readonly TopicFinding[];
  /** Of the last record; absent for an empty topic. */
  readonly lastOffset?: bigint;
}

export interface ReadTopicOptions extends ReduceOptions {
  /** Parses every text too. */
  readonly checkTexts?: boolean;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: OnProgress | undefined;
}

/** @throws SrgitError of the source. */
export async function readTopic(source: TopicSource, options: ReadTopicOptions = {}): Promise<TopicReading> {
  const reducer = new TopicReducer(options);
  let lastOffset: bigint | undefined;
  let done = 0;
  for await (const item of source.read(options.signal)) {
    if (item.kind === 'damage') {
      reducer.addDamage(item.firstOffset, item.detail);
      continue;
    }
    reducer.add(item.record);
    lastOffset = item.record.offset;
    if (++done % 1000 === 0) {
      throwIfAborted(options.signal);
      options.onProgress?.({ phase: `reading ${source.topic}`, done });
    }
  }
  const reduced = reducer.reduced();
  const findings = [
    ...settingsFindings(source.settings),
    ...reduced.findings,
    ...(options.checkTexts === true ? textFindings(reduced.state, options.signal) : []),
    ...(reduced.state.subjects.size === 0 ? [topicFinding('TOPIC_EMPTY')] : []),
  ];
  return {
    source: source.name,
    topic: source.topic,
    ...(source.settings === undefined ? {} : { settings: source.settings }),
    reduced,
    findings,
    ...(lastOffset === undefined ? {} : { lastOffset }),
  };
}

/** What a registry asks of its topic when it starts. */
export function settingsFindings(settings: TopicSettings | undefined): readonly TopicFinding[] {
  if (settings === undefined) return [];
  const { partitionCount, replicationFactor, config } = settings;
  const policy = config?.['cleanup.policy'];
  return [
    ...(partitionCount === 1 ? [] : [topicFinding('TOPIC_PARTITIONS', { detail: `${partitionCount} partitions` })]),
    ...(config === undefined || policy === 'compact'
      ? []
      : [topicFinding('TOPIC_NOT_COMPACT', { detail: policy === undefined ? 'not set' : policy })]),
    ...(replicationFactor === undefined || replicationFactor >= 3
      ? []
      : [topicFinding('TOPIC_REPLICATION', { detail: `${replicationFactor}` })]),
  ];
}

function* textFindings(state: RegistryState, signal: AbortSignal | undefined): Generator<TopicFinding> {
  for (const { rows } of state.subjects.values()) {
    throwIfAborted(signal);
    for (const { subject, version, id, schemaType, schema, references } of rows) {
      if (!isSchemaType(schemaType)) continue;
      const why = refusalOf(() =>
        languageOf(schemaType).canonicalize(schema, resolveStored(state, { subject, references }), {
          normalize: false,
          validate: false,
        }),
      );
      if (why !== undefined) yield topicFinding('SCHEMA_INVALID', { subject, version, id, detail: why });
    }
  }
}

function refusalOf(parse: () => Canonical): string | undefined {
  const result = parse();
  return 'text' in result ? undefined : (result.reason ?? result.error).split('\n')[0];
}

/** @throws SrgitError SRGIT_KAFKA_TOPIC where a source has no such topic. */
export function noSuchTopic(topic: string, where: string): SrgitError {
  return new SrgitError('SRGIT_KAFKA_TOPIC', `there is no topic ${topic} in ${where}`, {
    hint: 'Name it with --topic: it is what the registry has as kafkastore.topic.',
  });
}
