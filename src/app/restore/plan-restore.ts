/** Plan: what a restore or a reconcile would do to a registry, and everything that carrying it out needs. */
import type { Config, RegistrySettings } from '../../config/types.ts';
import { isSrgitError, SrgitError } from '../../errors.ts';
import type { RegistrySnapshot } from '../../model/registry-snapshot.ts';
import { compileSelection, selectsEverything } from '../../model/selection.ts';
import { DEFAULT_CONTEXT, formatSubjectName, parseSubjectName } from '../../model/subject-name.ts';
import { hashPlan } from '../../plan/fingerprint.ts';
import { makePlan } from '../../plan/make-plan.ts';
import { compileNameMapping } from '../../plan/map-names.ts';
import type { Plan, PlanOptions, RegisterStep } from '../../plan/plan.ts';
import type { TakenFor } from '../../plan/plan-input.ts';
import { readSnapshot } from '../../registry/snapshot.ts';
import { schemaLanguages } from '../../schema/schema-port.ts';
import type { TreeLock } from '../../tree/lock.ts';
import { beginConnecting, type Connection } from '../connect.ts';
import type { OnProgress } from '../progress.ts';
import { type AskOptions, askCompatibility } from './ask-compatibility.ts';
import { askKnownSchemas } from './ask-known-schemas.ts';
import { findUnfinished, hashRequest, lockRegistry, type UnfinishedJournal } from './journal-folder.ts';
import { type LoadedSource, loadSource, nameOfRegistry, type SourceChoice } from './load-source.ts';
import { type PlanRequest, planOptions } from './plan-options.ts';
import { stalePlan } from './restore-errors.ts';
import { completePlan, readPlanFile, redactPlan, savePlan } from './saved-plan.ts';
import { type ResumablePlan, settleJournals } from './settle-journals.ts';
import { indexRows, plainSnapshot, type SnapshotRows } from './snapshot-rows.ts';
import { textsOf } from './source-texts.ts';
import { stateFolderOf } from './state-folder.ts';
import { targetCapabilities } from './target-capabilities.ts';

export interface PlanRestoreOptions {
  readonly config: Config;
  /** The registry that is to be written to. */
  readonly registry: RegistrySettings;
  readonly source: SourceChoice;
  readonly request: PlanRequest;
  /** A saved plan, to be carried out as it is; `request` then only says of which kind it must be. */
  readonly planFile?: string | undefined;
  readonly env: NodeJS.ProcessEnv;
  /** Epoch milliseconds. */
  readonly now: () => number;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: OnProgress | undefined;
  readonly onWarning?: ((text: string) => void) | undefined;
}

export interface PreparedRestore extends Connection {
  readonly plan: Plan;
  readonly source: LoadedSource;
  /** The registry as the plan saw it. */
  readonly before: RegistrySnapshot;
  readonly rows: SnapshotRows;
  readonly textOf: (step: RegisterStep) => string;
  readonly stateFolder: string;
  /** The interrupted run that `plan` is of. */
  readonly resume?: ResumablePlan;
}

export interface PlanResult {
  readonly plan: Plan;
  /** Where it was saved. */
  readonly out?: string;
}

/** Makes a plan and writes nothing, but settings that an interrupted restore left behind are put back. */
export async function planRestore(
  options: PlanRestoreOptions & { readonly out?: string | undefined },
): Promise<PlanResult> {
  return withPreparedRestore(options, true, async ({ plan }) => {
    if (options.out !== undefined) savePlan(options.out, plan);
    return { plan: redactPlan(plan), ...(options.out === undefined ? {} : { out: options.out }) };
  });
}

/**
 * Reads both sides, makes the plan, and hands everything over; closes what it opened when `use` is done.
 *
 * @param isDryRun nothing will be carried out: another restore into the registry may be running.
 */
