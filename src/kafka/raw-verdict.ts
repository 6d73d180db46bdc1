/** What a failure of a batch means for it and for those behind it. */
import { SrgitError } from '../errors.ts';
import { checkBatchCrc } from '../records/batch-header.ts';
import type { KafkaTask } from './kafka-error.ts';
import { BrokerRefusal, CODE, mayPass } from './raw-fault.ts';
import type { PartitionQueue, PendingBatch } from './raw-partition-queue.ts';

export type Verdict =
  /** Not written, and it never will be: those behind it move up. */
  | 'refused'
  /** To be sent again as it is. */
  | 'again'
  /** Nothing can be said of it any more, or of what follows it. */
  | 'final';

/** The broker has written nothing of the batch, and will not. */
const REFUSALS: ReadonlySet<number> = new Set([
  CODE.messageTooLarge,
  CODE.invalidTopic,
  CODE.recordListTooLarge,
  CODE.topicDenied,
  CODE.invalidTimestamp,
  CODE.unsupportedForFormat,
  CODE.unsupportedCompression,
  CODE.invalidRecord,
]);

export function judge(error: unknown, batch: PendingBatch, queue: PartitionQueue): Verdict {
  if (!(error instanceof BrokerRefusal)) return mayPass(error) ? 'again' : 'final';
  const code = error.errorCode;
  if (REFUSALS.has(code)) return 'refused';
  // Damaged here, or on the way.
  if (code === CODE.corruptMessage) return isSound(batch) ? 'again' : 'refused';
  // Usual for those behind one that failed. For the first of all the broker has lost what it acknowledged, or another
  // wrote: sending on would hide it.
  if (code === CODE.outOfOrderSequence) return batch.isStale || !queue.isFirst(batch) ? 'again' : 'final';
  return error.retriable ? 'again' : 'final';
}

function isSound(batch: PendingBatch): boolean {
  try {
    checkBatchCrc(batch.bytes, 0, batch.bytes.length);
    return true;
  } catch {
    return false;
  }
}

export function writeTask({ topic, partition }: PartitionQueue): KafkaTask {
  return { what: `write to partition ${partition} of topic "${topic}"`, topic, partition };
}

export function tooLate(queue: PartitionQueue, afterMs: number): SrgitError {
  const seconds = Math.round(afterMs / 1000);
  return new SrgitError('SRGIT_KAFKA_TIMEOUT', `could not ${writeTask(queue).what} within ${seconds} s`, {
    hint: 'Check that the brokers are up; it is not known whether the last batches were written.',
    details: { topic: queue.topic, partition: queue.partition },
  });
}
