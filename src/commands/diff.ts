import { Args, Flags } from '@oclif/core';
import { type DiffResult, type DiffSide, diffTrees } from '../app/diff-trees.ts';
import { BaseCommand, registryFlags, selectionFlags, treeFlag } from '../cli/base-command.ts';
import type { Config } from '../config/types.ts';
import { EXIT } from '../errors.ts';
import { renderDiff, renderDiffMarkdown } from '../render/schema-diff.ts';

export default class Diff extends BaseCommand {
  static override summary = 'Show what changed between two states of the schemas, down to the fields.';
  static override description = `Compares commits, the work tree (with versions that were added by hand) and the \
registry. Changes that break a compatibility level are marked with it.

A side is a branch, tag or commit; \`.\` for the work tree; \`registry\` for the configured registry.`;
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> main feature',
    '<%= config.bin %> <%= command.id %> registry . --url http://localhost:8081',
    '<%= config.bin %> <%= command.id %> origin/main --format markdown',
  ];

  static override args = {
    from: Args.string({ default: 'HEAD', description: 'The older side.' }),
    to: Args.string({ default: '.', description: 'The newer side.' }),
  };

  static override flags = {
    ...treeFlag,
    format: Flags.option({
      options: ['text', 'markdown'] as const,
      default: 'text',
      description: 'Text for a terminal, markdown for a pull request.',
    })(),
    'detailed-exitcode': Flags.boolean({ description: 'Exit with 3 when something differs.' }),
    ...selectionFlags,
    ...registryFlags,
  };

  async run(): Promise<DiffResult> {
    const { args, flags } = await this.parse(Diff);
    const asksRegistry = args.from === 'registry' || args.to === 'registry';
    const config = this.settings(flags, { registry: asksRegistry });
    const result = await diffTrees({
      config,
      from: this.#side(args.from, config),
      to: this.#side(args.to, config),
      env: process.env,
      signal: this.signal,
      onProgress: this.onProgress,
    });
    const { subjects, from, to } = result;
    const render = flags.format === 'markdown' ? renderDiffMarkdown : renderDiff;
    this.say(render(subjects, from, to).replace(/\n$/, ''));
    if (flags['detailed-exitcode'] && subjects.length > 0) process.exitCode = EXIT.differences;
    return result;
  }

  #side(name: string, config: Config): DiffSide {
    if (name === 'registry') return { kind: 'registry', registry: this.registryOf(config) };
    return { kind: 'tree', ref: name === '.' ? undefined : name };
  }
}