export async function withPreparedRestore<T>(
  options: PlanRestoreOptions,
  isDryRun: boolean,
  use: (prepared: PreparedRestore) => Promise<T>,
): Promise<T> {
  const { config, registry, signal } = options;
  const stateFolder = stateFolderOf(config.tree);
  const saved = options.planFile === undefined ? undefined : readSavedPlan(options.planFile, options.request.kind);
  let lock: TreeLock | undefined;
  // The registry is found out about while the source is read.
  const connecting = beginConnecting(registry, signal);
  try {
    const source = await loadSource({ ...options, choice: options.source });
    lock = takeLock(stateFolder, registry, isDryRun, options.onWarning);
    const maker = new PlanMaker(options, await connecting.ready, source, saved);
    const prepared = await maker.prepare(stateFolder, isDryRun, lock !== undefined);
    return await use(prepared);
  } finally {
    await connecting.close();
    lock?.release();
  }
}

class PlanMaker {
  readonly #options: PlanRestoreOptions;
  readonly #connection: Connection;
  readonly #source: LoadedSource;
  readonly #saved: Plan | undefined;

  constructor(options: PlanRestoreOptions, connection: Connection, source: LoadedSource, saved: Plan | undefined) {
    this.#options = options;
    this.#connection = connection;
    this.#source = source;
    this.#saved = saved;
  }

