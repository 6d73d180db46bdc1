/** What `plan`, `restore`, `reconcile` and `idmap` share: where from, where to, how, and asking before a loss. */
import { Flags, type Interfaces } from '@oclif/core';
import type { SourceChoice, TreeChoice } from '../app/restore/load-source.ts';
import type { PlanOntoTreeOptions } from '../app/restore/plan-onto-tree.ts';
import { type PlanRestoreOptions, type PlanResult, planRestore } from '../app/restore/plan-restore.ts';
import { type RestoreResult, restoreSchemas } from '../app/restore/restore-schemas.ts';
import type { Loss } from '../app/restore/undo-export.ts';
import { loadConfig, requireRegistry, TARGET_VARIABLES } from '../config/load-config.ts';
import { type RestoreSettings, withRestoreFlags } from '../config/restore-settings.ts';
import type { Config, RegistrySettings } from '../config/types.ts';
import { EXIT, SrgitError } from '../errors.ts';
import { type SubjectSelection, selectsEverything } from '../model/selection.ts';
import type { Plan } from '../plan/plan.ts';
import { renderPlanMarkdown, renderPlanText } from '../render/plan-report.ts';
import { renderLoss, renderRestoreReport } from '../render/restore-report.ts';
import { askYesNo } from './ask-yes-no.ts';
import { BaseCommand, registryFlags, selectionFlags, treeFlag } from './base-command.ts';
import { parsePlanEnd } from './plan-ends.ts';

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
type PlanFlags = SourceFlags & HowFlags & Parameters<BaseCommand['settings']>[0];

interface RequestedKind {
  readonly kind: 'restore' | 'reconcile';
  readonly prune?: boolean;
  readonly permanent?: boolean;
}

export abstract class RestoreCommand extends BaseCommand {
  #selection: SubjectSelection | undefined;

  /** Everything that a plan is made from. @throws SrgitError for flags and settings that do not fit together. */
  protected planOptions(flags: PlanFlags, request: RequestedKind): PlanRestoreOptions {
    this.#refuseTreeTarget(flags.to);
    const config = this.settings({ ...flags, ...targetRegistry(flags) }, { registry: true, restore: true });
    return {
      ...this.#planOptions(config, flags, request),
      registry: requireRegistry(config),
      now: Date.now,
    };
  }

