import { type InspectResult, inspectTopic } from '../../app/topic/inspect-topic.ts';
import { emptyValuesFlag, fromFlag, TopicCommand, topicFlags } from '../../cli/topic-command.ts';
import { EXIT } from '../../errors.ts';
import { renderTopicReport } from '../../render/topic-report.ts';

export default class TopicInspect extends TopicCommand {
  static override summary = 'Say what is in a _schemas topic, and what a registry would do with it.';
  static override description = `Reads every record, as a registry does when it starts, and reports what is wrong: \
records that stop a registry, rows that are lost or replaced, ids bound twice or at risk of being given again, \
schemas that refer to missing ones, and settings of the topic. Nothing is written.

Exit code 1 when the topic is damaged, 0 when it is sound.`;
  static override examples = [
    '<%= config.bin %> <%= command.id %> --from kafka:prod',
    '<%= config.bin %> <%= command.id %> --from kafka-log:/var/lib/kafka/data',
    '<%= config.bin %> <%= command.id %> --from karapace:backup.log --json',
  ];

  static override flags = { from: fromFlag, ...topicFlags, 'empty-values': emptyValuesFlag };

  async run(): Promise<InspectResult> {
    const { flags } = await this.parse(TopicInspect);
    const location = this.locationOf(flags.from, 'from');
    const { open } = this.topicConfig(flags, [location]);
    const source = await this.openTopic(location, flags.topic, open);
    try {
      const result = await inspectTopic(source, {
        emptyValues: flags['empty-values'],
        signal: this.signal,
        onProgress: this.onProgress,
      });
      this.say(renderTopicReport(result));
      if (result.verdict === 'damaged' || result.verdict === 'unusable') process.exitCode = EXIT.failed;
      return result;
    } finally {
      await source.close();
    }
  }
}
