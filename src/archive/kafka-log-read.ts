/** The pieces of one partition of a broker's log. */
import { DEFAULT_LIMITS } from '../records/limits.ts';
import type { ReadOptions, SourcePiece } from '../records/record-source.ts';
import { AbortedFilter, TransactionScan } from '../records/transactions.ts';
import {
  describeFailure,
  endBefore,
  type Fates,
  isTransactionalData,
  Messages,
  pieceOfBatch,
  type Wanted,
} from './kafka-log-pieces.ts';
import { placeOfOffset } from './kafka-log-range.ts';
import { LogWalk, type OrderedLog, type Step, type WalkOptions } from './kafka-log-walk.ts';
import type { Storage } from './storage.ts';

/**
 * Transactions' ends lie behind their records: from the first transactional batch on, what follows is read once ahead, for
 * its markers. A log without transactions is read once.
 * @param startOffset offsets before it were deleted
 * @throws SrgitError SRGIT_RECORDS_DAMAGED, SRGIT_STORAGE_READ
 */
export async function* readLog(
  storage: Storage,
  log: OrderedLog,
  startOffset: bigint,
  options: ReadOptions,
  onWarning: (message: string) => void,
): AsyncGenerator<SourcePiece, undefined> {
  const { to, isolation = 'read_committed', skipDamaged = false, limits = DEFAULT_LIMITS, signal } = options;
  const from = options.from !== undefined && options.from > startOffset ? options.from : startOffset;
  const wanted: Wanted = { from, to, limits, skipDamaged };
  const walkOptions: WalkOptions = { limits, skipDamaged, onWarning, signal };
  const walk = new LogWalk(storage, log, await placeOfOffset(storage, log, from, signal), walkOptions);
  const isOver = (offset: bigint): boolean => to !== undefined && offset >= to;
  const messages = new Messages(wanted);
  let fates: Fates | undefined;
  try {
    while (!isOver(walk.nextOffset)) {
      let step = walk.step();
      if (step instanceof Promise) step = await step;
      const isLast = step?.kind !== 'batch' || walk.magic === 2;
      for (let piece = messages.take(isLast); piece !== undefined; piece = messages.take(isLast)) yield piece;
      if (step === undefined) break;
      let piece: SourcePiece | undefined;
      if (step.kind === 'damaged') piece = isOver(step.firstOffset) ? undefined : pieceOfDamage(step, to);
      else if (walk.magic < 2) {
        piece = addMessage(messages, walk, log, wanted);
        walk.consume();
      } else {
        if (isOver(walk.baseOffset)) break;
        if (isolation === 'read_committed' && fates === undefined && isTransactionalData(walk)) {
          fates = await findFates(storage, log, walk, to, walkOptions);
        }
        piece = pieceOfBatch(walk, log, wanted, fates);
        walk.consume();
      }
      if (piece !== undefined) yield piece;
    }
    for (let piece = messages.take(true); piece !== undefined; piece = messages.take(true)) yield piece;
  } finally {
    await walk.close();
  }
  return undefined;
}

function pieceOfDamage(step: Step & { kind: 'damaged' }, to: bigint | undefined): SourcePiece {
  return { ...step, kind: 'skipped', reason: 'damaged', lastOffset: endBefore(step.lastOffset, to) };
}

function addMessage(messages: Messages, walk: LogWalk, log: OrderedLog, wanted: Wanted): SourcePiece | undefined {
  try {
    messages.add(walk);
    return undefined;
  } catch (error) {
    const failure = describeFailure(error, log, walk);
    if (!wanted.skipDamaged) throw failure;
    const { nextOffset: firstOffset, lastOffset } = walk;
    return { kind: 'skipped', reason: 'damaged', firstOffset, lastOffset, detail: failure.message };
  }
}

/** How the transactions from here on ended, as far as records before `to` are concerned. */
async function findFates(
  storage: Storage,
  log: OrderedLog,
  from: LogWalk,
  to: bigint | undefined,
  options: WalkOptions,
): Promise<Fates> {
  const scan = new TransactionScan();
  // What is said of the log's end is said once, by the walk for the records.
  const walk = new LogWalk(storage, log, from.place, { ...options, onWarning: () => undefined });
  try {
    for (;;) {
      let step = walk.step();
      if (step instanceof Promise) step = await step;
      if (step === undefined) break;
      if (step.kind === 'damaged') continue;
      if (to !== undefined && walk.baseOffset >= to && ![...scan.open.values()].some((offset) => offset < to)) break;
      if (walk.magic === 2) scan.add(walk.bytes, walk.start, walk.end);
      walk.consume();
    }
  } catch (error) {
    throw describeFailure(error, log, walk);
  } finally {
    await walk.close();
  }
  const open = [...scan.open].map(([producerId, firstOffset]) => ({ producerId, firstOffset }));
  return { filter: new AbortedFilter([...scan.aborted, ...open]), open: scan.open };
}
