/** What earlier runs left unfinished: continued where the same is asked for again, else put back and closed. */
import { SrgitError } from '../../errors.ts';
import type { Plan } from '../../plan/plan.ts';
import type { RegistryClient } from '../../registry/types.ts';
import type { StepResult } from './carry-out-step.ts';
import { Journal } from './journal.ts';
import { settingKey } from './journal-entries.ts';
import type { UnfinishedJournal } from './journal-folder.ts';
import { putBack, standingSettings } from './prior-settings.ts';
import { resumePlan } from './resume-plan.ts';
import type { SnapshotRows } from './snapshot-rows.ts';

/** A plan that an earlier run began. */
export interface ResumablePlan {
  readonly file: string;
  readonly plan: Plan;
  readonly done: ReadonlyMap<number, StepResult>;
}

export interface SettleOptions {
  readonly journals: readonly UnfinishedJournal[];
  /** Whether a journal is of what is asked for now. */
  readonly isSame: (journal: UnfinishedJournal) => boolean;
  readonly rows: SnapshotRows;
  readonly client: RegistryClient;
  /** True when nothing but putting back is to be done: then no journal is closed for good. */
  readonly isDryRun: boolean;
  readonly signal?: AbortSignal | undefined;
  readonly onWarning?: ((text: string) => void) | undefined;
}

export interface Settled {
  readonly resume?: ResumablePlan;
  /** Whether settings of the registry were put back, so that what was read of it is old. */
  readonly changed: boolean;
}

export async function settleJournals(options: SettleOptions): Promise<Settled> {
  let resume: ResumablePlan | undefined;
  let changed = false;
  for (const journal of options.journals) {
    const done = continuation(journal, options);
    if (done !== undefined && journal.plan !== undefined && resume === undefined && !options.isDryRun) {
      resume = { file: journal.file, plan: journal.plan, done };
      continue;
    }
    changed = (await putBackAll(journal, options)) || changed;
  }
  return { ...(resume === undefined ? {} : { resume }), changed };
}

function continuation(journal: UnfinishedJournal, { isSame, rows }: SettleOptions) {
  if (journal.plan === undefined || !isSame(journal)) return undefined;
  return resumePlan(journal.plan, journal.state, rows);
}

/** @returns whether anything was put back. */
async function putBackAll({ file, state, plan }: UnfinishedJournal, options: SettleOptions): Promise<boolean> {
  const standing =
    plan === undefined
      ? state.prior
      : standingSettings(
          plan.steps,
          (step) => state.begun.has(step),
          (step) => state.done.has(step),
        );
  const left = standing.filter((setting) => !state.putBack.has(settingKey(setting)));
  const { onWarning } = options;
  const steps = `${state.done.size} of ${state.open.steps} steps done`;
  const journal = await Journal.open(file);
  try {
    for (const setting of [...left].reverse()) {
      await putBack(options.client, setting, { signal: options.signal });
      journal.note({ event: 'put-back', kind: setting.kind, level: setting.level });
    }
    const outcome = options.isDryRun ? 'stopped' : 'abandoned';
    if (left.length > 0 || !options.isDryRun) journal.note({ event: 'end', outcome, at: new Date().toISOString() });
  } catch (error) {
    if (!options.isDryRun || !(error instanceof SrgitError) || error.code === 'SRGIT_INTERRUPTED') throw error;
    onWarning?.(
      `an interrupted restore of ${state.open.at} left temporary modes or levels in the registry, and they could not be put back: ${error.message}`,
    );
    return false;
  } finally {
    await journal.close();
  }
  if (left.length > 0) {
    const [first] = left;
    const level = first?.level === '' ? 'the registry' : (first?.level ?? '');
    const more = left.length > 1 ? ` and ${left.length - 1} more` : '';
    onWarning?.(
      `an interrupted restore of ${state.open.at} (${steps}) had left the ${first?.kind} of ${level}${more} changed: put back`,
    );
  }
  return left.length > 0;
}
