import { Args } from '@oclif/core';
import { type ConfigCheck, checkConfig } from '../../app/config/check-config.ts';
import { shownPath } from '../../app/config/shown-path.ts';
import { BaseCommand } from '../../cli/base-command.ts';
import { requireFile } from '../../config/load-config.ts';
import { EXIT } from '../../errors.ts';
import { renderConfigCheck } from '../../render/config-report.ts';

export default class Check extends BaseCommand {
  static override summary = 'Say everything that is wrong with the configuration, each with its line.';
  static override description = `Unknown keys with the nearest known one, values of a wrong kind, variables that are \
not set, files that are named and not there, registries that are referred to and not there, settings that contradict \
each other. Nobody is asked over the network.

Reads srgit.yaml, the backup tool's own YAML, and its operator's KafkaBackup resource. Exit code 0 when all is well, 2 \
when something is wrong.`;
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> backup.yaml --json',
  ];

  static override args = {
    file: Args.string({ description: 'The file; the same as --config. Default srgit.yaml in this folder.' }),
  };

  async run(): Promise<ConfigCheck> {
    const { args, flags } = await this.parse(Check);
    const cwd = process.cwd();
    const file = requireFile(args.file ?? flags.config, process.env, cwd);
    const result = checkConfig(file, process.env, cwd);
    this.say(renderConfigCheck(result, shownPath(file, cwd)));
    if (!result.valid) process.exitCode = EXIT.usage;
    return result;
  }
}
