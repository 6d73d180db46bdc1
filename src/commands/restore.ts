import type { PlanResult } from '../app/restore/plan-restore.ts';
import type { RestoreResult } from '../app/restore/restore-schemas.ts';
import { doFlags, howFlags, RestoreCommand, sourceFlags } from '../cli/restore-command.ts';

export default class Restore extends RestoreCommand {
  static override summary = 'Register in a registry what the tree has and it lacks.';
  static override description =
    `Adds versions, with their ids as asked for, settings, and soft deletions; never deletes \
what the tree lacks. Everything is decided and checked before the first write: with one error nothing is written. What \
is set for the time of the restore (modes, levels) is put back, also after Ctrl-C, and by the next run after a crash.

The map of ids is written to id-maps/ in the tree.`;
  static override examples = [
    '<%= config.bin %> <%= command.id %> --url http://localhost:8081',
    '<%= config.bin %> <%= command.id %> --to registry:dr --ids force',
    "<%= config.bin %> <%= command.id %> --ref v1.2 --subject 'orders-*' --map '*=restored-*'",
    '<%= config.bin %> <%= command.id %> --plan plan.json --commit',
  ];

  static override flags = { ...sourceFlags, ...howFlags, ...doFlags };

  async run(): Promise<RestoreResult | PlanResult> {
    const { flags } = await this.parse(Restore);
    return this.carryOut(flags, this.planOptions(flags, { kind: 'restore' }), true);
  }
}