  async prepare(stateFolder: string, isDryRun: boolean, isLocked: boolean): Promise<PreparedRestore> {
    const { registry } = this.#options;
    let before = await this.#readTarget();
    let plan = this.#makePlan(before);
    let resume: ResumablePlan | undefined;
    const journals = isLocked ? findUnfinished(stateFolder, registry.urls) : [];
    if (journals.length > 0) {
      const settled = await settleJournals({
        journals,
        isSame: this.#isSame(plan),
        rows: indexRows(before),
        client: this.#connection.client,
        isDryRun,
        signal: this.#options.signal,
        onWarning: this.#options.onWarning,
      });
      resume = settled.resume;
      if (settled.changed) {
        before = await this.#readTarget();
        plan = this.#makePlan(before);
      }
    }
    const rows = indexRows(before);
    const textOf = textsOf(this.#source.state);
    const base = { ...this.#connection, source: this.#source, before, rows, textOf, stateFolder };
    if (resume !== undefined) return { ...base, plan: resume.plan, resume };
    if (this.#saved !== undefined) return { ...base, plan: requireCurrent(this.#saved, plan) };
    const asking = { client: this.#connection.client, before: rows, textOf, signal: this.#options.signal };
    plan = await this.#withoutKnown(plan, before, asking);
    return { ...base, plan: await askCompatibility(plan, asking) };
  }

  /** The plan without what the registry would not take for new, by its own word. */
  async #withoutKnown(first: Plan, before: RegistrySnapshot, asking: AskOptions): Promise<Plan> {
    const asked = new Set<string>();
    let takenFor: TakenFor = new Map();
    let plan = first;
    for (;;) {
      const found = await askKnownSchemas(plan, asked, asking);
      if (found.size === 0) return plan;
      takenFor = new Map([...takenFor, ...found]);
      plan = this.#makePlan(before, takenFor);
    }
  }

  async #readTarget(): Promise<RegistrySnapshot> {
    const { client, capabilities } = this.#connection;
    const { registry, signal, onProgress } = this.#options;
    const { snapshot } = await readSnapshot(client, capabilities, {
      signal,
      registryName: nameOfRegistry(registry),
      // A subject that is to be made may be locked, or redirected, before it has a version.
      alsoLevels: this.#targetSubjects(),
      onProgress: ({ phase, done, total }) => onProgress?.({ phase: `reading ${phase}`, done, total }),
    });
    return plainSnapshot(withoutBuiltInMode(snapshot));
  }

  #targetSubjects(): readonly string[] {
    const { snapshot, pending } = this.#source.state;
    const mapping = compileNameMapping(this.#planOptions());
    const subjects = [
      ...snapshot.contexts.flatMap(({ name, subjects }) =>
        subjects.map((state) => ({ context: name, subject: state.name })),
      ),
      ...pending,
    ];
    const names = subjects
      .filter(({ subject }) => subject !== '')
      .map((name) => mapping.subject(formatSubjectName(name)));
    return [...new Set(names)];
  }

  #makePlan(before: RegistrySnapshot, takenFor?: TakenFor): Plan {
    const { config } = this.#options;
    const { state } = this.#source;
    const { selection } = config.backup;
    const selected = compileSelection(selection);
    const { plan } = makePlan(
      state,
      {
        identity: before.registry,
        snapshot: before,
        ...(takenFor === undefined ? {} : { takenFor }),
        capabilities: targetCapabilities(this.#connection.capabilities, state, before),
        // What the tree was never asked to hold is not missing from it.
        ...(selectsEverything(selection)
          ? {}
          : {
              isPrunable: (name: string) => {
                const { context, subject } = parseSubjectName(name);
                return selected(context, subject);
              },
            }),
      },
      this.#planOptions(),
      { port: schemaLanguages },
    );
    return plan;
  }

  #planOptions(): PlanOptions {
    return this.#saved?.options ?? planOptions(this.#options.request);
  }

  #isSame(plan: Plan): (journal: UnfinishedJournal) => boolean {
    if (this.#saved !== undefined) {
      const hash = hashPlan(this.#saved);
      return (journal) => journal.plan !== undefined && hashPlan(redactPlan(journal.plan)) === hash;
    }
    const request = hashRequest(plan);
    return ({ state }) => state.open.request === request;
  }
}

/**
 * The default context shows READWRITE, set or not. With no mode above it both mean the same now; but READWRITE put back
 * where none was set would keep a mode of `:.__GLOBAL:` from counting there later.
 */
export function withoutBuiltInMode(snapshot: RegistrySnapshot): RegistrySnapshot {
  if (snapshot.global.mode !== undefined) return snapshot;
  const contexts = snapshot.contexts.map(({ mode, ...context }) => {
    const isBuiltIn = context.name === DEFAULT_CONTEXT && mode === 'READWRITE';
    return isBuiltIn || mode === undefined ? context : { ...context, mode };
  });
  return { ...snapshot, contexts };
}

function readSavedPlan(file: string, kind: PlanOptions['kind']): Plan {
  const plan = readPlanFile(file);
  if (plan.target.tree !== undefined) {
    throw new SrgitError(
      'SRGIT_USAGE',
      `${file} is a plan for ${plan.target.name}, a tree: there is no registry to do it to`,
      {
        hint: `Plan for the registry instead: srgit plan --to registry:NAME --out ${file}.`,
      },
    );
  }
  if (plan.options.kind === kind) return plan;
  throw new SrgitError('SRGIT_USAGE', `${file} is the plan of a ${plan.options.kind}, not of a ${kind}`, {
    hint: `Carry it out with srgit ${plan.options.kind} --plan ${file}.`,
  });
}

/** @throws SRGIT_TREE_INVALID or SRGIT_REGISTRY_CONFLICT when either side is not as the saved plan saw it. */
function requireCurrent(saved: Plan, fresh: Plan): Plan {
  if (saved.source.fingerprint !== fresh.source.fingerprint) {
    const of = saved.source.commit === undefined ? '' : ` (it was commit ${saved.source.commit.slice(0, 12)})`;
    throw stalePlan('tree', `the ${saved.source.kind} has changed since the plan was made${of}`);
  }
  if (saved.target.fingerprint === fresh.target.fingerprint) return completePlan(saved, fresh);
  throw stalePlan('registry', `the registry ${fresh.target.name} has changed since the plan was made`);
}

/** A plan may be made while another process restores; then nothing of that one's is touched. */
function takeLock(
  stateFolder: string,
  { urls }: RegistrySettings,
  isDryRun: boolean,
  onWarning: PlanRestoreOptions['onWarning'],
): TreeLock | undefined {
  try {
    // Without a journal there is nothing to put back, and a plan makes no folder.
    if (isDryRun && findUnfinished(stateFolder, urls).length === 0) return undefined;
    return lockRegistry(stateFolder, urls);
  } catch (error) {
    const isHeld = isSrgitError(error, 'SRGIT_TREE_WRITE') && error.retriable;
    if (!isHeld) throw error;
    const holder = /process \d+/.exec(error.message)?.[0] ?? 'another process';
    if (isDryRun) {
      onWarning?.(`${holder} is restoring into this registry right now: the plan is of what it has so far`);
      return undefined;
    }
    throw new SrgitError('SRGIT_TREE_WRITE', `${holder} is restoring into this registry right now`, {
      hint: 'Wait for it to end, then try again.',
      retriable: true,
    });
  }
}
