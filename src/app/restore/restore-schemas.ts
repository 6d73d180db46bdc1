/** Restore and reconcile: a plan is made, looked at, carried out, and what came of it is verified. */
import { setTimeout as sleep } from 'node:timers/promises';
import { SrgitError, throwIfAborted } from '../../errors.ts';

import type { IdMap } from '../../plan/id-map.ts';

import type { Plan, Problem } from '../../plan/plan.ts';
import type { WritePatience } from '../../registry/settle-write.ts';
import { readSnapshot } from '../../registry/snapshot.ts';
import type { ClientStats } from '../../registry/types.ts';
import { schemaLanguages } from '../../schema/schema-port.ts';
import { Stopwatch } from '../stopwatch.ts';
import { type Applied, applyPlan } from './apply-plan.ts';
import { connectNodes } from './connect-nodes.ts';
import { settleVersions } from './given-versions.ts';
import { Journal } from './journal.ts';
import { beginJournal } from './journal-folder.ts';
import { type PlanRestoreOptions, type PreparedRestore, withPreparedRestore } from './plan-restore.ts';
import { priorSettings } from './prior-settings.ts';
import { redactPlan } from './saved-plan.ts';
import { indexRows, referencesIn, type SnapshotRows } from './snapshot-rows.ts';
import { exportForUndo, type Loss, lossOf } from './undo-export.ts';
import { verifyLevels } from './verify-levels.ts';
import { type VerifiedRows, verifyRows } from './verify-rows.ts';
import { type WrittenIdMap, writeIdMap } from './write-id-map.ts';

export interface RestoreOptions extends PlanRestoreOptions {
  /** Asked before anything is deleted that the source does not have deleted. */
  readonly confirm: (loss: Loss, plan: Plan) => Promise<boolean>;
  /** Prune whatever there is. */
  readonly allowDeletions: boolean;
  /** Commit the id map. */
  readonly commit: boolean;
  readonly message?: string | undefined;
  /** How long writes with an unknown outcome, or without a leader, are kept at. */
  readonly patience?: WritePatience | undefined;
}

export interface RestoreResult {
  readonly outcome: /** Everything that was planned is done. */
    | 'done'
    /** The registry was as asked for. */
    | 'nothing'
    /** The plan has errors: not one write was sent. */
    | 'refused'
    /** Somebody who was asked said no: not one write was sent. */
    | 'declined'
    /** It was carried out, and the registry is not as planned. */
    | 'different';
  readonly plan: Plan;
  readonly problems: readonly Problem[];
  /** Writes sent in this run. */
  readonly written: number;
  /** Steps that an interrupted run had done. */
  readonly resumed: number;
  readonly verified?: VerifiedRows;
  readonly idMap?: IdMap;
  /** File of the id map, and the commit it is in. */
  readonly idMapFile?: WrittenIdMap;
  /** Tree with what was replaced. */
  readonly undo?: string;
  readonly journal?: string;
  readonly warnings: readonly string[];
  readonly requests: ClientStats;
  /** Wall milliseconds by phase. */
  readonly durations: Readonly<Record<string, number>>;
}

/** @throws SrgitError of either side, SRGIT_DELETION_GUARD, and of the first step that the registry refused. */
export async function restoreSchemas(options: RestoreOptions): Promise<RestoreResult> {
  const watch = new Stopwatch();
  const warnings: string[] = [];
  const onWarning = (text: string): void => {
    warnings.push(text);
    options.onWarning?.(text);
  };
  const began = performance.now();
  return withPreparedRestore({ ...options, onWarning }, false, async (prepared) => {
    const run = new Restore({ ...options, onWarning }, prepared, watch);
    const result = await run.run();
    const { carrying = 0, verifying = 0 } = watch.durations;
    const planning = performance.now() - began - carrying - verifying;
    return {
      ...result,
      plan: redactPlan(prepared.plan),
      problems: prepared.plan.problems,
      warnings,
      requests: { ...prepared.client.stats },
      durations: { planning: Math.round(planning), ...watch.durations },
    };
  });
}

type Outcome = Omit<RestoreResult, 'plan' | 'problems' | 'warnings' | 'requests' | 'durations'>;

interface Verification {
  readonly verified: VerifiedRows;
  readonly results: Applied['results'];
  readonly after: SnapshotRows;
}

const LAG_WAITS_MS = [100, 400, 1500] as const;

class Restore {
  readonly #options: RestoreOptions;
  readonly #prepared: PreparedRestore;
  readonly #watch: Stopwatch;

  constructor(options: RestoreOptions, prepared: PreparedRestore, watch: Stopwatch) {
    this.#options = options;
    this.#prepared = prepared;
    this.#watch = watch;
  }

