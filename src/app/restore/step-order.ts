/**
 * Which steps of a plan must wait for which. The plan's order is one that is right; what is found here is how much of it
 * is needed, so that independent subjects are written at the same time.
 */
import { GLOBAL_CONTEXT, parseSubjectName } from '../../model/subject-name.ts';
import type { PlanStep } from '../../plan/plan.ts';

/** A version that another refers to; the subject is qualified. */
export interface Target {
  readonly subject: string;
  readonly version: number;
}

/** What a version that was in the registry before refers to. */
export type ReferencesOf = (subject: string, version: number) => readonly Target[];

/** For each step the earlier ones, by their place in `steps`, that must be done before it. */
export function orderSteps(steps: readonly PlanStep[], referencesOf: ReferencesOf): readonly (readonly number[])[] {
  const order = new StepOrder(referencesOf);
  return steps.map((step, at) => order.add(step, at));
}

class StepOrder {
  readonly #referencesOf: ReferencesOf;
  readonly #lastOfSubject = new Map<string, number>();
  /** Steps that change a whole context or everything; later steps there wait for them. */
  readonly #barrierOfContext = new Map<string, number>();
  #barrier: number | undefined;
  /** Steps since the last barrier, for the next one to wait for. */
  readonly #sinceOfContext = new Map<string, number[]>();
  #since: number[] = [];
  /** By version: the last step that makes it or takes it away. */
  readonly #lastOfVersion = new Map<string, number>();
  readonly #referencesOfNew = new Map<string, readonly Target[]>();
  /** By target, and by its subject: steps that make or take away a version that refers to it. */
  readonly #referrers = new Map<string, number[]>();

  /** Contexts in which something was deleted for good since the last registration. */
  readonly #freesIds = new Set<string>();

  constructor(referencesOf: ReferencesOf) {
    this.#referencesOf = referencesOf;
  }

  add(step: PlanStep, at: number): readonly number[] {
    const needed = new Set<number>();
    const { context, subject } = parseSubjectName(step.subject);
    const isSetting = step.action === 'set-mode' || step.action === 'set-config';
    if (isSetting && subject === '') {
      // The default context's settings are the registry's own, which others may inherit.
      const everything = step.subject === '' || context === GLOBAL_CONTEXT || context === '.';
      this.#passBarrier(everything ? undefined : context, at, needed);
      return [...needed];
    }
    // Which id a post gets depends on all that came before it: a plan that says which keeps its order.
    if (step.action === 'register' && step.way === 'post' && step.id !== undefined) {
      this.#passBarrier(context, at, needed);
    }
    // An import may take the id of what was deleted for good: it waits until all of that is gone.
    if (step.action === 'register' && this.#freesIds.delete(context)) this.#passBarrier(context, at, needed);
    if ('permanent' in step && step.permanent) this.#freesIds.add(context);
    this.#addSubjectStep(step, at, context, needed);
    needed.delete(at);
    return [...needed];
  }

  #addSubjectStep(step: PlanStep, at: number, context: string, needed: Set<number>): void {
    for (const before of [this.#lastOfSubject.get(step.subject), this.#barrierOfContext.get(context), this.#barrier]) {
      if (before !== undefined) needed.add(before);
    }
    this.#lastOfSubject.set(step.subject, at);
    push(this.#sinceOfContext, context, at);
    this.#since.push(at);
    if (step.action === 'register') this.#addRegister(step.subject, step.version, targetsOf(step), at, needed);
    if (step.action === 'delete-version') this.#addDelete(step.subject, [step.version], at, needed);
    if (step.action === 'delete-subject') this.#addDelete(step.subject, step.versions, at, needed);
  }

  #addRegister(subject: string, version: number, targets: readonly Target[], at: number, needed: Set<number>): void {
    for (const target of targets) {
      // A deletion too: what comes to refer to a version that is soft-deleted already would keep it from being so.
      const last = this.#lastOfVersion.get(keyOf(target.subject, target.version));
      if (last !== undefined) needed.add(last);
      this.#noteReferrer(target, at);
    }
    this.#lastOfVersion.set(keyOf(subject, version), at);
    this.#referencesOfNew.set(keyOf(subject, version), targets);
  }

  /** A version may go once those that refer to it are made, or gone. */
  #addDelete(subject: string, versions: readonly number[], at: number, needed: Set<number>): void {
    for (const version of versions) {
      for (const referrer of this.#referrers.get(keyOf(subject, version)) ?? []) needed.add(referrer);
      const targets = this.#referencesOfNew.get(keyOf(subject, version)) ?? this.#referencesOf(subject, version);
      for (const target of targets) this.#noteReferrer(target, at);
      this.#lastOfVersion.set(keyOf(subject, version), at);
    }
  }

  #noteReferrer(target: Target, at: number): void {
    push(this.#referrers, keyOf(target.subject, target.version), at);
  }

  /** @param context absent for all of them. */
  #passBarrier(context: string | undefined, at: number, needed: Set<number>): void {
    if (this.#barrier !== undefined) needed.add(this.#barrier);
    if (context === undefined) {
      for (const before of this.#since) needed.add(before);
      this.#barrier = at;
      this.#since = [];
      this.#sinceOfContext.clear();
      this.#barrierOfContext.clear();
      return;
    }
    const before = this.#barrierOfContext.get(context);
    if (before !== undefined) needed.add(before);
    for (const step of this.#sinceOfContext.get(context) ?? []) needed.add(step);
    this.#barrierOfContext.set(context, at);
    this.#sinceOfContext.delete(context);
    this.#since.push(at);
  }
}

function targetsOf(step: Extract<PlanStep, { readonly action: 'register' }>): readonly Target[] {
  const { context } = parseSubjectName(step.subject);
  return step.references.map(({ subject, version }) => ({ subject: qualify(subject, context), version }));
}

/** A reference's subject as listings show it: it is relative to the referrer's context unless it says otherwise. */
export function qualify(subject: string, home: string): string {
  const name = parseSubjectName(subject, home);
  return name.context === '.' ? name.subject : `:${name.context}:${name.subject}`;
}

function keyOf(subject: string, version: number): string {
  return `${version} ${subject}`;
}

function push(map: Map<string, number[]>, key: string, value: number): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [value]);
  else list.push(value);
}
