import { Flags } from '@oclif/core';
import { askLeader } from '../app/health/ask-leader.ts';
import { HealthCheck, type HealthOptions, type HealthReport } from '../app/health/check-health.ts';
import { compareWithTree } from '../app/health/compare-health.ts';
import { compareWithTopic } from '../app/health/compare-topic-health.ts';
import { HEALTH_FINDINGS } from '../app/health/health-findings.ts';
import { watchHealth } from '../app/health/watch-health.ts';
import { SCHEMAS_TOPIC } from '../app/topic/topic-source.ts';
import { registryFlags, treeFlag } from '../cli/base-command.ts';
import { TopicCommand } from '../cli/topic-command.ts';
import { EXIT, SrgitError } from '../errors.ts';
import { causeLine, renderHealth } from '../render/health-report.ts';

export default class Health extends TopicCommand {
  static override summary = 'Look at every node of a registry: do they answer, agree, and take writes?';
  static override description = `Each configured node is asked by itself. --probe-writes sets the config of a subject \
that nobody has, waits until every node shows it, and removes it: no schema id is used up. --against-tree compares \
with the tree in git. --topic-source reads the topic that the registry is made of: whether it is sound, and whether the \
registry answers what it says, and which node leads, by the nodes' group in Kafka.

--watch goes on looking; with --listen it serves /metrics for Prometheus and /healthz.

Exit code 0 when all is well, 1 when something is wrong, with one line of cause.`;
  static override examples = [
    '<%= config.bin %> <%= command.id %> --url http://sr-1:8081 --url http://sr-2:8081',
    '<%= config.bin %> <%= command.id %> -r prod --probe-writes --against-tree',
    '<%= config.bin %> <%= command.id %> -r prod --topic-source kafka:prod',
    '<%= config.bin %> <%= command.id %> -r prod --watch --interval 15 --listen 127.0.0.1:9400',
  ];

  static override flags = {
    ...treeFlag,
    'probe-writes': Flags.boolean({ description: 'Write, and wait until every node shows it.' }),
    'against-tree': Flags.boolean({ description: 'Compare with the tree, too.' }),
    'topic-source': Flags.string({
      description: 'Look at the topic of the schemas, too: kafka:NAME.',
      helpValue: 'SOURCE',
    }),
    topic: Flags.string({
      default: SCHEMAS_TOPIC,
      description: 'With --topic-source: its name, what the registry has as kafkastore.topic.',
      helpValue: 'NAME',
    }),
    group: Flags.string({
      dependsOn: ['topic-source'],
      description:
        'The group that the nodes elect their leader in (schema.registry.group.id); default: schema-registry.',
      helpValue: 'NAME',
    }),
    watch: Flags.boolean({ description: 'Go on looking until interrupted.' }),
    interval: Flags.integer({
      default: 15,
      min: 1,
      description: 'Seconds from one look to the next.',
    }),
    'compare-every': Flags.integer({
      default: 300,
      min: 1,
      description: 'Seconds from one comparison with tree and topic to the next.',
    }),
    listen: Flags.string({
      description: 'Serve /metrics and /healthz here.',
      helpValue: 'HOST:PORT',
    }),
    timeout: Flags.integer({ default: 5, min: 1, description: 'Seconds that a node may take for an answer.' }),
    slow: Flags.integer({ default: 1000, min: 1, description: 'Milliseconds from which on an answer is slow.' }),
    lag: Flags.integer({ default: 2000, min: 0, description: 'Milliseconds that the nodes may differ.' }),
    ...registryFlags,
  };

  async run(): Promise<HealthReport | undefined> {
    const { flags } = await this.parse(Health);
    const source = flags['topic-source'];
    const location = source === undefined ? undefined : this.locationOf(source, 'topic-source');
    const { config, open } = this.topicConfig(flags, location === undefined ? [] : [location], true);
    const registry = this.registryOf(config);
    const comparisons: NonNullable<HealthOptions['compare']>[] = [];
    if (flags['against-tree']) {
      comparisons.push(async ({ answers, signal }) => (answers ? compareWithTree(config, registry, signal) : []));
    }
    if (location !== undefined) {
      comparisons.push((look) =>
        compareWithTopic({
          open: () => this.openTopic(location, flags.topic, { ...open, signal: look.signal }),
          config,
          registry: look.answers ? registry : undefined,
          lagMs: flags.lag,
          signal: look.signal,
        }),
      );
    }
    const options: HealthOptions = {
      registry,
      probeWrites: flags['probe-writes'],
      timeoutMs: flags.timeout * 1000,
      slowMs: flags.slow,
      lagMs: flags.lag,
      ...(location?.kind === 'kafka' && {
        askLeader: (signal) =>
          askLeader({ open: () => this.openTarget(location, 'topic-source', open), group: flags.group, signal }),
      }),
      compare: async (look) => (await Promise.all(comparisons.map((compare) => compare(look)))).flat(),
      signal: this.signal,
    };
    if (!flags.watch) return this.#lookOnce(options);
    let last = '';
    await watchHealth({
      ...options,
      intervalMs: flags.interval * 1000,
      compareEveryMs: flags['compare-every'] * 1000,
      listen: flags.listen === undefined ? undefined : parseListen(flags.listen),
      onListening: (url) => this.say(`metrics at ${url}/metrics`),
      onReport: (report, at) => {
        if (this.jsonEnabled()) process.stdout.write(`${JSON.stringify({ at: at.toISOString(), ...report })}\n`);
        // What stays as it is needs no line of its own.
        const line = causeLine(report, HEALTH_FINDINGS);
        if (line !== last) this.say(`${at.toISOString()} ${report.healthy ? '✓' : '✗'} ${line}`);
        last = line;
      },
      signal: this.signal,
    });
    return undefined;
  }

  async #lookOnce(options: HealthOptions): Promise<HealthReport> {
    const check = new HealthCheck(options);
    try {
      const report = await check.look();
      this.say(renderHealth(report, HEALTH_FINDINGS));
      if (!report.healthy) process.exitCode = EXIT.failed;
      return report;
    } finally {
      await check.close();
    }
  }
}

function parseListen(text: string): { readonly host: string; readonly port: number } {
  const [, host = '', port = ''] = /^(?:(\[[0-9a-fA-F:]+\]|[^\s:]+):)?(\d{1,5})$/.exec(text) ?? [];
  if (port !== '' && Number(port) < 65_536) {
    return { host: host === '' ? '127.0.0.1' : host.replace(/^\[|\]$/g, ''), port: Number(port) };
  }
  throw new SrgitError('SRGIT_USAGE', `--listen ${text} is not HOST:PORT`, { hint: 'For example 127.0.0.1:9400.' });
}
