import { once } from 'node:events';
import { Flags } from '@oclif/core';
import { serveTree } from '../app/serve-tree.ts';
import { BaseCommand, treeFlag } from '../cli/base-command.ts';
import { plural } from '../render/export-report.ts';

export default class Serve extends BaseCommand {
  static override summary = 'Answer as a schema registry from the tree, with the same ids.';
  static override description =
    `A Confluent-compatible registry without Kafka: for development, for CI, and for the day the real one is gone.\n\n` +
    'Read-only unless --writable; what is written is kept in memory and gone with the process.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> --port 8081',
    '<%= config.bin %> <%= command.id %> --ref HEAD~3',
    '<%= config.bin %> <%= command.id %> --empty --writable --port 0',
  ];

  static override flags = {
    ...treeFlag,
    host: Flags.string({ default: '127.0.0.1', description: 'Address to listen on.' }),
    port: Flags.integer({ default: 8081, min: 0, max: 65535, description: 'Port to listen on; 0 takes a free one.' }),
    ref: Flags.string({ description: 'Serve the tree as it was at this branch, tag or commit.' }),
    writable: Flags.boolean({ description: 'Accept writes, in memory only.' }),
    empty: Flags.boolean({ description: 'Start with no schemas instead of a tree.', exclusive: ['ref', 'tree'] }),
    'strict-confluent': Flags.boolean({
      description: 'Behave as Confluent does also where it overwrites data silently.',
    }),
    'access-log': Flags.boolean({ description: 'Print a line for each request on stderr.' }),
  };

  async run(): Promise<{ url: string }> {
    const { flags } = await this.parse(Serve);
    const served = await serveTree({
      config: this.settings(flags, { registry: false }),
      ref: flags.ref,
      empty: flags.empty,
      writable: flags.writable,
      strictConfluent: flags['strict-confluent'],
      host: flags.host,
      port: flags.port,
      env: process.env,
      signal: this.signal,
      onAccess: flags['access-log']
        ? ({ method, url, status, milliseconds }) =>
            process.stderr.write(`${method} ${url} ${status} ${milliseconds.toFixed(1)} ms\n`)
        : undefined,
    });
    for (const finding of served.findings) if (finding.severity === 'warning') this.caution(finding.message);
    const { subjects, versions } = served.counts;
    const what = flags.empty ? 'an empty registry' : `${plural(subjects, 'subject')}, ${plural(versions, 'version')}`;
    const at = served.commit === undefined ? '' : ` as of ${served.commit.slice(0, 12)}`;
    // The URL is printed whatever --quiet says: with --port 0 it is what a script waits for.
    const line = `Serving ${what}${at} at ${served.url}${flags.writable ? ' (writable, in memory)' : ' (read-only)'}`;
    // With --json stdout is one document, and that comes at the end.
    if (this.jsonEnabled()) process.stderr.write(`${line}\n`);
    else this.log(line);
    if (!this.signal.aborted) await once(this.signal, 'abort');
    await served.close();
    return { url: served.url };
  }
}
