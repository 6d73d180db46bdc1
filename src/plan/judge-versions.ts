/** Imports are not checked by a registry: what follows live versions of the target is held against them here. */
import type { ConfigRecord } from '../model/schema-version.ts';
import { applyRecord } from '../semantics/apply.ts';
import { describeVerdict, judgeCandidate } from '../semantics/compatibility.ts';
import { configInScope, configRecord } from '../semantics/config.ts';
import { isRefusal } from '../semantics/decision.ts';
import { findRow } from '../semantics/state.ts';
import type { Draft } from './draft.ts';
import { aboutRow } from './name-rows.ts';
import type { Placement } from './place-rows.ts';
import type { PlanContext } from './plan-context.ts';
import { INCOMPATIBLE_HINT } from './refusal-problem.ts';

/**
 * Judges the versions that the plan has registered after a subject's live ones, at the level in force in the target or
 * the one asked for. What a subject gets that had no live version is its history, and so is what lies before the
 * highest live one: neither is judged. An overwrite is not judged either.
 */
export function judgeVersions(context: PlanContext, draft: Draft, placements: readonly Placement[]): void {
  const { options } = context;
  if (options.forceRegister || options.setCompatibility === 'NONE') return;
  const added = new Map<string, Placement[]>();
  const endings = new Map<string, Set<number>>();
  for (const placement of placements) {
    const { source, version, action, ends, failed, strategy } = placement;
    const { subject } = source;
    if (ends === 'deleted') endings.set(subject, (endings.get(subject) ?? new Set()).add(version));
    if (failed || strategy === 'overwrite' || (action !== 'add' && action !== 'undelete')) continue;
    const known = added.get(subject);
    if (known === undefined) added.set(subject, [placement]);
    else known.push(placement);
  }
  for (const [subject, list] of added) {
    const rows = context.index.subjects.get(subject)?.values() ?? [];
    const highest = [...rows].reduce((last, { row }) => (row.deleted ? last : Math.max(last, row.version)), 0);
    if (highest === 0) continue;
    const ending = endings.get(subject) ?? new Set();
    const judged = list.filter(({ version }) => version > highest && !ending.has(version));
    withLevel(draft, subject, options.setCompatibility, () => {
      for (const placement of judged) judge(context, draft, placement, ending);
    });
  }
}

function judge(context: PlanContext, draft: Draft, placement: Placement, ending: ReadonlySet<number>): void {
  const state = draft.state();
  const { source, version } = placement;
  const row = findRow(state, source.subject, version);
  if (row === undefined) return;
  const before = (state.subjects.get(source.subject)?.rows ?? []).filter(
    (other) => !other.deleted && other.version < version && !ending.has(other.version),
  );
  const verdict = judgeCandidate(state, source.subject, row, context.port, {}, before);
  if (isRefusal(verdict) || verdict.isCompatible) return;
  context.report({
    ...aboutRow(source),
    // The level of a registry with rules of its own may not mean what it means here.
    severity: context.knownRules ? 'error' : 'warning',
    reason: 'INCOMPATIBLE',
    message: `Schema registration failed for subject ${source.subject}: version ${version} is ${describeVerdict(verdict)}`,
    hint: INCOMPATIBLE_HINT,
  });
}

function withLevel(draft: Draft, subject: string, level: string | undefined, run: () => void): void {
  const state = draft.state();
  if (level === undefined) {
    run();
    return;
  }
  const own = state.configs.get(subject);
  const set = (value: ConfigRecord | null) => applyRecord(state, configRecord(subject, value, 0));
  set({ fields: configInScope(state, subject)?.fields ?? {}, compatibility: level });
  run();
  set(own ?? null);
}
