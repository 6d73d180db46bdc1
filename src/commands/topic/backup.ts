import { Flags } from '@oclif/core';
import { backupTopic, type TopicBackup } from '../../app/topic/backup-topic.ts';
import { openTopicBackup } from '../../app/topic/open-topic-backup.ts';
import { TopicCommand, topicFlags } from '../../cli/topic-command.ts';
import { plural } from '../../render/export-report.ts';

export default class TopicBackupCommand extends TopicCommand {
  static override summary = 'Keep every record of a _schemas topic, as it is, with the settings of the topic.';
  static override description =
    `Key, value, headers, offset and time of each record go into an archive with checksums, \
in a folder or in object storage. The next run adds what is new. Keep it beside the export: the export says what the \
schemas are, this what the registry wrote.`;
  static override examples = [
    '<%= config.bin %> <%= command.id %> --from kafka:prod --to kbak:/backups/schemas',
    '<%= config.bin %> <%= command.id %> --from kafka:prod --to kbak:s3://backups/schemas --continuous',
  ];

  static override flags = {
    from: Flags.string({ description: 'Cluster of the topic: kafka:NAME.', helpValue: 'SOURCE', required: true }),
    to: Flags.string({
      description: 'kbak:DIR, kbak:s3://BUCKET/PREFIX or kbak:storage.',
      helpValue: 'TARGET',
      required: true,
    }),
    ...topicFlags,
    continuous: Flags.boolean({ description: 'Go on with what comes, until interrupted.' }),
    every: Flags.integer({ default: 10, min: 1, description: 'With --continuous: seconds between two looks.' }),
  };

  async run(): Promise<TopicBackup> {
    const { flags } = await this.parse(TopicBackupCommand);
    const [from, to] = [this.locationOf(flags.from, 'from'), this.locationOf(flags.to, 'to')];
    const { open } = this.topicConfig(flags, [from, to]);
    const client = await this.openTarget(from, 'from', open);
    try {
      const result = await backupTopic({
        client,
        topic: flags.topic,
        sink: await openTopicBackup(to, flags['backup-id'] ?? flags.topic, open),
        continuous: flags.continuous,
        everyMs: flags.every * 1000,
        now: Date.now,
        signal: this.signal,
        onProgress: this.onProgress,
        onStored: (records, next) => {
          if (flags.continuous) this.say(`${plural(records, 'record')} stored, up to offset ${next - 1n}`);
        },
      });
      this.say(
        result.records === 0
          ? `Up to date: the backup has topic ${flags.topic} up to offset ${result.nextOffset - 1}`
          : `Backed up ${plural(result.records, 'record')} of topic ${flags.topic}, up to offset ${result.nextOffset - 1}`,
      );
      return result;
    } finally {
      await client.close();
    }
  }
}
