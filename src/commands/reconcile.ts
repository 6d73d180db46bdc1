import { Flags } from '@oclif/core';
import type { PlanResult } from '../app/restore/plan-restore.ts';
import type { RestoreResult } from '../app/restore/restore-schemas.ts';
import { doFlags, howFlags, pruneFlags, RestoreCommand, sourceFlags } from '../cli/restore-command.ts';

export default class Reconcile extends RestoreCommand {
  static override summary = 'Make a registry equal to the tree.';
  static override description =
    `A restore that also sets config and modes back to what the tree says, and with --prune \
soft-deletes what the tree lacks. Pruning more than 10 % of the registry's versions needs --allow-deletions.`;
  static override examples = [
    '<%= config.bin %> <%= command.id %> --dry-run',
    '<%= config.bin %> <%= command.id %> --registry prod --prune --yes',
  ];

  static override flags = {
    ...sourceFlags,
    ...howFlags,
    ...pruneFlags,
    ...doFlags,
    'allow-deletions': Flags.boolean({ description: 'Prune however much there is.', helpGroup: 'HOW' }),
  };

  async run(): Promise<RestoreResult | PlanResult> {
    const { flags } = await this.parse(Reconcile);
    const { prune, permanent } = flags;
    return this.carryOut(
      flags,
      this.planOptions(flags, { kind: 'reconcile', prune, permanent }),
      flags['allow-deletions'],
    );
  }
}
