/** Plans: what a restore would do, as plain data, and carrying one out. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { BuiltMap } from '../app/restore/build-id-map.ts';
import type { PlanRestoreOptions } from '../app/restore/plan-restore.ts';
import type { RestoreResult } from '../app/restore/restore-schemas.ts';
import type { Loss } from '../app/restore/undo-export.ts';
import type { CompatibilityLevel } from '../model/schema-version.ts';
import type { IdPolicy, Plan, Strategy } from '../plan/plan.ts';
import { type CallOptions, configOf, type Selection } from './common-options.ts';
import { type RegistryTarget, registrySettings } from './registry-target.ts';

/** What is restored from. */
export type RestoreSource =
  /** A folder, or with `ref` the folder as it was at a branch, tag or commit. */
  | { readonly tree: string; readonly ref?: string }
  /** Another registry; journals are kept beside `tree`, and the id map in it where there is one. Default `schemas`. */
  | { readonly registry: RegistryTarget; readonly tree?: string };

/** From where, to where, and which rows: what plans, their application and id maps share. */
export interface RestoreRequest extends CallOptions, Omit<Selection, 'includeSoftDeleted'> {
  readonly from: RestoreSource;
  readonly to: RegistryTarget;
  /** Told what a person should know and what does not end the run. */
  readonly onWarning?: ((text: string) => void) | undefined;
}

/** How it is to be done; the command line has a flag for each of these. */
export interface PlanRequest extends RestoreRequest {
  /** `restore` (default) adds what the registry lacks, `reconcile` makes it equal to the source. */
  readonly kind?: 'restore' | 'reconcile' | undefined;
  /**
   * `rewrite` (default): the same content keeps its id there, everything else gets the next free one. `keep`: the source's
   * id where it is free. `force`: every id and version as in the source, or an error in the plan. `manual`: `idMappingFile`.
   */
  readonly ids?: IdPolicy | undefined;
  /** For `manual`: JSON `{"1": 100}`, source id to target id. */
  readonly idMappingFile?: string | undefined;
  /** For subjects that the registry has: `preserve` (default) adds versions, `skip` leaves them, `overwrite` replaces. */
  readonly strategy?: Strategy | undefined;
  /** Names, or globs with one `*` on both sides; in order. */
  readonly renameSubjects?: readonly { readonly from: string; readonly to: string }[] | undefined;
  /** `.name` of the context that everything of the default one goes to. */
  readonly toContext?: string | undefined;
  /** Level in force while subjects are restored; the source's own is put back. */
  readonly setCompatibility?: CompatibilityLevel | undefined;
  /** Register incompatible versions too. Default false. */
  readonly forceRegister?: boolean | undefined;
  /** Default true. */
  readonly includeSoftDeleted?: boolean | undefined;
  /** Config and modes too. Default true. */
  readonly settings?: boolean | undefined;
  /** reconcile: soft-delete what the source lacks. Default false. */
  readonly prune?: boolean | undefined;
  /** With `prune`: for good. Default false. */
  readonly permanent?: boolean | undefined;
}

/**
 * Decides everything that a restore would do, and writes nothing. Problems are in the plan, all of them: with an `error`
 * among `plan.problems` it cannot be carried out. The plan is JSON and may be kept; values that the registry calls
 * sensitive are not in it.
 *
 * @throws SrgitError of the source, and SRGIT_REGISTRY_*
 */
export async function planRestore(request: PlanRequest): Promise<Plan> {
  const { planRestore: makePlan } = await import('../app/restore/plan-restore.ts');
  const { plan } = await makePlan(planOptions(request));
  return plan;
}

export interface ApplyOptions extends RestoreRequest {
  /**
   * Asked before anything is deleted that the source does not have deleted; what goes is exported first. Where it is left
   * out the answer is no, and the outcome `declined`.
   */
  readonly confirm?: ((loss: Loss, plan: Plan) => boolean | Promise<boolean>) | undefined;
  /** Prune more than 10 % of the registry too. Default false: SRGIT_DELETION_GUARD. */
  readonly allowDeletions?: boolean | undefined;
  /** Commit the id map, which is written into the tree. Default false. */
  readonly commit?: boolean | undefined;
}

/**
 * Carries a plan out, just as it stands, and reads back what came of it. Both sides are read again first: a plan that is no
 * longer true is refused, and nothing is written. An application that was killed goes on where it stopped when the same is
 * asked for again.
 *
 * `outcome` is `done` or `nothing` when the registry is as planned, `refused` when the plan has errors, `declined` when
 * `confirm` said no, `different` when what was read back is not as planned. `idMap` has every id with its new one.
 *
 * @throws SrgitError SRGIT_PLAN_STALE, SRGIT_DELETION_GUARD, SRGIT_REGISTRY_* of the first step that was refused; modes and
 * levels that were set for the time of the run are put back.
 */
export async function applyPlan(plan: Plan, options: ApplyOptions): Promise<RestoreResult> {
  const { confirm = () => false, allowDeletions = false, commit = false, ...request } = options;
  const [{ restoreSchemas }, { savePlan }] = await Promise.all([
    import('../app/restore/restore-schemas.ts'),
    import('../app/restore/saved-plan.ts'),
  ]);
  // A plan of a caller is checked as one from a file is.
  const folder = mkdtempSync(join(tmpdir(), 'srgit-plan-'));
  try {
    const planFile = join(folder, 'plan.json');
    savePlan(planFile, plan);
    return await restoreSchemas({
      ...planOptions({ ...request, kind: plan.options.kind }),
      planFile,
      confirm: async (loss, planned) => confirm(loss, planned),
      allowDeletions,
      commit,
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * The ids that the registry has now for what the source holds, found by content. Nothing is written.
 *
 * @returns the map, and the ids of the source that the registry has no schema for (`missing`).
 * @throws SrgitError of the source, and SRGIT_REGISTRY_*
 */
export async function buildIdMap(request: RestoreRequest): Promise<BuiltMap> {
  const { buildMapByContent } = await import('../app/restore/build-id-map.ts');
  return buildMapByContent(planOptions(request));
}

function planOptions(request: PlanRequest): PlanRestoreOptions {
  const { from, to, idMappingFile, strategy, forceRegister, includeSoftDeleted, settings, env = process.env } = request;
  const config = configOf(from.tree, request);
  const { ids = idMappingFile === undefined ? 'rewrite' : 'manual', toContext, setCompatibility } = request;
  return {
    config,
    registry: registrySettings(to),
    source: sourceOf(from),
    request: {
      kind: request.kind ?? 'restore',
      restore: {
        ...config.restore,
        ids,
        strategy: strategy ?? 'preserve',
        subjectMapping: request.renameSubjects ?? [],
        forceRegister: forceRegister ?? false,
        includeSoftDeleted: includeSoftDeleted ?? true,
        settings: settings ?? true,
        ...(idMappingFile === undefined ? {} : { idMappingFile: resolve(idMappingFile) }),
        ...(toContext === undefined ? {} : { toContext }),
        ...(setCompatibility === undefined ? {} : { setCompatibility }),
      },
      prune: request.prune ?? false,
      permanent: request.permanent ?? false,
    },
    env,
    now: Date.now,
    signal: request.signal,
    onProgress: request.onProgress,
    onWarning: request.onWarning,
  };
}

function sourceOf(from: RestoreSource): PlanRestoreOptions['source'] {
  if ('registry' in from) return { kind: 'registry', registry: registrySettings(from.registry) };
  return from.ref === undefined ? { kind: 'tree' } : { kind: 'ref', ref: from.ref };
}
