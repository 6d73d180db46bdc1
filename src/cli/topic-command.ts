/** What the `topic` commands share: which topic, where it is, and the clusters that are meant. */
import { Flags } from '@oclif/core';
import { needsStorage } from '../app/records/location.ts';
import { type OpenOptions, openCluster } from '../app/records/open-records.ts';
import { openTopicSource, parseTopicLocation, type TopicLocation } from '../app/topic/open-topic-source.ts';
import { SCHEMAS_TOPIC, type TopicSource } from '../app/topic/topic-source.ts';
import type { RecordSettings } from '../config/record-settings.ts';
import type { Config } from '../config/types.ts';
import { SrgitError } from '../errors.ts';
import type { KafkaClient } from '../kafka/port.ts';
import { BaseCommand } from './base-command.ts';

export const topicFlags = {
  topic: Flags.string({
    default: SCHEMAS_TOPIC,
    description: 'The topic of the schemas: what the registry has as kafkastore.topic.',
    helpValue: 'NAME',
  }),
  'backup-id': Flags.string({ description: 'Which backup, where there are several.', helpValue: 'ID' }),
};

export const fromFlag = Flags.string({
  description: 'kafka:NAME, kbak:DIR, kbak:s3://BUCKET/PREFIX, kafka-log:DIR, kcat:FILE or karapace:FILE.',
  helpValue: 'SOURCE',
  required: true,
});

export const emptyValuesFlag = Flags.option({
  options: ['auto', 'skip', 'tombstone'] as const,
  default: 'auto' as const,
  description: "What an empty value is: nothing, or a deletion, as Karapace writes it; auto tells by the topic's keys.",
})();

export abstract class TopicCommand extends BaseCommand {
  protected locationOf(text: string, flag: string): TopicLocation {
    return parseTopicLocation(text, flag, process.cwd());
  }

  /** The configuration as far as these places need it. */
  protected topicConfig(
    flags: Parameters<BaseCommand['settings']>[0],
    locations: readonly TopicLocation[],
    registry = false,
  ): { readonly config: Config; readonly open: OpenOptions } {
    const clusters = locations.flatMap((place) => (place.kind === 'kafka' ? [place.cluster] : []));
    const storage = locations.some((place) => place.kind === 'archive' && needsStorage(place));
    const config = this.settings(flags, { registry, records: { clusters, storage } });
    const backupId = (flags as { readonly 'backup-id'?: string })['backup-id'];
    return {
      config,
      open: {
        settings: recordsOf(config),
        backupId,
        onWarning: (text) => this.caution(text),
        signal: this.signal,
      },
    };
  }

  protected openTopic(location: TopicLocation, topic: string, open: OpenOptions): Promise<TopicSource> {
    return openTopicSource(location, topic, open);
  }

  /** @throws SrgitError SRGIT_USAGE where the place is no cluster. */
  protected openTarget(location: TopicLocation, flag: string, { settings }: OpenOptions): Promise<KafkaClient> {
    if (location.kind === 'kafka') return openCluster(location.cluster, settings);
    throw new SrgitError('SRGIT_USAGE', `--${flag} must name a cluster`, {
      hint: 'Give kafka:NAME, or kafka:HOST:PORT.',
    });
  }
}

function recordsOf({ records }: Config): RecordSettings {
  if (records === undefined) throw new SrgitError('SRGIT_INTERNAL', 'settings of records were not loaded');
  return records;
}
