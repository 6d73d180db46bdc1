import { shownPath } from '../../app/config/shown-path.ts';
import { BaseCommand, configFlagsOf, registryFlags, selectionFlags, treeFlag } from '../../cli/base-command.ts';
import { type ShownConfig, showConfig } from '../../config/show-config.ts';
import { renderConfigShow } from '../../render/config-report.ts';

export default class Show extends BaseCommand {
  static override summary = 'Show the configuration as it applies, and where each setting comes from.';
  static override description = `Defaults, the file, the environment and the flags given here, the later before the \
earlier. Secrets are shown as ***. With the backup tool's own YAML it shows what that comes to in the words of srgit.yaml.`;
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --config backup.yaml --json',
    "<%= config.bin %> <%= command.id %> --registry prod --subject 'orders-*'",
  ];

  static override flags = { ...treeFlag, ...selectionFlags, ...registryFlags };

  async run(): Promise<ShownConfig> {
    const { flags } = await this.parse(Show);
    const result = showConfig(configFlagsOf(flags), process.env, process.cwd());
    for (const note of result.notes) this.caution(note);
    this.say(renderConfigShow(result, result.file === undefined ? '' : shownPath(result.file, process.cwd())));
    return result;
  }
}
