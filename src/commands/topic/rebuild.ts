import { Flags } from '@oclif/core';
import { type RebuildResult, rebuildTopic } from '../../app/topic/rebuild-topic.ts';
import { loadWantedState, type StateSource } from '../../app/topic/wanted-state.ts';
import { registryFlags, treeFlag } from '../../cli/base-command.ts';
import { TopicCommand, topicFlags } from '../../cli/topic-command.ts';
import { plural } from '../../render/export-report.ts';

export default class TopicRebuild extends TopicCommand {
  static override summary = 'Make the _schemas topic anew: from the tree, a backup, or a registry that still answers.';
  static override description = `Stop every registry of the topic first. The topic is made with the settings that a \
registry wants, and gets every schema in its final state, with its id and time, in an order that every registry takes. \
It is read back and compared at the end.

A topic that has records is refused; --in-place mends it where it is, with the key bytes that are there. The highest id \
is kept from being given out again by a row that is deleted from the beginning.`;
  static override examples = [
    '<%= config.bin %> <%= command.id %> --to kafka:prod',
    '<%= config.bin %> <%= command.id %> --to kafka:prod --ref HEAD~1',
    '<%= config.bin %> <%= command.id %> --to kafka:prod --topic _schemas_new --from registry --url http://sr-1:8081',
    '<%= config.bin %> <%= command.id %> --to kafka:dr --from kbak:/backups/schemas',
  ];

  static override flags = {
    to: Flags.string({ description: 'Cluster of the topic: kafka:NAME.', helpValue: 'TARGET', required: true }),
    ...topicFlags,
    from: Flags.string({
      description: 'Instead of the tree: registry, or a source as in `topic inspect`.',
      helpValue: 'SOURCE',
    }),
    'from-topic': Flags.string({ description: 'Topic of that source, where it has another name.', helpValue: 'NAME' }),
    ...treeFlag,
    ref: Flags.string({ description: 'The tree as it was at this branch, tag or commit.', exclusive: ['from'] }),
    'in-place': Flags.boolean({ description: 'Mend a topic that has records.' }),
    'replication-factor': Flags.integer({
      min: 1,
      description: 'Of a topic that is made; the broker decides otherwise.',
    }),
    'pin-ids': Flags.boolean({
      allowNo: true,
      default: true,
      description: 'Keep ids of deleted schemas from being given out again (default yes).',
    }),
    'accept-redacted': Flags.boolean({
      description: 'Go on where the tree lacks values of sensitive metadata: the topic has placeholders then.',
    }),
    for: Flags.integer({
      min: 5,
      description: 'Major release of the registry: before 8, what it does not know is left out.',
      helpValue: 'RELEASE',
    }),
    ...registryFlags,
  };

  async run(): Promise<RebuildResult> {
    const { flags } = await this.parse(TopicRebuild);
    const to = this.locationOf(flags.to, 'to');
    const isRegistry = flags.from === 'registry';
    const from = flags.from === undefined || isRegistry ? undefined : this.locationOf(flags.from, 'from');
    const { config, open } = this.topicConfig(flags, from === undefined ? [to] : [from, to], isRegistry);
    const client = await this.openTarget(to, 'to', open);
    try {
      const topicSource =
        from === undefined ? undefined : await this.openTopic(from, flags['from-topic'] ?? flags.topic, open);
      const source: StateSource =
        topicSource !== undefined
          ? { kind: 'topic', source: topicSource }
          : isRegistry
            ? { kind: 'registry', config, registry: this.registryOf(config) }
            : { kind: 'tree', config, ref: flags.ref, toWrite: { acceptRedacted: flags['accept-redacted'] } };
      const common = { signal: this.signal, onProgress: this.onProgress };
      const wanted = await loadWantedState(source, { env: process.env, ...common });
      await topicSource?.close();
      for (const warning of wanted.warnings ?? []) this.caution(warning);
      const result = await rebuildTopic({
        client,
        topic: flags.topic,
        state: wanted.state,
        maxIds: wanted.maxIds,
        config: wanted.config,
        inPlace: flags['in-place'],
        replicationFactor: flags['replication-factor'],
        pinIds: flags['pin-ids'],
        withoutAssociations: (flags.for ?? 8) < 8,
        now: Date.now,
        ...common,
      });
      const { created, written, tombstones, schemas } = result;
      this.say(
        `Topic ${flags.topic} ${created ? 'made' : 'written'} from ${wanted.name}: ${plural(written, 'record')}`,
      );
      if (tombstones > 0) this.say(`  ${tombstones} of them take away what was there`);
      this.say(
        `✓ read back: ${plural(schemas, 'schema version')}, as they should be. Start one registry, then the others.`,
      );
      return result;
    } finally {
      await client.close();
    }
  }
}
