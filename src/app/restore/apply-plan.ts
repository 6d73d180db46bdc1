/**
 * Carries a plan out: in its order as far as steps depend on each other, journalled, and with every temporary setting
 * put back whatever happens.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { isSrgitError, SrgitError, throwIfAborted } from '../../errors.ts';
import type { Plan, PlanStep, RegisterStep } from '../../plan/plan.ts';
import { followsKnownRules } from '../../plan/plan-input.ts';
import type { NodeClient } from '../../registry/read-back.ts';
import type { WriteOptions } from '../../registry/settle-write.ts';
import type { RegistryCapabilities, RegistryClient } from '../../registry/types.ts';
import type { OnProgress } from '../progress.ts';
import { carryOutStep, type StepContext, type StepResult } from './carry-out-step.ts';
import { findNeededVersions } from './given-versions.ts';
import { ImportGuard, type KnownVersions } from './import-guard.ts';
import type { Journal } from './journal.ts';
import { putBack, standingSettings } from './prior-settings.ts';
import { describeStepFailure, interruptedRestore, withUnrestored } from './restore-errors.ts';
import { runSteps } from './run-steps.ts';
import { orderSteps, type ReferencesOf } from './step-order.ts';

export interface ApplyOptions {
  readonly plan: Plan;
  readonly client: RegistryClient;
  readonly capabilities: RegistryCapabilities;
  /** Every configured node by itself; none where there is one only. */
  readonly nodes: readonly NodeClient[];
  readonly journal: Journal;
  /** Steps that an interrupted run did, with what the registry gave. */
  readonly done: ReadonlyMap<number, StepResult>;
  /** @throws SrgitError when the source has no such text any more. */
  readonly textOf: (step: RegisterStep) => string;
  /** What the registry had before this run. */
  readonly known: KnownVersions;
  readonly referencesOf: ReferencesOf;
  readonly onProgress?: OnProgress | undefined;
  readonly onWarning?: ((text: string) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly patience?: WriteOptions['patience'];
}

export interface Applied {
  /** By step, those of an interrupted run too. */
  readonly results: ReadonlyMap<number, StepResult>;
  /** Writes of this run. */
  readonly written: number;
}

/** As many as snapshot readings begin at once: the client's own limiter decides how many are really in flight. */
const STEPS_AT_ONCE = 32;

/**
 * @throws SrgitError of the first step that failed, in the user's words; SRGIT_INTERRUPTED. Then no more was begun, what
 * ran was waited for, and temporary settings were put back: where not, the message says so.
 */
export async function applyPlan(options: ApplyOptions): Promise<Applied> {
  const run = new PlanRun(options);
  try {
    await run.carryOut();
  } catch (thrown) {
    throw await run.stop(thrown);
  }
  return { results: run.results, written: run.written };
}

class PlanRun {
  readonly results: Map<number, StepResult>;
  written = 0;
  readonly #options: ApplyOptions;
  readonly #guard: ImportGuard;
  readonly #begun = new Set<number>();
  readonly #context: StepContext;
  readonly #silent = new Set<string>();
  /** Versions that became another one than planned. */
  readonly #versions = new Map<string, number>();
  /** These, and those that they became. */
  readonly #shared = new Set<string>();

