/** A live mirror: what has come to the source since the last look is replayed, again and again, until told to stop. */
import { setTimeout as sleep } from 'node:timers/promises';
import { SrgitError } from '../../../errors.ts';
import { laneKey } from './replay-position.ts';
import { type ReplayOptions, type ReplayResult, replayRecords } from './replay-records.ts';
import type { TopicReplay } from './replay-tally.ts';

export interface FollowOptions extends Omit<ReplayOptions, 'scan' | 'dryRun'> {
  /** From the end of one look to the next. */
  readonly intervalMs: number;
  /** After a look that found records. */
  readonly onRound?: ((round: { readonly records: number; readonly total: number }) => void) | undefined;
}

/**
 * Each look continues at the committed positions, finds new topics and partitions, and is exactly once by itself: so is the
 * whole, whenever it is killed. The positions do not depend on the id map, which may be extended while the mirror rests.
 *
 * @returns totals, when the signal aborts
 * @throws SrgitError of source and target, SRGIT_SCHEMA_UNKNOWN at a record whose schema the map lacks: what was before it
 * is committed, and the next run goes on there. SRGIT_USAGE where several partitions would become one
 */
export async function followRecords(options: FollowOptions): Promise<ReplayResult> {
  const { target, source, signal, intervalMs } = options;
  if (source.kind !== 'kafka' || target.kind !== 'kafka') {
    throw new SrgitError('SRGIT_USAGE', 'only a live cluster can be followed, and into another one only', {
      hint: 'Give --from kafka:NAME and --to kafka:NAME.',
    });
  }
  const warned = new Set<string>();
  const totals = new Map<string, TopicReplay>();
  let last: ReplayResult | undefined;
  let total = 0;
  for (;;) {
    try {
      const round = await replayRecords({
        ...options,
        target: { ...target, ledger: `srgit-replay-mirror-${source.id}`, holdSettings: false },
        scan: false,
        ...(last === undefined ? {} : { registry: { skip: 'it was asked at the start' } }),
        // Records that come later would never be looked for in a partition that another one stands behind.
        onLanes: (lanes) => {
          const joined = lanes.find(({ sources }) => sources.length > 1);
          if (joined !== undefined) throw joinedError(laneKey(joined));
        },
        onWarning: (text) => {
          if (!warned.has(text)) options.onWarning?.(text);
          warned.add(text);
        },
      });
      last = { ...round, proof: last?.proof ?? round.proof };
      addTotals(totals, round.topics);
      total += round.records;
      if (round.records > 0) options.onRound?.({ records: round.records, total });
      await sleep(intervalMs, undefined, { signal });
    } catch (error) {
      if (signal?.aborted !== true || last === undefined) throw error;
      const bytes = [...totals.values()].reduce((sum, topic) => sum + topic.bytes, 0);
      return { ...last, topics: [...totals.values()], records: total, bytes, samples: [], warnings: [...warned] };
    }
  }
}

/** Counts only: what is told of single ids would grow for as long as the mirror lives. */
function addTotals(totals: Map<string, TopicReplay>, topics: readonly TopicReplay[]): void {
  for (const { topic, from, partitions, records, bytes, patched, takenOut, outside } of topics) {
    const before = totals.get(topic);
    totals.set(topic, {
      topic,
      from,
      partitions: Math.max(partitions, before?.partitions ?? 0),
      records: records + (before?.records ?? 0),
      bytes: bytes + (before?.bytes ?? 0),
      patched: patched + (before?.patched ?? 0),
      takenOut: takenOut + (before?.takenOut ?? 0),
      outside: outside + (before?.outside ?? 0),
      ids: [],
      skipped: [],
    });
  }
}

function joinedError(place: string): SrgitError {
  return new SrgitError('SRGIT_USAGE', `several partitions would become one, ${place}, which cannot be followed`, {
    hint: 'Give each partition its own place: one mirror for each topic that is to be joined.',
  });
}
