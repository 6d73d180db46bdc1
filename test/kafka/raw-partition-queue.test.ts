/**
 * The queue of a partition against a broker's rule for sequences, played in memory: random refusals, retriable failures,
 * lost answers and lost requests. `SRGIT_SEED` repeats a run, `SRGIT_RUNS` sets how many.
 */
import { expect, test } from 'vitest';
import { advanceSequence, PartitionQueue, type PendingBatch } from '../../src/kafka/raw-partition-queue.ts';
import { randomNumbers } from '../support/random-numbers.ts';

const seed = Number(process.env['SRGIT_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
const RUNS = Number(process.env['SRGIT_RUNS'] ?? 2000);
const MOST = 5;

/** What a broker does with one producer's batches on one partition: in sequence only, the last five are known again. */
class Broker {
  readonly log: number[] = [];
  private known: { sequence: number; end: number }[] = [];
  private end: number | undefined;

  /** Numbers name batches; `too-large` is looked at before the sequence, as brokers do. */
  append(batch: PendingBatch, number: number, isTooLarge: boolean): 'ok' | 'out-of-order' | 'refused' {
    if (isTooLarge) return 'refused';
    const end = advanceSequence(batch.sequence, batch.recordCount);
    if (this.known.some((each) => each.sequence === batch.sequence && each.end === end)) return 'ok';
    // A producer that is not known may begin with any sequence.
    if (this.end !== undefined && this.end !== batch.sequence) return 'out-of-order';
    this.end = end;
    this.known = [...this.known, { sequence: batch.sequence, end }].slice(-MOST);
    this.log.push(number);
    return 'ok';
  }
}

test('sequences wrap after 2^31 - 1', () => {
  expect(advanceSequence(2 ** 31 - 1, 1)).toBe(0);
  expect(advanceSequence(2 ** 31 - 3, 10)).toBe(7);
  expect(advanceSequence(5, 10)).toBe(15);
});

function hear(queue: PartitionQueue, batch: PendingBatch, said: ReturnType<Broker['append']>, isFirst: boolean): void {
  if (said === 'ok') queue.written(batch, 0n);
  else if (said === 'refused') queue.refused(batch, new Error('too large'));
  else if (batch.isStale || !isFirst) queue.again(batch, 0);
  else throw new Error(`sequence ${batch.sequence} is out of order, and none is before it`);
}

/** Plays one random history; answers what was acknowledged and refused, by number. */
function play(random: () => number): { broker: Broker; acknowledged: number[]; refused: Set<number>; count: number } {
  const queue = new PartitionQueue('topic', 0, 2 ** 31 - 1 - Math.floor(random() * 200));
  const broker = new Broker();
  const acknowledged: number[] = [];
  const refused = new Set<number>();
  const numbers = new Map<Buffer, number>();
  const tooLarge = new Set<number>();
  const count = 1 + Math.floor(random() * 25);
  for (let number = 0; number < count; number++) {
    const bytes = Buffer.alloc(1);
    numbers.set(bytes, number);
    if (random() < 0.1) tooLarge.add(number);
    queue.add({
      bytes,
      recordCount: 1 + Math.floor(random() * 50),
      deadline: Number.POSITIVE_INFINITY,
      settle: (outcome) => {
        if (outcome instanceof Error) refused.add(number);
        else acknowledged.push(number);
      },
    });
  }
  const faulty = random() < 0.8;
  for (let steps = 0; !queue.isIdle; steps++) {
    if (steps > 10_000) throw new Error('it never ends');
    const sent: PendingBatch[] = [];
    while (queue.mayGo(0, MOST)) sent.push(queue.take());
    // A connection that is lost loses everything behind that point, requests or answers.
    let isLost = false;
    for (const batch of sent) {
      const number = numbers.get(batch.bytes) as number;
      const fate = faulty && steps < 200 ? random() : 1;
      isLost ||= fate < 0.05;
      // Not written, but may be later: too few replicas in sync.
      if (isLost || fate < 0.15) queue.again(batch, 0);
      else {
        const isFirst = queue.isFirst(batch);
        const said = broker.append(batch, number, tooLarge.has(number));
        isLost = fate < 0.2;
        if (isLost) queue.again(batch, 0);
        else hear(queue, batch, said, isFirst);
      }
    }
  }
  return { broker, acknowledged, refused, count };
}

test(`each batch once and in order, refused ones left out (${RUNS} random histories)`, () => {
  const random = randomNumbers(seed);
  for (let run = 0; run < RUNS; run++) {
    const { broker, acknowledged, refused, count } = play(random);
    const wanted = Array.from({ length: count }, (_, number) => number).filter((number) => !refused.has(number));
    expect({ run, log: broker.log }, `SRGIT_SEED=${seed}`).toEqual({ run, log: wanted });
    // An answer that was lost is heard later than those behind it: the order is the log's only.
    const heard = acknowledged.sort((a, b) => a - b);
    expect({ run, heard }, `SRGIT_SEED=${seed}`).toEqual({ run, heard: wanted });
  }
});
