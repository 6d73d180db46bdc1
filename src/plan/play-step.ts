/** One step of a plan carried out on a state by the registry's rules: for the simulation, for tests, for rehearsals. */
import type { SchemaPort } from '../schema/schema-port.ts';
import { applyRecords } from '../semantics/apply.ts';
import { decideDeleteConfig, decideUpdateConfig } from '../semantics/config.ts';
import { type Decided, isRefusal, type Refusal, type Rules } from '../semantics/decision.ts';
import { decideDeleteSubject, decideDeleteVersion } from '../semantics/delete.ts';
import { decideDeleteMode, decideUpdateMode } from '../semantics/mode.ts';
import { canonicalSubject } from '../semantics/names.ts';
import type { RegistryRecord } from '../semantics/records.ts';
import { decideRegister, type Registered } from '../semantics/register.ts';
import type { RegistryState } from '../semantics/state.ts';
import type { PlanStep, RegisterStep } from './plan.ts';

/** A step before it has its place and verdict. */
export type UnplacedStep = PlanStep extends infer Step
  ? Step extends PlanStep
    ? Omit<Step, 'step' | 'verdict'>
    : never
  : never;

type UnplacedRegister = Omit<RegisterStep, 'step' | 'verdict'>;

export interface PlayOptions {
  readonly port: SchemaPort;
  readonly rules: Rules;
  /** Epoch milliseconds; 0 by default. */
  readonly now?: number;
  /** Ids are taken in any mode. */
  readonly importAnytime?: boolean;
}

export interface Played {
  /** Empty: nothing changed. */
  readonly records: readonly RegistryRecord[];
  /** What a registration was answered. */
  readonly registered?: Registered;
}

/**
 * Changes the state as the step would change a registry.
 *
 * @param text what a registration sends; unused by other steps.
 * @returns the registry's refusal; then the state is as before.
 */
export function playStep(
  state: RegistryState,
  step: UnplacedStep,
  text: string | undefined,
  options: PlayOptions,
): Played | Refusal {
  if (step.action === 'register') {
    const registered = decideAs(state, step, text ?? '', options);
    if (isRefusal(registered)) return registered;
    applyRecords(state, registered.records);
    return { records: registered.records, registered: registered.answer };
  }
  const decided = decide(state, step, options);
  if (isRefusal(decided)) return decided;
  applyRecords(state, decided.records);
  return { records: decided.records };
}

/** What the registry would answer to a registration, without carrying it out. */
export function decideAs(
  state: RegistryState,
  step: UnplacedRegister,
  text: string,
  options: PlayOptions,
): Decided<Registered> {
  const { subject, schemaType, references, metadata, ruleSet, way, id, version } = step;
  const command = {
    subject,
    schema: text,
    schemaType,
    references,
    ...(metadata === undefined ? {} : { metadata }),
    ...(ruleSet === undefined ? {} : { ruleSet }),
    ...(way === 'import' ? { ...(id === undefined ? {} : { id }), version } : {}),
    now: options.now ?? 0,
  };
  if (way === 'post' || options.importAnytime !== true) {
    return decideRegister(state, command, options.port, options.rules);
  }
  const key = canonicalSubject(subject);
  const mode = state.modes.get(key);
  state.modes.set(key, 'IMPORT');
  try {
    return decideRegister(state, command, options.port, options.rules);
  } finally {
    if (mode === undefined) state.modes.delete(key);
    else state.modes.set(key, mode);
  }
}

type OtherStep = Exclude<UnplacedStep, { readonly action: 'register' }>;

function decide(state: RegistryState, step: OtherStep, { rules, now = 0 }: PlayOptions): Decided<unknown> {
  const { subject } = step;
  switch (step.action) {
    case 'delete-version':
      return decideDeleteVersion(state, { subject, version: step.version, permanent: step.permanent, now }, rules);
    case 'delete-subject':
      return decideDeleteSubject(state, { subject, permanent: step.permanent, now }, rules);
    case 'set-mode':
      if (step.mode === null) return decideDeleteMode(state, { name: subject, recursive: false, now }, rules);
      // Without force Confluent hard-deletes soft-deleted versions when IMPORT is set (observed).
      return decideUpdateMode(state, { name: subject, mode: step.mode, force: true, now }, rules);
    case 'set-config':
      if (step.config === null) return decideDeleteConfig(state, { name: subject, now }, rules);
      return decideUpdateConfig(state, { name: subject, changes: step.config, now }, rules);
  }
}
