import { Flags } from '@oclif/core';
import { describeTree, type TreeDescription } from '../app/describe-tree.ts';
import { BaseCommand, treeFlag } from '../cli/base-command.ts';
import { renderDescription } from '../render/description.ts';

export default class Describe extends BaseCommand {
  static override summary = 'Say what the tree holds.';
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    "<%= config.bin %> <%= command.id %> --format json | jq '.subjects_count'",
  ];

  static override flags = {
    ...treeFlag,
    format: Flags.option({
      options: ['text', 'json'] as const,
      default: 'text',
      description: 'json is the same as --json.',
    })(),
  };

  /** Also for `--format json`, so that an error is a document too. */
  override jsonEnabled(): boolean {
    const format = this.argv.indexOf('--format');
    return (
      super.jsonEnabled() || this.argv.includes('--format=json') || (format >= 0 && this.argv[format + 1] === 'json')
    );
  }

  async run(): Promise<TreeDescription> {
    const { flags } = await this.parse(Describe);
    const result = await describeTree(this.settings(flags, { registry: false }), this.signal);
    for (const finding of result.findings) this.caution(finding.message);
    this.say(renderDescription(result));
    return result.description;
  }
}
