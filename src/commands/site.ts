import { Flags } from '@oclif/core';
import { type WriteSiteResult, writeSite } from '../app/site/write-site.ts';
import { BaseCommand, treeFlag } from '../cli/base-command.ts';
import { renderSiteReport } from '../render/site-report.ts';

export default class Site extends BaseCommand {
  static override summary = 'Write the catalogue: pages that show every schema, its history and its references.';
  static override description =
    `A folder of plain files for any web server, or to open from disk. The pages need no network and \
send nothing anywhere. Written again, the folder changes only when the schemas or their history did.`;
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --out public --title "Orders platform"',
    '<%= config.bin %> <%= command.id %> --ref v1.4.0 --out site-1.4',
  ];

  static override flags = {
    ...treeFlag,
    out: Flags.string({ char: 'o', default: 'site', description: 'Folder to write to.', helpValue: 'DIR' }),
    ref: Flags.string({ description: 'Show the tree as it was at this branch, tag or commit.' }),
    title: Flags.string({ description: "What the pages are called; default the registry's or the project's name." }),
  };

  async run(): Promise<WriteSiteResult> {
    const { flags } = await this.parse(Site);
    const result = await writeSite({
      config: this.settings(flags, { registry: false }),
      out: flags.out,
      ref: flags.ref,
      title: flags.title,
      env: process.env,
      signal: this.signal,
      onProgress: this.onProgress,
    });
    this.say(renderSiteReport(result));
    return result;
  }
}