  /** The same for a plan whose target is a tree; undefined where it is a registry. */
  protected treePlanOptions(flags: PlanFlags, request: RequestedKind): PlanOntoTreeOptions | undefined {
    const target = treeTarget(flags.to);
    if (target === undefined) return undefined;
    if (flags.url !== undefined) {
      throw new SrgitError('SRGIT_USAGE', `--to ${flags.to} asks no registry, so --url has nothing to say`, {
        hint: `Leave out one of them; another registry as the source is --from registry:${flags.url[0] ?? 'URL'}.`,
      });
    }
    const config = this.settings(flags, { registry: false, restore: true });
    return { ...this.#planOptions(config, flags, request), target };
  }

  /** The same for an archive that a registry imports later: it is not asked, only its URL is told where it is named. */
  protected archivePlanOptions(flags: PlanFlags) {
    this.#refuseTreeTarget(flags.to);
    const target = targetRegistry(flags);
    const isNamed = target.registry !== undefined || target.url !== undefined;
    const config = this.settings({ ...flags, ...target }, { registry: isNamed, restore: true });
    const url = isNamed ? requireRegistry(config).urls[0] : undefined;
    return { ...this.#planOptions(config, flags, { kind: 'restore' }), url };
  }

  #planOptions(config: Config, flags: PlanFlags, { kind, prune = false, permanent = false }: RequestedKind) {
    this.#selection = config.backup.selection;
    return {
      config,
      source: this.#source(flags),
      request: { kind, restore: this.#restoreSettings(config, flags), prune, permanent },
      env: process.env,
      signal: this.signal,
      onProgress: this.onProgress,
      onWarning: (text: string) => this.caution(text),
    };
  }

  /** Only a plan can be for a tree: everything else writes to a registry, or asks one. */
  #refuseTreeTarget(to: string | undefined): void {
    const target = treeTarget(to);
    if (target === undefined) return;
    const id = this.ctor.id;
    const means = id === 'idmap' ? 'looks ids up in a registry' : 'writes to a registry';
    const kind = id === 'reconcile' ? 'plan --reconcile' : 'plan';
    const change =
      target.kind === 'ref'
        ? 'a branch is changed by a commit: check it out, then edit its files or export into it'
        : `a tree is changed by editing its files, or by srgit export --tree ${target.tree ?? 'DIR'}`;
    throw new SrgitError('SRGIT_USAGE', `srgit ${id} ${means}, and --to ${to} names a ${target.kind}`, {
      hint:
        id === 'idmap'
          ? 'Write --to registry:NAME.'
          : `See what would change with srgit ${kind} --to ${to}; ${change}.`,
    });
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
    this.#cautionOfNothing(plan);
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
        hint: 'Look at it with --dry-run, then add --yes.',
        details: { subjects: loss.subjects.length, permanent: loss.permanent, hidden: loss.hidden },
      });
    }
    this.endProgress();
    process.stderr.write(`${text}\n`);
    return askYesNo('Go on? [y/N] ', {
      input: process.stdin,
      output: process.stderr,
      // To those who stop the command at that signal: a second one ends it at once.
      onInterrupt: () => process.emit('SIGINT', 'SIGINT'),
      signal: this.signal,
    });
  }

  /** The plan's problems, what was done, and the exit code. */
  #showRestore(result: RestoreResult): void {
    const { outcome, plan } = result;
    if (outcome === 'nothing') this.#cautionOfNothing(plan);
    if (outcome === 'refused') this.showPlan(plan);
    else if (outcome !== 'declined') {
      for (const { severity, message } of plan.problems) if (severity === 'warning') this.caution(message);
    }
    this.say(renderRestoreReport(result, process.cwd()));
    // Somebody said no: what comes after this in a script must not go on as if it were done.
    if (outcome === 'different' || outcome === 'declined') process.exitCode = EXIT.failed;
  }

  /** A mistyped glob must not look like a registry that has everything. */
  #cautionOfNothing({ subjects, source }: Plan): void {
    const selection = this.#selection;
    if (selection === undefined || selectsEverything(selection)) return;
    if (subjects.some(({ from }) => from !== undefined)) return;
    const { include, exclude } = selection;
    const but = exclude.length === 0 ? '' : ` but not ${exclude.join(', ')}`;
    this.caution(`no subject of ${source.name} is selected by ${include.join(', ')}${but}`);
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

  #source(flags: PlanFlags): SourceChoice {
    if (flags.ref !== undefined) return { kind: 'ref', ref: flags.ref };
    if (flags.from === undefined) return { kind: 'tree' };
    const { kind, name } = parsePlanEnd('from', flags.from);
    if (kind === 'tree') return { kind, tree: name };
    if (kind === 'ref') return { kind, ref: name };
    return { kind, registry: this.#sourceRegistry(name, flags.config) };
  }

  /** Another registry of the configuration, or any by its URL; with its own credentials only. */
  #sourceRegistry(name: string, config: string | undefined): RegistrySettings {
    const env = Object.fromEntries(Object.entries(process.env).filter(([key]) => !TARGET_VARIABLES.includes(key)));
    const which = isUrl(name) ? { url: [name] } : { registry: name };
    return requireRegistry(loadConfig({ config, ...which }, env, process.cwd(), { registry: true }));
  }
}

/** `--to registry:NAME` as the flags that mean the same. */
function targetRegistry({ to, registry, url }: PlanFlags): Pick<PlanFlags, 'registry' | 'url'> {
  if (to === undefined) return { registry, url };
  const { name } = parsePlanEnd('to', to);
  return isUrl(name) ? { registry: undefined, url: [name] } : { registry: name, url };
}

function treeTarget(to: string | undefined): TreeChoice | undefined {
  if (to === undefined) return undefined;
  const { kind, name } = parsePlanEnd('to', to);
  if (kind === 'registry') return undefined;
  return kind === 'tree' ? { kind, tree: name } : { kind, ref: name };
}

function isUrl(name: string): boolean {
  return /^https?:\/\//i.test(name);
}
