import { Flags } from '@oclif/core';
import { type ExportResult, exportSchemas } from '../app/export-schemas.ts';
import { BaseCommand, registryFlags, selectionFlags, treeFlag } from '../cli/base-command.ts';
import { renderExportReport } from '../render/export-report.ts';

export default class Export extends BaseCommand {
  static override summary = 'Write the registry into the tree: schemas, ids, settings.';
  static override description = `Reads the complete state of a registry and writes what changed into the tree. \
With --commit, one commit when something changed and none when nothing did.

An export never empties a tree by accident: when more than 10 % of the versions would go, it stops and asks for \
--allow-deletions.`;
  static override examples = [
    '<%= config.bin %> <%= command.id %> --url http://localhost:8081',
    '<%= config.bin %> <%= command.id %> --registry prod --commit --push',
    "<%= config.bin %> <%= command.id %> --subject 'orders-*' --exclude '*-test'",
  ];

  static override flags = {
    ...treeFlag,
    commit: Flags.boolean({ description: 'Commit the tree when something changed.', helpGroup: 'GIT' }),
    push: Flags.boolean({ description: 'Push afterwards; implies --commit.', helpGroup: 'GIT' }),
    branch: Flags.string({ description: 'Branch to export to; made when there is none.', helpGroup: 'GIT' }),
    remote: Flags.string({ description: 'Remote to push to; default origin.', helpGroup: 'GIT' }),
    message: Flags.string({ char: 'm', description: 'Commit message; default tells what changed.', helpGroup: 'GIT' }),
    'author-name': Flags.string({ description: 'Author and committer; default git configuration.', helpGroup: 'GIT' }),
    'author-email': Flags.string({ description: 'Their e-mail address.', helpGroup: 'GIT' }),
    full: Flags.boolean({ description: 'Fetch every version again, also those that the tree has.' }),
    'allow-deletions': Flags.boolean({ description: 'Remove from the tree whatever the registry no longer has.' }),
    'include-sensitive': Flags.boolean({ description: 'Write values of sensitive metadata properties too.' }),
    ...selectionFlags,
    ...registryFlags,
  };

  async run(): Promise<ExportResult> {
    const { flags } = await this.parse(Export);
    const config = this.settings(flags, { registry: true });
    const result = await exportSchemas({
      config,
      registry: this.registryOf(config),
      full: flags.full,
      commit: flags.commit || flags.push,
      push: flags.push,
      message: flags.message,
      allowDeletions: flags['allow-deletions'],
      env: process.env,
      now: Date.now,
      signal: this.signal,
      onProgress: this.onProgress,
    });
    for (const warning of result.warnings) this.caution(warning);
    for (const gap of result.partial) {
      this.caution(
        `partial export: ${gap.what}${gap.where === undefined ? '' : ` of ${gap.where}`} not read: ${gap.why}`,
      );
    }
    this.say(renderExportReport(result, process.cwd()));
    return result;
  }
}
