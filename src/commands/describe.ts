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

  async run(): Promise<TreeDescription> {
    const { flags } = await this.parse(Describe);
    const result = await describeTree(this.settings(flags), this.signal);
    for (const finding of result.findings) this.caution(finding.message);
    if (flags.format === 'json') this.log(JSON.stringify(result.description, null, 2));
    else this.say(renderDescription(result));
    return result.description;
  }
}
