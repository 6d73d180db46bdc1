import { Flags, type Interfaces } from '@oclif/core';
import { type ExportApicurioZipResult, exportApicurioZip } from '../app/restore/export-apicurio-zip.ts';
import type { PlanResult } from '../app/restore/plan-restore.ts';
import type { RestoreResult } from '../app/restore/restore-schemas.ts';
import { doFlags, howFlags, RestoreCommand, sourceFlags } from '../cli/restore-command.ts';
import { SrgitError } from '../errors.ts';
import { renderApicurioZipReport } from '../render/apicurio-zip-report.ts';
import { escapeUnsafe } from '../render/show-name.ts';

const archiveFlags = {
  format: Flags.option({
    options: ['apicurio-zip'] as const,
    description: 'Write a file for a registry to import, instead of to the registry.',
    exclusive: [
      'plan',
      'strategy',
      'id-mapping-file',
      'set-compatibility',
      'force-register',
      'commit',
      'message',
      'author-name',
      'author-email',
    ],
    helpGroup: 'ARCHIVE',
  })(),
  out: Flags.string({
    description: 'File to write; one that is there is replaced.',
    dependsOn: ['format'],
    helpValue: 'FILE',
    helpGroup: 'ARCHIVE',
  }),
  apicurio: Flags.option({
    options: ['3', '2'] as const,
    description: 'Major version of the Apicurio that is to import it; default 3.',
    dependsOn: ['format'],
    helpGroup: 'ARCHIVE',
  })(),
};

export default class Restore extends RestoreCommand {
  static override summary = 'Register in a registry what the tree has and it lacks.';
  static override description =
    `Adds versions, with their ids as asked for, settings, and soft deletions; never deletes \
what the tree lacks. Everything is decided and checked before the first write: with one error nothing is written. What \
is set for the time of the restore (modes, levels) is put back, also after Ctrl-C, and by the next run after a crash.

The map of ids is written to id-maps/ in the tree.

With --format apicurio-zip --out FILE nothing is written to a registry: the archive is what an empty Apicurio imports, \
the only way to give it the ids that schemas have.`;
  static override examples = [
    '<%= config.bin %> <%= command.id %> --url http://localhost:8081',
    '<%= config.bin %> <%= command.id %> --to registry:dr --ids force',
    "<%= config.bin %> <%= command.id %> --ref v1.2 --subject 'orders-*' --map '*=restored-*'",
    '<%= config.bin %> <%= command.id %> --plan plan.json --commit',
    '<%= config.bin %> <%= command.id %> --format apicurio-zip --out apicurio.zip',
  ];

  static override flags = { ...sourceFlags, ...howFlags, ...doFlags, ...archiveFlags };

  async run(): Promise<RestoreResult | PlanResult | ExportApicurioZipResult> {
    const { flags } = await this.parse(Restore);
    if (flags.format !== undefined) return this.#writeArchive(flags);
    return this.carryOut(flags, this.planOptions(flags, { kind: 'restore' }), true);
  }

  async #writeArchive(flags: RestoreFlags): Promise<ExportApicurioZipResult> {
    const { out, ids, 'dry-run': isDryRun } = flags;
    if (ids !== undefined && ids !== 'force') {
      throw new SrgitError('SRGIT_USAGE', `an archive keeps every id as it is: --ids ${ids} has nothing to say`, {
        hint: 'Leave it out.',
      });
    }
    if (out === undefined && !isDryRun) {
      throw new SrgitError('SRGIT_USAGE', `--format ${flags.format} needs the file to write`, {
        hint: 'Name it with --out FILE, or see what it would hold with --dry-run.',
      });
    }
    const { url, ...options } = this.archivePlanOptions(flags);
    const layout = flags.apicurio ?? '3';
    const result = await exportApicurioZip({ ...options, layout, out: isDryRun ? undefined : out });
    if (result.outcome !== 'written') this.showPlan(result.plan);
    else {
      for (const { message, hint } of result.plan.problems) {
        this.caution(escapeUnsafe(hint === undefined ? message : `${message}. ${hint}`));
      }
    }
    this.say(renderApicurioZipReport(result, { cwd: process.cwd(), url }));
    return result;
  }
}

type RestoreFlags = Interfaces.InferredFlags<typeof Restore.flags & typeof Restore.baseFlags>;
