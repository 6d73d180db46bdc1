/** What no broker would take, or would take and change: refused before it is sent. */
import { SrgitError } from '../errors.ts';
import { ATTRIBUTE, readBatchHeader } from '../records/batch-header.ts';
import { checkHeader } from '../records/open-batch.ts';
import { RecordError } from '../records/record-error.ts';

/**
 * @throws SrgitError SRGIT_KAFKA_RECORD for bytes that are not one version 2 batch of data with a producer's timestamps and
 * offsets. Its records are not looked at: the broker does that.
 */
export function refuseUnproducible(topic: string, partition: number, batch: Buffer): void {
  const refuse = (why: string, cause?: unknown): never => {
    const message = `could not write to partition ${partition} of topic "${topic}": ${why}`;
    throw new SrgitError('SRGIT_KAFKA_RECORD', message, {
      hint: 'Build the batch anew from its records.',
      ...(cause === undefined ? undefined : { cause }),
      details: { topic, partition },
    });
  };
  try {
    checkHeader(batch, 0, batch.length);
  } catch (error) {
    refuse(error instanceof RecordError ? error.message : 'it is no batch', error);
  }
  const { attributes, recordCount, lastOffsetDelta } = readBatchHeader(batch);
  if ((attributes & ATTRIBUTE.control) !== 0) refuse('a batch of control records is the broker’s own to write');
  if ((attributes & ATTRIBUTE.logAppendTime) !== 0) {
    refuse('the batch has the timestamps of a broker, which would be replaced');
  }
  if (recordCount < 1) refuse('the batch has no records');
  if (lastOffsetDelta !== recordCount - 1) refuse('the batch has gaps between its offsets, which brokers do not take');
}
