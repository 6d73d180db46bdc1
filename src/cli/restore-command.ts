/** What `plan`, `restore`, `reconcile` and `idmap` share: where from, where to, how, and asking before a loss. */
import { createInterface } from 'node:readline/promises';
import { Flags, type Interfaces } from '@oclif/core';
import type { SourceChoice } from '../app/restore/load-source.ts';
import { type PlanRestoreOptions, type PlanResult, planRestore } from '../app/restore/plan-restore.ts';
import { type RestoreResult, restoreSchemas } from '../app/restore/restore-schemas.ts';
import type { Loss } from '../app/restore/undo-export.ts';
import { loadConfig, requireRegistry } from '../config/load-config.ts';
import { type RestoreSettings, withRestoreFlags } from '../config/restore-settings.ts';
import type { Config, RegistrySettings } from '../config/types.ts';
import { EXIT, SrgitError } from '../errors.ts';
import type { Plan } from '../plan/plan.ts';
import { renderPlanMarkdown, renderPlanText } from '../render/plan-report.ts';
import { renderLoss, renderRestoreReport } from '../render/restore-report.ts';
import { BaseCommand, registryFlags, selectionFlags, treeFlag } from './base-command.ts';

export const sourceFlags = {
  ...treeFlag,
  ref: Flags.string({
    description: 'The tree as it was at this branch, tag or commit.',
    exclusive: ['from'],
    helpGroup: 'SOURCE',
  }),
  from: Flags.string({
    description: 'Another source: registry:NAME, tree:DIR or ref:NAME.',
    helpValue: 'SOURCE',
    helpGroup: 'SOURCE',
  }),
  to: Flags.string({
    description: 'The registry to write to, as registry:NAME; the same as --registry NAME.',
    exclusive: ['registry'],
    helpValue: 'TARGET',
    helpGroup: 'REGISTRY',
  }),
  subject: selectionFlags.subject,
  exclude: selectionFlags.exclude,
  type: selectionFlags.type,
  ...registryFlags,
};

export const howFlags = {
  strategy: Flags.option({
    options: ['preserve', 'skip', 'overwrite'] as const,
    description: 'What becomes of subjects that the registry has; default preserve.',
    helpGroup: 'HOW',
  })(),
  ids: Flags.option({
    options: ['rewrite', 'keep', 'force', 'manual'] as const,
    description: 'Which ids schemas get there; default rewrite.',
    helpGroup: 'HOW',
  })(),
  'id-mapping-file': Flags.string({
    description: 'Source ids to target ids as JSON; implies --ids manual.',
    helpValue: 'FILE',
    helpGroup: 'HOW',
  }),
  map: Flags.string({
    multiple: true,
    multipleNonGreedy: true,
    description: 'Register a subject under another name: exact, or with one * on both sides.',
    helpValue: 'FROM=TO',
    helpGroup: 'HOW',
  }),
  'to-context': Flags.string({
    description: 'Put everything of the default context into this one.',
    helpValue: 'NAME',
    helpGroup: 'HOW',
  }),
  'set-compatibility': Flags.string({
    description: 'Level in force while a subject is restored; its own is put back.',
    helpValue: 'LEVEL',
    helpGroup: 'HOW',
  }),
  'force-register': Flags.boolean({
    description: 'Register what is incompatible, too.',
    allowNo: true,
    helpGroup: 'HOW',
  }),
  'soft-deleted': Flags.boolean({
    allowNo: true,
    description: 'Restore soft-deleted versions as such (default yes).',
    helpGroup: 'HOW',
  }),
  settings: Flags.boolean({ allowNo: true, description: 'Restore config and modes (default yes).', helpGroup: 'HOW' }),
};

export const pruneFlags = {
  prune: Flags.boolean({ description: 'Soft-delete what the registry has and the source lacks.', helpGroup: 'HOW' }),
  permanent: Flags.boolean({
    description: 'With --prune: delete it for good.',
    dependsOn: ['prune'],
    helpGroup: 'HOW',
  }),
};

export const doFlags = {
  plan: Flags.string({
    description: 'Carry out this saved plan, and refuse when either side has changed since.',
    helpValue: 'FILE',
    exclusive: [...Object.keys(howFlags), 'dry-run'],
  }),
  'dry-run': Flags.boolean({ description: 'Only show what would be done; the same as srgit plan.' }),
  yes: Flags.boolean({ char: 'y', description: 'Do not ask before something is deleted.' }),
  commit: Flags.boolean({ description: 'Commit the id map.', helpGroup: 'GIT' }),
  message: Flags.string({ char: 'm', description: 'Commit message; default tells the registry.', helpGroup: 'GIT' }),
  'author-name': Flags.string({ description: 'Author and committer; default git configuration.', helpGroup: 'GIT' }),
  'author-email': Flags.string({ description: 'Their e-mail address.', helpGroup: 'GIT' }),
};

type SourceFlags = Interfaces.InferredFlags<typeof sourceFlags>;
type DoFlags = Interfaces.InferredFlags<typeof doFlags>;
type HowFlags = Partial<Interfaces.InferredFlags<typeof howFlags>>;

/** Settings of the environment that are about the registry to write to, not about the one to read from. */
const TARGET_VARIABLES = ['SRGIT_URL', 'SRGIT_REGISTRY', 'SRGIT_USERNAME', 'SRGIT_PASSWORD', 'SRGIT_TOKEN'];

