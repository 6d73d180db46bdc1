/** From two states to a plan: what becomes of every subject, in which steps, and everything that speaks against it. */
import type { RegistrySnapshot } from '../model/registry-snapshot.ts';
import { checkOutcome } from './check-outcome.ts';
import { deleteForGood, deleteSoftly } from './delete-rows.ts';
import { createDraft, type Draft } from './draft.ts';
import { fingerprintSnapshot } from './fingerprint.ts';
import { judgeVersions } from './judge-versions.ts';
import { liftAliases } from './lift-aliases.ts';
import { nameCauses } from './name-causes.ts';
import { type Placements, placeRows } from './place-rows.ts';
import { PLAN_FORMAT, type Plan, type PlanOptions, type RegisterStep } from './plan.ts';
import { createPlanContext, type PlanContext } from './plan-context.ts';
import type { PlanSourceState, PlanTargetState, PlanTools } from './plan-input.ts';
import { planIds } from './planned-ids.ts';
import { findPrunedRows, type PrunedRows } from './prune-rows.ts';
import { type RegisteredPending, registerPending } from './register-pending.ts';
import { type RegisteredRows, registerRows } from './register-rows.ts';
import { findReplacedRows } from './replaced-rows.ts';
import { reportDroppedFields, type SettingsTally, setConfigs, setModes } from './settings-steps.ts';
import { reportLosses, reportSkipped, reportSource } from './source-problems.ts';
import { summarizeSubjects } from './summarize-subjects.ts';
import type { TargetRow } from './target-index.ts';
import { wantSettings } from './wanted-settings.ts';
import { createWriteWindows } from './write-windows.ts';

export interface PlannedRestore {
  readonly plan: Plan;
  /** The text that a registration of this plan sends. See `textsOf` for a plan that was saved. */
  readonly texts: (step: RegisterStep) => string;
}

/**
 * Makes the plan, with all of its problems. Its steps have been played through on the target's state; with an error
 * among the problems nothing of it is to be carried out.
 */
export function makePlan(
  source: PlanSourceState,
  target: PlanTargetState,
  options: PlanOptions,
  tools: PlanTools,
): PlannedRestore {
  const context = createPlanContext(source, target, options, tools);
  reportSource(context);
  const { removed, blocked } = findReplacedRows(context);
  const placements = placeRows(context, removed);
  const draft = createDraft(context);
  const tally: SettingsTally = { config: new Set(), mode: new Set() };
  const pruned = findPrunedRows(context, placements.list, removed, placements.skipped);
  const { pending, stored } = draftSteps(context, draft, { removed, blocked, placements, pruned, tally });
  reportSkipped(context, placements);
  reportLosses(context, removed, pruned);
  const ids = planIds(context, placements.list, stored);
  const hasErrors = () => context.problems.some(({ severity }) => severity === 'error');
  if (draft.steps.length > 0 && context.knownRules && target.capabilities.import && !hasErrors()) {
    checkOutcome(context, draft, {
      placements: placements.list,
      gone: new Set([...removed, ...pruned.forGood]),
      hidden: new Set(pruned.rows),
      posted: pending.added,
    });
  }
  // By force all is as in the source, or nothing is done.
  const steps = options.ids === 'force' && hasErrors() ? [] : draft.steps;
  const plan: Plan = {
    format: PLAN_FORMAT,
    source: { ...source.identity, fingerprint: fingerprintSource(source) },
    target: {
      name: target.identity.name ?? '',
      kind: target.identity.kind,
      ...(target.identity.version === undefined ? {} : { version: target.identity.version }),
      fingerprint: fingerprintSnapshot(target.snapshot),
    },
    options,
    steps,
    problems: sortProblems(context),
    subjects: nameCauses(context, summarizeSubjects(context, { placements, removed, pruned, pending, tally })),
    ids,
  };
  const texts = new Map(draft.texts);
  return { plan, texts: ({ step }) => texts.get(step) ?? '' };
}

interface Drafting {
  readonly removed: ReadonlySet<TargetRow>;
  /** Subjects that cannot be written, for a reason that has been told. */
  readonly blocked: ReadonlySet<string>;
  readonly placements: Placements;
  readonly pruned: PrunedRows;
  readonly tally: SettingsTally;
}