  constructor(options: ApplyOptions) {
    this.#options = options;
    this.results = new Map(options.done);
    for (const step of options.plan.steps) this.#noteVersion(step, options.done.get(step.step));
    this.#guard = new ImportGuard(options.client, options.capabilities, options.known);
    this.#context = {
      client: options.client,
      nodes: options.nodes,
      isPredictable: followsKnownRules(options.plan.target),
      versionOf: (subject, version) => this.#versions.get(`${version} ${subject}`) ?? version,
      needsVersion: findNeededVersions(options.plan.steps),
      isShared: (subject, version) => this.#shared.has(`${version} ${subject}`),
      textOf: options.textOf,
      signal: options.signal,
      onSilentNode: (node) => this.#noteSilent(node),
    };
  }

  async carryOut(): Promise<void> {
    const { plan, referencesOf, signal } = this.#options;
    const steps = plan.steps.filter(({ step }) => !this.results.has(step));
    const numbers = steps.map(({ step }) => step);
    const waitsFor = orderSteps(steps, referencesOf);
    await runSteps({
      waitsFor,
      limit: STEPS_AT_ONCE,
      signal,
      run: async (at) => {
        const step = steps[at];
        if (step === undefined) return;
        await this.#options.journal.begin(numbers, at);
        await this.#carryOut(step, (waitsFor[at] ?? []).length > 0);
      },
    });
  }

  /** Puts back what stands. @returns the error to end with. */
  async stop(thrown: unknown): Promise<unknown> {
    const { plan, journal } = this.#options;
    const error = isSrgitError(thrown, 'SRGIT_INTERRUPTED')
      ? interruptedRestore(thrown, this.results.size, plan.steps.length)
      : thrown;
    const standing = standingSettings(
      plan.steps,
      (step) => this.#begun.has(step) || this.results.has(step),
      (step) => this.results.has(step),
    );
    const failed: string[] = [];
    let reason = '';
    let isGone = false;
    // The last that was set is the first to go.
    for (const setting of [...standing].reverse()) {
      const name = `${setting.kind} of ${setting.level === '' ? 'the registry' : setting.level}`;
      if (isGone) {
        failed.push(name);
        continue;
      }
      try {
        // Not with the signal: it is aborted, and this is what there is left to do.
        await putBack(this.#options.client, setting, { patience: this.#options.patience });
        journal.note({ event: 'put-back', kind: setting.kind, level: setting.level });
      } catch (problem) {
        failed.push(name);
        reason = problem instanceof Error ? problem.message : String(problem);
        // It was waited for once; the next run puts the others back too.
        isGone = isSrgitError(problem, 'SRGIT_REGISTRY_UNREACHABLE', 'SRGIT_REGISTRY_TIMEOUT');
      }
    }
    if (failed.length === 0) {
      journal.note({ event: 'end', outcome: 'stopped', at: new Date().toISOString() });
      return error;
    }
    const known =
      error instanceof SrgitError ? error : new SrgitError('SRGIT_INTERNAL', String(error), { cause: error });
    return withUnrestored(known, failed, reason);
  }

  async #carryOut(step: PlanStep, follows: boolean): Promise<void> {
    const { journal, plan, onProgress, signal, patience } = this.#options;
    let inDoubt = false;
    const options: WriteOptions = {
      signal,
      ...(patience === undefined ? {} : { patience }),
      onDoubt: ({ message }) => {
        inDoubt = true;
        journal.note({ event: 'doubt', step: step.step, message });
      },
    };
    throwIfAborted(signal);
    try {
      if (step.action === 'register' && step.way === 'import') await this.#guard.checkImport(step);
      this.#begun.add(step.step);
      const result = await retryWhileLagging(follows, signal, () => carryOutStep(step, this.#context, options));
      await this.#guard.noteStep(step);
      this.#noteVersion(step, result);
      this.results.set(step.step, result);
      this.written++;
      journal.note({ event: 'done', step: step.step, ...result });
    } catch (error) {
      if (!(error instanceof SrgitError)) throw error;
      const isInterrupted = error.code === 'SRGIT_INTERRUPTED';
      const unknown = error.details['outcome'] === 'unknown' || (isInterrupted && inDoubt);
      journal.note({ event: 'failed', step: step.step, unknown, message: error.message });
      throw isInterrupted ? error : describeStepFailure(step, error);
    }
    onProgress?.({ phase: 'writing', done: this.results.size, total: plan.steps.length });
  }

  #noteVersion(step: PlanStep, result: StepResult | undefined): void {
    if (step.action !== 'register' || result?.version === undefined || result.version === step.version) return;
    this.#versions.set(`${step.version} ${step.subject}`, result.version);
    this.#shared.add(`${step.version} ${step.subject}`).add(`${result.version} ${step.subject}`);
  }

  #noteSilent(node: string): void {
    if (this.#silent.has(node)) return;
    this.#silent.add(node);
    this.#options.onWarning?.(`${node} does not answer: what is written is not read back there`);
  }
}

/** Refusals that a node gives which has not seen an earlier write yet: no subject, no version, no reference, not deleted. */
const MAY_BE_LAG: ReadonlySet<number> = new Set([40401, 40402, 40403, 40405, 40407, 42201, 42205, 42206]);
const LAG_WAITS_MS = [20, 60, 200, 600, 1200] as const;

/**
 * A follower looks at its own memory before it forwards, and that lags behind the leader; behind a load balancer any
 * node may be asked. A step that builds on an earlier one is tried again for two seconds before its refusal counts.
 */
async function retryWhileLagging<T>(
  follows: boolean,
  signal: AbortSignal | undefined,
  write: () => Promise<T>,
): Promise<T> {
  for (const wait of follows ? LAG_WAITS_MS : []) {
    try {
      return await write();
    } catch (error) {
      if (!(error instanceof SrgitError) || !MAY_BE_LAG.has(Number(error.details['errorCode']))) throw error;
    }
    await sleep(wait, undefined, signal === undefined ? {} : { signal }).catch(() => throwIfAborted(signal));
  }
  return write();
}