export abstract class RestoreCommand extends BaseCommand {
  /** Everything that a plan is made from. @throws SrgitError for flags and settings that do not fit together. */
  protected planOptions(
    flags: SourceFlags & HowFlags & Parameters<BaseCommand['settings']>[0],
    request: { readonly kind: 'restore' | 'reconcile'; readonly prune?: boolean; readonly permanent?: boolean },
  ): PlanRestoreOptions {
    const config = this.settings({ ...flags, registry: targetName(flags) }, { registry: true, restore: true });
    const restore = this.#restoreSettings(config, flags);
    return {
      config,
      registry: requireRegistry(config),
      source: this.#source(flags),
      request: { kind: request.kind, restore, prune: request.prune ?? false, permanent: request.permanent ?? false },
      env: process.env,
      now: Date.now,
      signal: this.signal,
      onProgress: this.onProgress,
      onWarning: (text) => this.caution(text),
    };
  }

  /** Carries out what was asked for, or with --dry-run shows it. */
  protected async carryOut(
    flags: DoFlags,
    options: PlanRestoreOptions,
    allowDeletions: boolean,
  ): Promise<RestoreResult | PlanResult> {
    if (flags['dry-run']) {
      const result = await planRestore(options);
      this.showPlan(result.plan);
      return result;
    }
    const result = await restoreSchemas({
      ...options,
      planFile: flags.plan,
      confirm: (loss) => this.#confirmLoss(loss, flags.yes),
      allowDeletions,
      commit: flags.commit,
      message: flags.message,
    });
    this.#showRestore(result);
    return result;
  }

  /** The plan in the form that was asked for; with errors in it the exit code is that of a failure. */
  protected showPlan(plan: Plan, format: 'text' | 'markdown' = 'text'): void {
    this.say(format === 'markdown' ? renderPlanMarkdown(plan) : renderPlanText(plan));
    if (plan.problems.some(({ severity }) => severity === 'error')) process.exitCode = EXIT.failed;
  }

  /** Asks on the terminal; where there is nobody to ask, only --yes is a yes. */
  async #confirmLoss(loss: Loss, yes: boolean): Promise<boolean> {
    const text = renderLoss(loss);
    if (yes) {
      this.say(text);
      return true;
    }
    if (process.stdin.isTTY !== true || process.stderr.isTTY !== true || this.jsonEnabled()) {
      throw new SrgitError('SRGIT_USAGE', `${text.split('\n')[0] ?? ''} That needs a yes`, {
        hint: 'Look at it with `srgit plan`, then add --yes.',
        details: { subjects: loss.subjects.length, permanent: loss.permanent, hidden: loss.hidden },
      });
    }
    process.stderr.write(`${text}\n`);
    const dialog = createInterface({ input: process.stdin, output: process.stderr });
    try {
      const answer = await dialog.question('Go on? [y/N] ', { signal: this.signal });
      return /^y(es)?$/i.test(answer.trim());
    } finally {
      dialog.close();
    }
  }

  /** The plan's problems, what was done, and the exit code. */
  #showRestore(result: RestoreResult): void {
    const { outcome, plan } = result;
    if (outcome === 'refused') this.showPlan(plan);
    else {
      for (const { severity, message } of plan.problems) if (severity === 'warning') this.caution(message);
    }
    this.say(renderRestoreReport(result, process.cwd()));
    if (outcome === 'different') process.exitCode = EXIT.failed;
  }

  #restoreSettings(config: Config, flags: HowFlags): RestoreSettings {
    const { restore } = config;
    if (!restore.enabled) {
      throw new SrgitError('SRGIT_USAGE', 'the configuration says that nothing is to be restored', {
        hint: 'Set restore.enabled to true, or take it out.',
      });
    }
    return withRestoreFlags(
      restore,
      {
        strategy: flags.strategy,
        ids: flags.ids,
        idMappingFile: flags['id-mapping-file'],
        map: flags.map,
        toContext: flags['to-context'],
        setCompatibility: flags['set-compatibility'],
        forceRegister: flags['force-register'],
        includeSoftDeleted: flags['soft-deleted'],
        settings: flags.settings,
      },
      process.cwd(),
    );
  }

  #source(flags: SourceFlags & { readonly config?: string | undefined }): SourceChoice {
    if (flags.ref !== undefined) return { kind: 'ref', ref: flags.ref };
    if (flags.from === undefined) return { kind: 'tree' };
    const [, kind, name] = /^(registry|tree|ref):(.+)$/s.exec(flags.from) ?? [];
    if (kind === 'tree' && name !== undefined) return { kind, tree: name };
    if (kind === 'ref' && name !== undefined) return { kind, ref: name };
    if (kind === 'registry' && name !== undefined) return { kind, registry: this.#sourceRegistry(name, flags.config) };
    throw new SrgitError('SRGIT_USAGE', `--from ${flags.from} names no source`, {
      hint: 'For example --from registry:staging, --from tree:other/schemas, --from ref:v1.2.',
    });
  }

  /** Another registry of the configuration, or any by its URL; with its own credentials only. */
  #sourceRegistry(name: string, config: string | undefined): RegistrySettings {
    const env = Object.fromEntries(Object.entries(process.env).filter(([key]) => !TARGET_VARIABLES.includes(key)));
    const which = /^https?:/.test(name) ? { url: [name] } : { registry: name };
    return requireRegistry(loadConfig({ config, ...which }, env, process.cwd(), { registry: true }));
  }
}

function targetName({ to, registry }: SourceFlags): string | undefined {
  if (to === undefined) return registry;
  const name = /^registry:(.+)$/s.exec(to)?.[1];
  if (name !== undefined) return name;
  throw new SrgitError('SRGIT_USAGE', `--to ${to} names no registry`, { hint: 'For example --to registry:prod.' });
}
