import { Flags } from '@oclif/core';
import { compareTopic, type OtherState, type TopicComparison } from '../../app/topic/diff-topic.ts';
import { readTopic } from '../../app/topic/read-topic.ts';
import { loadWantedState } from '../../app/topic/wanted-state.ts';
import { registryFlags, treeFlag } from '../../cli/base-command.ts';
import { emptyValuesFlag, fromFlag, TopicCommand, topicFlags } from '../../cli/topic-command.ts';
import { EXIT, SrgitError } from '../../errors.ts';
import { renderDiff } from '../../render/schema-diff.ts';

export default class TopicDiff extends TopicCommand {
  static override summary = 'Compare a _schemas topic with the tree and with the registry: the three must agree.';
  static override description = `Shows what would have to change in the topic. Without --against it is compared with \
the tree, and with the registry where one is named.

Exit code 3 when something differs.`;
  static override examples = [
    '<%= config.bin %> <%= command.id %> --from kafka:prod',
    '<%= config.bin %> <%= command.id %> --from kafka:prod --against registry --url http://sr-1:8081',
  ];

  static override flags = {
    from: fromFlag,
    ...topicFlags,
    ...treeFlag,
    ref: Flags.string({ description: 'The tree as it was at this branch, tag or commit.' }),
    against: Flags.option({
      options: ['tree', 'registry'] as const,
      multiple: true,
      multipleNonGreedy: true,
      description: 'What to compare with; may be given twice.',
    })(),
    'empty-values': emptyValuesFlag,
    ...registryFlags,
  };

  async run(): Promise<readonly TopicComparison[]> {
    const { flags } = await this.parse(TopicDiff);
    const namesRegistry = flags.registry !== undefined || flags.url !== undefined;
    const against = flags.against ?? (namesRegistry ? ['tree' as const, 'registry' as const] : ['tree' as const]);
    const location = this.locationOf(flags.from, 'from');
    const { config, open } = this.topicConfig(flags, [location], against.includes('registry'));
    const common = { signal: this.signal, onProgress: this.onProgress };
    const source = await this.openTopic(location, flags.topic, open);
    try {
      const reading = await readTopic(source, { emptyValues: flags['empty-values'], ...common });
      const others: OtherState[] = [];
      for (const one of new Set(against)) {
        const wanted = await loadWantedState(
          one === 'tree'
            ? { kind: 'tree', config, ref: flags.ref }
            : { kind: 'registry', config, registry: this.registryOf(config) },
          { env: process.env, ...common },
        );
        others.push(wanted);
      }
      if (others.length === 0) throw new SrgitError('SRGIT_USAGE', 'there is nothing to compare with');
      const comparisons = compareTopic(reading, others);
      for (const { against: name, subjects } of comparisons) {
        this.say(renderDiff(subjects, source.name, name).replace(/\n$/, ''));
      }
      if (comparisons.some(({ subjects }) => subjects.length > 0)) process.exitCode = EXIT.differences;
      return comparisons;
    } finally {
      await source.close();
    }
  }
}
