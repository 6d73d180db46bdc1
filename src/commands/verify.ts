import { Flags } from '@oclif/core';
import { type VerifyResult, verifyTree } from '../app/verify-tree.ts';
import { BaseCommand, registryFlags, selectionFlags, treeFlag } from '../cli/base-command.ts';
import { EXIT } from '../errors.ts';
import { renderVerifyReport } from '../render/verify-report.ts';

export default class Verify extends BaseCommand {
  static override summary = 'Check the tree, and that it is what the registry holds.';
  static override description =
    `Compares every row by content: text, id, type, references, metadata, soft-deleted flag, config, mode. \
With --offline the tree alone is checked: hashes, guids, references, ids.

Exit code 0 when all is well, 1 when the tree is damaged, 3 when tree and registry differ.`;
  static override examples = [
    '<%= config.bin %> <%= command.id %> --url http://localhost:8081',
    '<%= config.bin %> <%= command.id %> --offline',
  ];

  static override flags = {
    ...treeFlag,
    offline: Flags.boolean({ description: 'Check the tree alone; no registry is asked.' }),
    ...selectionFlags,
    ...registryFlags,
  };

  async run(): Promise<VerifyResult> {
    const { flags } = await this.parse(Verify);
    const config = this.settings(flags, { registry: !flags.offline });
    const result = await verifyTree({
      config,
      registry: flags.offline ? undefined : this.registryOf(config),
      signal: this.signal,
      onProgress: this.onProgress,
    });
    for (const warning of result.warnings ?? []) this.caution(warning);
    this.say(renderVerifyReport(result));
    if (!result.sound) process.exitCode = EXIT.failed;
    else if ((result.differences ?? []).length > 0) process.exitCode = EXIT.differences;
    return result;
  }
}
