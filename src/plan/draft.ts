/** A plan while it is made: steps are played through on the target's state as they are added. */
import type { LevelSettings } from '../model/registry-snapshot.ts';
import { applyRecords } from '../semantics/apply.ts';
import { isRefusal, type Refusal, type Rules } from '../semantics/decision.ts';
import type { Registered } from '../semantics/register.ts';
import { described, schemaRecord } from '../semantics/schema-record.ts';
import { stateFromSnapshot } from '../semantics/snapshot-state.ts';
import { contextIds, type RegistryState } from '../semantics/state.ts';
import type { PlanStep, Problem, Verdict } from './plan.ts';
import type { PlanContext } from './plan-context.ts';
import { decideAs, type Played, type PlayOptions, playStep, type UnplacedStep } from './play-step.ts';
import { describeRefusal } from './refusal-problem.ts';

type UnplacedRegister = Extract<UnplacedStep, { readonly action: 'register' }>;
type OtherStep = Exclude<UnplacedStep, { readonly action: 'register' }>;

/** What a problem with a step is about, in the source's words. */
export interface StepSubject {
  readonly subject?: string;
  readonly version?: number;
  readonly file?: string;
  /** Of a refusal; `error` unless this is given. Of registries whose rules are not known it is always a warning. */
  readonly severity?: Problem['severity'];
}

export interface Draft {
  readonly steps: readonly PlanStep[];
  /** What registrations send, by step number. */
  readonly texts: ReadonlyMap<number, string>;
  /** The target's state after the steps so far. */
  readonly state: () => RegistryState;
  readonly rules: Rules;
  /** Config and mode of a level after the steps so far. */
  readonly settingsOf: (level: string) => LevelSettings;
  /** Adds a step. @returns undefined when the registry would refuse it; that is reported. */
  readonly add: (step: OtherStep, about?: StepSubject) => Played | undefined;
  /** Adds a registration, completed by what the registry answers. */
  readonly register: (step: UnplacedRegister, text: string, about: StepSubject) => Registration | undefined;
  /** What the registry would answer to a registration now, when that changes nothing: it has the schema already. */
  readonly findRegistered: (step: UnplacedRegister, text: string) => Registered | undefined;
}

export interface Registration {
  readonly version: number;
  readonly guid: string;
  /** Versions that the registry drops for it: softly deleted ones with the same content. */
  readonly dropped: readonly number[];
}

export function createDraft(context: PlanContext): Draft {
  const { target, index, report, knownRules, port } = context;
  const steps: PlanStep[] = [];
  const texts = new Map<number, string>();
  const verdict: Verdict = knownRules ? 'simulated' : 'unverifiable';
  const rules: Rules = { strictConfluent: target.capabilities.ruleSets === 'dropped' };
  const playing: PlayOptions = { port, rules, importAnytime: !target.capabilities.importNeedsMode };
  let played: RegistryState | undefined;
  // A registry that is as asked for is told so without a state being made of it.
  const state = (): RegistryState => {
    played ??= stateFromSnapshot(target.snapshot, { maxIds: Object.fromEntries(target.maxIds ?? []) });
    return played;
  };
  const place = (step: UnplacedStep): void => {
    steps.push({ ...step, step: steps.length, verdict });
  };
  const reportRefusal = (step: UnplacedStep, refusal: Refusal, about: StepSubject): void => {
    const { severity = 'error', ...where } = about;
    report({ ...where, severity: knownRules ? severity : 'warning', ...describeRefusal(step, refusal) });
  };

  const add = (step: OtherStep, about: StepSubject = {}): Played | undefined => {
    const result = playStep(state(), step, undefined, playing);
    if (!isRefusal(result)) {
      place(step);
      return result;
    }
    reportRefusal(step, result, { subject: step.subject, ...about });
    if (!knownRules) place(step);
    return undefined;
  };

  const register = (step: UnplacedRegister, text: string, about: StepSubject): Registration | undefined => {
    const decided = decideAs(state(), step, text, playing);
    if (isRefusal(decided)) {
      reportRefusal(step, decided, about);
      if (knownRules) return undefined;
      // This registry may take it: what builds on it is planned too.
      const { subject, version, guid, schemaType, references, metadata, ruleSet } = step;
      const content = { schemaType, schema: text, references, ...described(metadata, ruleSet) };
      const id = step.id ?? (contextIds(state(), subject)?.lastId ?? 0) + 1;
      applyRecords(state(), [schemaRecord(subject, version, id, content, false, 0)]);
      texts.set(steps.length, text);
      place(step);
      return { version, guid, dropped: [] };
    }
    applyRecords(state(), decided.records);
    const { version, guid } = decided.answer;
    texts.set(steps.length, text);
    place({ ...step, version, guid });
    const dropped = decided.records.flatMap(({ key, value }) =>
      key.keytype === 'SCHEMA' && value === null ? [key.version] : [],
    );
    return { version, guid, dropped };
  };

  return {
    steps,
    texts,
    state,
    rules,
    settingsOf: (level) => {
      if (played === undefined) return index.settings.get(level) ?? {};
      const config = played.configs.get(level);
      const mode = played.modes.get(level);
      return { ...(config === undefined ? {} : { config }), ...(mode === undefined ? {} : { mode }) };
    },
    add,
    register,
    findRegistered: (step, text) => {
      const decided = decideAs(state(), step, text, playing);
      return isRefusal(decided) || decided.records.length > 0 ? undefined : decided.answer;
    },
  };
}
