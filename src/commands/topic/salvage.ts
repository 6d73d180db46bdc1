import { Flags } from '@oclif/core';
import { describeReading, type InspectResult } from '../../app/topic/inspect-topic.ts';
import { type SalvagedTopic, salvageToTopic, salvageToTree } from '../../app/topic/salvage-topic.ts';
import { treeFlag } from '../../cli/base-command.ts';
import { emptyValuesFlag, fromFlag, TopicCommand, topicFlags } from '../../cli/topic-command.ts';
import { SrgitError } from '../../errors.ts';
import { plural } from '../../render/export-report.ts';
import { renderTopicReport } from '../../render/topic-report.ts';

interface SalvageResult {
  readonly inspected?: InspectResult;
  readonly tree?: string;
  readonly copied?: SalvagedTopic;
}

export default class TopicSalvage extends TopicCommand {
  static override summary = 'Keep what is good of a damaged _schemas topic, as a tree or as another topic.';
  static override description = `What cannot be read or would stop a registry is passed over and reported. \
--to-tree writes the schemas to the tree, with their ids; commit it, and \`topic rebuild\` makes a new topic of it. \
--to copies the good records, byte for byte, into another topic of a cluster.`;
  static override examples = [
    '<%= config.bin %> <%= command.id %> --from kafka:prod --to-tree',
    '<%= config.bin %> <%= command.id %> --from kafka-log:/mnt/broken-disk --to-tree --tree salvaged',
    '<%= config.bin %> <%= command.id %> --from kafka:prod --to kafka:prod --to-topic _schemas_salvaged',
  ];

  static override flags = {
    from: fromFlag,
    ...topicFlags,
    'to-tree': Flags.boolean({ description: 'Write the tree.' }),
    ...treeFlag,
    to: Flags.string({ description: 'Cluster of the copy: kafka:NAME.', helpValue: 'TARGET', dependsOn: ['to-topic'] }),
    'to-topic': Flags.string({ description: 'Topic of the copy.', helpValue: 'NAME', dependsOn: ['to'] }),
    'replication-factor': Flags.integer({ min: 1, description: 'Of that topic, when it is made.' }),
    'empty-values': emptyValuesFlag,
    'allow-deletions': Flags.boolean({ description: 'Let the tree lose what the topic does not have.' }),
  };

  async run(): Promise<SalvageResult> {
    const { flags } = await this.parse(TopicSalvage);
    if (!flags['to-tree'] && flags.to === undefined) {
      throw new SrgitError('SRGIT_USAGE', 'it is not said where to keep what is good', {
        hint: 'Give --to-tree, or --to kafka:NAME with --to-topic.',
      });
    }
    const from = this.locationOf(flags.from, 'from');
    const to = flags.to === undefined ? undefined : this.locationOf(flags.to, 'to');
    const { config, open } = this.topicConfig(flags, to === undefined ? [from] : [from, to]);
    const source = await this.openTopic(from, flags.topic, open);
    const options = {
      source,
      emptyValues: flags['empty-values'],
      now: Date.now,
      signal: this.signal,
      onProgress: this.onProgress,
    };
    let result: SalvageResult = {};
    try {
      if (flags['to-tree']) {
        const allowDeletions = flags['allow-deletions'];
        const { reading, counts, tree, leftOut } = await salvageToTree({ ...options, config, allowDeletions });
        const inspected = describeReading(reading);
        this.say(renderTopicReport(inspected));
        this.say(`Written to ${tree}: ${plural(counts.subjects, 'subject')}, ${plural(counts.versions, 'version')}`);
        for (const { subject, version, detail } of leftOut) {
          this.caution(`${subject} version ${version} is not in the tree: its type is ${detail}`);
        }
        result = { inspected, tree };
      }
      const topic = flags['to-topic'];
      if (to !== undefined && topic !== undefined) {
        const client = await this.openTarget(to, 'to', open);
        try {
          const replicationFactor = flags['replication-factor'];
          const copied = await salvageToTopic({ ...options, client, topic, replicationFactor });
          this.say(`Copied to topic ${topic}: ${plural(copied.copied, 'record')}; ${copied.left} left behind`);
          result = { ...result, copied };
        } finally {
          await client.close();
        }
      }
      return result;
    } finally {
      await source.close();
    }
  }
}
