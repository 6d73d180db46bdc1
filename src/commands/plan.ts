import { Flags } from '@oclif/core';
import { planOntoTree } from '../app/restore/plan-onto-tree.ts';
import { type PlanResult, planRestore } from '../app/restore/plan-restore.ts';
import { howFlags, pruneFlags, RestoreCommand, sourceFlags } from '../cli/restore-command.ts';
import { EXIT } from '../errors.ts';

export default class PlanCommand extends RestoreCommand {
  static override summary = 'Show what a restore or a reconcile would do; writes nothing.';
  static override description = `Reads the tree (or another source) and the registry, and decides every step: which \
version is registered with which id, which is there already, what speaks against it. With an error among the problems \
nothing would be written at all. Where the registry is not what the tree says, the likely causes are named.

With --to tree:DIR or --to ref:NAME no registry is asked: the plan is what one that is as that tree says would be given, \
played through on the rules of Confluent. It can be looked at, not carried out.

Exit code 0, 1 when the plan has errors, and with --detailed-exitcode 3 when there is something to do.`;
  static override examples = [
    '<%= config.bin %> <%= command.id %> --url http://localhost:8081',
    '<%= config.bin %> <%= command.id %> --reconcile --detailed-exitcode',
    '<%= config.bin %> <%= command.id %> --from registry:staging --to registry:prod --out plan.json',
    '<%= config.bin %> <%= command.id %> --from ref:staging --to ref:prod --format markdown',
    "<%= config.bin %> <%= command.id %> --from tree:registries/staging --to tree:registries/prod --map 'stg-*=*'",
  ];

  static override flags = {
    ...sourceFlags,
    to: Flags.string({
      description: 'What the plan is for: registry:NAME (the same as --registry NAME), tree:DIR or ref:NAME.',
      exclusive: ['registry'],
      helpValue: 'TARGET',
      helpGroup: 'REGISTRY',
    }),
    ...howFlags,
    reconcile: Flags.boolean({ description: 'What reconcile would do, not restore.', helpGroup: 'HOW' }),
    ...pruneFlags,
    out: Flags.string({ description: 'Save the plan, to be carried out with --plan.', helpValue: 'FILE' }),
    format: Flags.option({
      options: ['text', 'markdown'] as const,
      default: 'text' as const,
      description: 'How it is shown.',
    })(),
    'detailed-exitcode': Flags.boolean({ description: 'End with 3 when there is something to do.' }),
  };

  async run(): Promise<PlanResult['plan']> {
    const { flags } = await this.parse(PlanCommand);
    const kind = flags.reconcile || flags.prune ? 'reconcile' : 'restore';
    const request = { kind, prune: flags.prune, permanent: flags.permanent } as const;
    const ontoTree = this.treePlanOptions(flags, request);
    const { plan } =
      ontoTree === undefined
        ? await planRestore({ ...this.planOptions(flags, request), out: flags.out })
        : await planOntoTree({ ...ontoTree, out: flags.out });
    if (flags['detailed-exitcode'] && plan.steps.length > 0) process.exitCode = EXIT.differences;
    this.showPlan(plan, flags.format);
    return plan;
  }
}