  async run(): Promise<Outcome> {
    const { plan, resume } = this.#prepared;
    const resumed = resume?.done.size ?? 0;
    if (plan.problems.some(({ severity }) => severity === 'error'))
      return { outcome: 'refused', written: 0, resumed: 0 };
    if (plan.steps.length === 0) return { outcome: 'nothing', written: 0, resumed: 0, ...(await this.#keepIdMap()) };
    const loss = lossOf(plan);
    if (loss.subjects.length > 0 && resume === undefined) {
      this.#guardPrune();
      if (!(await this.#options.confirm(loss, plan))) return { outcome: 'declined', written: 0, resumed: 0 };
    }
    const undo = loss.subjects.length > 0 && resume === undefined ? await this.#exportForUndo(loss) : undefined;
    const { applied, journal } = await this.#watch.time('carrying', this.#apply());
    const { verified, results, after } = await this.#watch.time('verifying', this.#verify(applied));
    const isRight = verified.differences.length === 0;
    return {
      outcome: isRight ? 'done' : 'different',
      written: applied.written,
      resumed,
      verified,
      journal,
      ...(undo === undefined ? {} : { undo }),
      // A map of what is not as planned would lead records astray.
      ...(isRight ? await this.#keepIdMap(results, after) : {}),
    };
  }

  /** A tree that lost its files must not empty a registry. */
  #guardPrune(): void {
    const { plan, before } = this.#prepared;
    const pruned = plan.steps.flatMap((step) => {
      if (step.action === 'delete-version' && step.why === 'prune') return [`${step.version} ${step.subject}`];
      if (step.action !== 'delete-subject' || step.why !== 'prune') return [];
      return step.versions.map((version) => `${version} ${step.subject}`);
    });
    const removed = new Set(pruned).size;
    const total = before.contexts.reduce((sum, { subjects }) => {
      return sum + subjects.reduce((versions, subject) => versions + subject.versions.length, 0);
    }, 0);
    if (this.#options.allowDeletions || removed < 5 || removed <= total * 0.1) return;
    throw new SrgitError(
      'SRGIT_DELETION_GUARD',
      `pruning would delete ${removed} of the registry's ${total} versions, more than 10 %`,
      {
        hint: 'If that is right, run it again with --allow-deletions. Nothing was changed now.',
        details: { removed, total },
      },
    );
  }

  async #exportForUndo(loss: Loss): Promise<string> {
    const { stateFolder, before } = this.#prepared;
    const now = new Date(this.#options.now()).toISOString();
    return exportForUndo({ stateFolder, snapshot: before, subjects: loss.subjects, now, signal: this.#options.signal });
  }

  async #apply(): Promise<{ readonly applied: Applied; readonly journal: string }> {
    const { plan, resume, client, capabilities, rows, textOf } = this.#prepared;
    const { registry, signal, onProgress, onWarning } = this.#options;
    const connected = await connectNodes(registry, signal);
    for (const warning of connected.warnings) onWarning?.(warning);
    const journal = await this.#openJournal();
    try {
      const applied = await applyPlan({
        plan,
        client,
        capabilities,
        nodes: connected.nodes,
        journal,
        done: resume?.done ?? new Map(),
        textOf,
        known: (subject) => {
          const versions = rows.get(subject);
          return versions && new Set(versions.keys());
        },
        referencesOf: referencesIn(rows),
        onProgress,
        onWarning,
        signal,
        patience: this.#options.patience,
      });
      journal.note({ event: 'end', outcome: 'complete', at: this.#time() });
      return { applied, journal: journal.file };
    } finally {
      await journal.close();
      await connected.close();
    }
  }

  async #openJournal(): Promise<Journal> {
    const { plan, resume, stateFolder } = this.#prepared;
    if (resume === undefined) {
      const prior = priorSettings(plan.steps);
      return beginJournal({ stateFolder, plan, urls: this.#options.registry.urls, prior, at: this.#time() });
    }
    const journal = await Journal.open(resume.file);
    journal.note({ event: 'resume', done: resume.done.size, at: this.#time() });
    await journal.sync();
    this.#options.onWarning?.(
      `going on with a restore that was interrupted: ${resume.done.size} of ${plan.steps.length} steps were done`,
    );
    return journal;
  }

  /**
   * Reads everything again. Behind one address there may be a node that lags: differences count only if they last, and
   * are looked at again for some seconds.
   */
  async #verify(applied: Applied): Promise<Verification> {
    for (const wait of LAG_WAITS_MS) {
      const verification = await this.#verifyOnce(applied);
      if (verification.verified.differences.length === 0) return verification;
      const { signal } = this.#options;
      await sleep(wait, undefined, signal === undefined ? {} : { signal }).catch(() => throwIfAborted(signal));
    }
    return this.#verifyOnce(applied);
  }

  async #verifyOnce(applied: Applied): Promise<Verification> {
    const { plan, client, capabilities, rows, textOf } = this.#prepared;
    const { signal, onProgress } = this.#options;
    const { snapshot } = await readSnapshot(client, capabilities, {
      settings: false,
      full: true,
      signal,
      onProgress: ({ phase, done, total }) => onProgress?.({ phase: `verifying ${phase}`, done, total }),
    });
    const after = indexRows(snapshot);
    const results = settleVersions(plan, applied.results, after);
    const found = verifyRows({
      plan,
      before: rows,
      after,
      results,
      textOf,
      port: schemaLanguages,
    });
    const levels = await verifyLevels(plan, client, signal);
    return { verified: { ...found, differences: [...found.differences, ...levels] }, results, after };
  }

  async #keepIdMap(
    results: Applied['results'] = new Map(),
    after?: SnapshotRows,
  ): Promise<Pick<RestoreResult, 'idMap' | 'idMapFile'>> {
    return writeIdMap({
      ...this.#options,
      plan: this.#prepared.plan,
      results,
      after,
    });
  }

  #time(): string {
    return new Date(this.#options.now()).toISOString();
  }
}
