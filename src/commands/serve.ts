import { once } from 'node:events';
import { Flags } from '@oclif/core';
import { type ServedTree, serveTree } from '../app/serve-tree.ts';
import { type FollowedTopic, followTopic } from '../app/topic/follow-topic.ts';
import { SCHEMAS_TOPIC } from '../app/topic/topic-source.ts';
import { treeFlag } from '../cli/base-command.ts';
import { describeError } from '../cli/describe-error.ts';
import { TopicCommand } from '../cli/topic-command.ts';
import type { Config } from '../config/types.ts';
import { plural } from '../render/export-report.ts';

/** Addresses that only this machine reaches. */
const LOOPBACK = /^(localhost|127\.[\d.]+|::1)$/i;

export default class Serve extends TopicCommand {
  static override summary = 'Answer as a schema registry from the tree, with the same ids.';
  static override description =
    `A Confluent-compatible registry without Kafka: for development, for CI, and for the day the real one is gone.\n\n` +
    'Read-only unless --writable; what is written is then kept in memory and gone with the process, or with --save ' +
    'written to the tree before it is answered. --save starts from nothing where there is no tree yet.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> --port 8081',
    '<%= config.bin %> <%= command.id %> --ref HEAD~3',
    '<%= config.bin %> <%= command.id %> --empty --writable --port 0',
    '<%= config.bin %> <%= command.id %> --from-topic kafka:prod',
    '<%= config.bin %> <%= command.id %> --ui',
  ];

  static override flags = {
    ...treeFlag,
    host: Flags.string({ default: '127.0.0.1', description: 'Address to listen on.' }),
    port: Flags.integer({ default: 8081, min: 0, max: 65535, description: 'Port to listen on; 0 takes a free one.' }),
    ref: Flags.string({ description: 'Serve the tree as it was at this branch, tag or commit.' }),
    writable: Flags.boolean({ description: 'Accept writes; in memory only without --save.' }),
    save: Flags.boolean({
      description: 'Write what is accepted back into the tree, as an export would.',
      dependsOn: ['writable'],
      exclusive: ['ref', 'empty'],
    }),
    empty: Flags.boolean({ description: 'Start with no schemas instead of a tree.', exclusive: ['ref', 'tree'] }),
    'from-topic': Flags.string({
      description:
        'Serve a topic of schemas instead of a tree, read-only, and follow it: a source as in `topic inspect`.',
      helpValue: 'SOURCE',
      exclusive: ['ref', 'tree', 'empty', 'writable'],
    }),
    topic: Flags.string({
      default: SCHEMAS_TOPIC,
      description: 'With --from-topic: its name, what the registry has as kafkastore.topic.',
      helpValue: 'NAME',
    }),
    'strict-confluent': Flags.boolean({
      description: 'Behave as Confluent does also where it overwrites data silently.',
    }),
    'access-log': Flags.boolean({ description: 'Print a line for each request on stderr.' }),
    'access-log-format': Flags.option({
      options: ['short', 'common', 'json'] as const,
      default: 'short' as const,
      description: 'How those lines look: `common` is the format of web servers, with the duration at the end.',
    })(),
    'tls-cert': Flags.string({
      description: 'PEM file of the certificate: serve HTTPS.',
      dependsOn: ['tls-key'],
      helpValue: 'FILE',
      helpGroup: 'SECURITY',
    }),
    'tls-key': Flags.string({
      description: 'PEM file of its key.',
      dependsOn: ['tls-cert'],
      helpValue: 'FILE',
      helpGroup: 'SECURITY',
    }),
    'tls-ca': Flags.string({
      description: 'PEM file of the authority that client certificates are checked with.',
      dependsOn: ['tls-cert'],
      helpValue: 'FILE',
      helpGroup: 'SECURITY',
    }),
    'require-client-cert': Flags.boolean({
      description: 'Let in only clients with a certificate of that authority.',
      dependsOn: ['tls-ca'],
      helpGroup: 'SECURITY',
    }),
    'auth-file': Flags.string({
      description: 'File of users, a line name:secret each: let in only these. See docs/serve.md.',
      helpValue: 'FILE',
      helpGroup: 'SECURITY',
    }),
    ui: Flags.boolean({ description: 'Show the catalogue as well, under /ui/: see docs/catalogue.md.' }),
    'open-metrics': Flags.boolean({
      description: 'Answer /metrics, /healthz and /readyz also to who is no user.',
      helpGroup: 'SECURITY',
    }),
    grace: Flags.integer({
      default: 10,
      min: 0,
      max: 600,
      description: 'Seconds that stopping waits for requests that run.',
    }),
  };

  async run(): Promise<{ url: string }> {
    const { flags } = await this.parse(Serve);
    const { config, topic } = await this.#sourceOf(flags);
    const served = await serveTree({
      config,
      topic,
      ref: flags.ref,
      empty: flags.empty,
      writable: flags.writable,
      save: flags.save,
      strictConfluent: flags['strict-confluent'],
      host: flags.host,
      port: flags.port,
      env: process.env,
      signal: this.signal,
      version: this.config.version,
      security: {
        tlsCert: flags['tls-cert'],
        tlsKey: flags['tls-key'],
        tlsCa: flags['tls-ca'],
        requireClientCert: flags['require-client-cert'],
        authFile: flags['auth-file'],
      },
      openMetrics: flags['open-metrics'],
      ui: flags.ui ? {} : undefined,
      accessLog: flags['access-log']
        ? { format: flags['access-log-format'], write: (line) => process.stderr.write(`${line}\n`) }
        : undefined,
      onFailure: (error, { requestId }) => {
        const reason = error instanceof Error ? (flags.debug ? error.stack : error.message) : String(error);
        process.stderr.write(`Error: request ${requestId} failed: ${reason}\n`);
      },
      grace: flags.grace * 1000,
    });
    for (const warning of served.warnings) this.caution(warning);
    const isOpen = flags['auth-file'] === undefined && !flags['require-client-cert'];
    if (isOpen && !LOOPBACK.test(flags.host)) {
      const may = flags.writable ? 'read and write' : 'read';
      this.caution(`everybody who reaches ${flags.host} may ${may}: --auth-file lets in only users`);
    }
    for (const finding of served.findings) if (finding.severity === 'warning') this.caution(finding.message);
    const { subjects, versions } = served.counts;
    const what = flags.empty ? 'an empty registry' : `${plural(subjects, 'subject')}, ${plural(versions, 'version')}`;
    const at = served.commit === undefined ? '' : ` as of ${served.commit.slice(0, 12)}`;
    const writing = flags.save ? 'writable, saved to the tree' : flags.writable ? 'writable, in memory' : 'read-only';
    // The URL is printed whatever --quiet says: with --port 0 it is what a script waits for.
    const pages = flags.ui ? `, pages at ${served.url}/ui/` : '';
    const line = `Serving ${what}${at} at ${served.url} (${writing})${pages}`;
    // With --json stdout is one document, and that comes at the end.
    if (this.jsonEnabled()) process.stderr.write(`${line}\n`);
    else this.log(line);
    const reload = (): void => this.#reload(served);
    // Without such files the signal means what it means to any program: the terminal is gone.
    const reloads = flags['tls-cert'] !== undefined || flags['auth-file'] !== undefined;
    if (reloads) process.on('SIGHUP', reload);
    if (!this.signal.aborted) await once(this.signal, 'abort');
    process.off('SIGHUP', reload);
    await served.close();
    return { url: served.url };
  }

  async #sourceOf(
    flags: Parameters<Serve['settings']>[0] & { readonly 'from-topic'?: string | undefined; readonly topic: string },
  ): Promise<{ readonly config: Config; readonly topic?: FollowedTopic }> {
    if (flags['from-topic'] === undefined) return { config: this.settings(flags, { registry: false }) };
    const location = this.locationOf(flags['from-topic'], 'from-topic');
    const { config, open } = this.topicConfig(flags, [location]);
    const source = await this.openTopic(location, flags.topic, open);
    const { signal } = this;
    const topic = await followTopic({ source, signal, onWarning: (text) => this.caution(text) });
    const bad = topic.reduced.findings.filter(({ effect }) => effect !== 'risk').length;
    if (bad > 0) this.caution(`the topic is damaged (${plural(bad, 'finding')}): see srgit topic inspect`);
    return { config, topic };
  }

  /** A renewed certificate, another user: what is wrong with the files is told, and the old ones stay. */
  #reload(served: ServedTree): void {
    try {
      for (const warning of served.reload()) this.caution(warning);
    } catch (error) {
      this.caution(`certificates and users stay as they were: ${describeError(error, false).text}`);
    }
  }
}
