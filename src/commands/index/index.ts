import { type IndexResult, rebuildIndex } from '../../app/rebuild-index.ts';
import { BaseCommand, treeFlag } from '../../cli/base-command.ts';

export default class Index extends BaseCommand {
  static override summary = 'Rebuild manifest.json from the metadata.json files.';
  static override description =
    `For after a merge conflict or an edit by hand. What only the manifest remembers (highest and retired ids) \
is carried over, from both sides of a conflict.`;
  static override examples = ['<%= config.bin %> <%= command.id %>'];
  static override flags = { ...treeFlag };

  async run(): Promise<IndexResult> {
    const { flags } = await this.parse(Index);
    const result = await rebuildIndex(this.settings(flags, { registry: false }), this.signal);
    this.say(result.written.length === 0 ? 'The manifest is up to date.' : `Rebuilt ${result.written.join(', ')}.`);
    return result;
  }
}