interface Drafted {
  readonly pending: RegisteredPending;
  readonly stored: RegisteredRows['stored'];
}

function draftSteps(context: PlanContext, draft: Draft, drafting: Drafting): Drafted {
  const { removed, blocked, placements, pruned, tally } = drafting;
  const { options, target } = context;
  const levels = wantSettings(context, {
    made: madeSubjects(context, placements, removed),
    skipped: placements.skipped,
    pruned: pruned.levels,
  });
  const aliases = liftAliases(context, draft, levels);
  const windows = createWriteWindows(context, draft, blocked, aliases);
  const addresses = (rows: Iterable<TargetRow>) =>
    [...rows]
      .filter(({ subject }) => windows.takesVersions(subject))
      .map(({ subject, row }) => ({ subject, version: row.version }));
  const replaced = addresses(removed);
  const lift = (rows: readonly { readonly subject: string }[]): void => {
    for (const { subject } of rows) aliases.lift(subject);
  };
  if (replaced.length > 0) {
    lift(replaced);
    deleteSoftly(draft, replaced, 'replace');
    deleteForGood(draft, replaced, 'replace');
  }
  let stored: RegisteredRows['stored'] = new Map();
  const hasWrites = placements.list.some(
    ({ action, ends, failed }) => !failed && (action === 'add' || action === 'undelete' || ends === 'deleted'),
  );
  if (hasWrites) {
    const registered = registerRows(context, draft, windows, placements.list);
    const { toDelete } = registered;
    stored = registered.stored;
    judgeVersions(context, draft, placements.list);
    // A registry that takes no imports refuses to delete what a live version is built on.
    const severity = options.kind === 'restore' && !target.capabilities.import ? 'warning' : 'error';
    lift(toDelete);
    if (toDelete.length > 0) deleteSoftly(draft, toDelete, 'soft-deleted', { severity });
  }
  const unwanted = addresses(pruned.rows);
  if (unwanted.length > 0) {
    lift(unwanted);
    deleteSoftly(draft, unwanted, 'prune');
    deleteForGood(draft, addresses(pruned.forGood), 'prune');
  }
  if (options.settings) reportDroppedFields(context);
  setConfigs(context, draft, { windows, aliases }, levels, 'all but aliases', tally);
  const pending: RegisteredPending =
    context.source.pending.length === 0
      ? { added: new Map(), kept: new Map() }
      : registerPending(context, draft, windows, placements);
  setConfigs(context, draft, { windows, aliases }, levels, 'aliases', tally);
  aliases.putBack();
  setModes(context, draft, levels, tally);
  return { pending, stored };
}

/** Subjects that had no live version, or lose some, before they get the tree's. */
function madeSubjects(
  { index, rows }: PlanContext,
  { list }: Placements,
  removed: ReadonlySet<TargetRow>,
): ReadonlySet<string> {
  const made = new Set([...removed].map(({ subject }) => subject));
  for (const { source, action } of list) {
    if (action !== 'add' && action !== 'undelete') continue;
    const there = index.subjects.get(source.subject)?.values() ?? [];
    if (![...there].some(({ row }) => !row.deleted)) made.add(source.subject);
  }
  for (const subject of rows.subjects.values()) {
    // Settings only, on both sides.
    if (!index.subjects.has(subject) && !index.settings.has(subject)) made.add(subject);
  }
  return made;
}

/** Errors first; then in the order in which they were found. */
function sortProblems({ problems }: PlanContext): Plan['problems'] {
  const rank = { error: 0, warning: 1 } as const;
  return [...problems].sort((a, b) => rank[a.severity] - rank[b.severity]);
}

/** What was added by hand counts too. */
function fingerprintSource({ snapshot, pending }: PlanSourceState): string {
  if (pending.length === 0) return fingerprintSnapshot(snapshot);
  const gaps = pending.map(({ context, subject, version, schemaType, schema, references }) => ({
    what: 'versions' as const,
    where: JSON.stringify([context, subject, version, schemaType, schema, references ?? null]),
    why: '',
  }));
  const whole: RegistrySnapshot = { ...snapshot, gaps: [...snapshot.gaps, ...gaps] };
  return fingerprintSnapshot(whole);
}
