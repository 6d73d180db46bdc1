/** Requests of producers that are idempotent or write in transactions; see kafkajs-requests.ts for their versions. */
import type { GroupOffset } from '../records/record-source.ts';
import {
  type Call,
  call,
  type PartitionCode,
  readThrottledCodes,
  writeOffsets,
  writeTopics,
} from './kafkajs-requests.ts';
import { type BodyReader, BodyWriter } from './kafkajs-wire.ts';

export interface ProducerIdAnswer {
  readonly code: number;
  readonly producerId: bigint;
  readonly producerEpoch: number;
}

export function initProducerCall(transactionalId: string | null, timeoutMs: number): Call<ProducerIdAnswer> {
  const body = new BodyWriter().string(transactionalId).int32(timeoutMs);
  return call(22, 1, 'InitProducerId', body, (answer) => {
    answer.int32();
    return { code: answer.int16(), producerId: answer.int64(), producerEpoch: answer.int16() };
  });
}

export interface TransactionIdentity {
  readonly transactionalId: string;
  readonly producerId: bigint;
  readonly producerEpoch: number;
}

export function addPartitionsCall(
  identity: TransactionIdentity,
  topic: string,
  partition: number,
): Call<readonly PartitionCode[]> {
  const body = writeIdentity(new BodyWriter(), identity);
  writeTopics(body, [{ topic, partitions: [partition] }], (index) => body.int32(index));
  return call(24, 1, 'AddPartitionsToTxn', body, readThrottledCodes);
}

export function addOffsetsCall(identity: TransactionIdentity, group: string): Call<number> {
  return call(25, 1, 'AddOffsetsToTxn', writeIdentity(new BodyWriter(), identity).string(group), readThrottledCode);
}

export function transactionOffsetsCall(
  identity: TransactionIdentity,
  group: string,
  offsets: readonly GroupOffset[],
): Call<readonly PartitionCode[]> {
  const body = new BodyWriter().string(identity.transactionalId).string(group);
  body.int64(identity.producerId).int16(identity.producerEpoch);
  writeOffsets(body, offsets);
  return call(28, 1, 'TxnOffsetCommit', body, readThrottledCodes);
}

export function endTransactionCall(identity: TransactionIdentity, commit: boolean): Call<number> {
  return call(26, 1, 'EndTxn', writeIdentity(new BodyWriter(), identity).bool(commit), readThrottledCode);
}

export interface TransactionStateAnswer {
  readonly code: number;
  /** `PrepareCommit` and `PrepareAbort` while its end is being told to the partitions. */
  readonly state: string;
}

/** From Kafka 3.0 on (KIP-664). Flexible fields only. */
export function transactionStateCall(transactionalId: string): Call<TransactionStateAnswer> {
  // No tagged fields in the header, one id, and no tagged fields in the body.
  const body = new BodyWriter().varint(0).varint(2).compactString(transactionalId).varint(0);
  return call(65, 0, 'DescribeTransactions', body, (answer) => {
    answer.tags();
    answer.int32();
    // What follows the first element's state is not needed, so it is not read either.
    if (answer.varint() < 2) return { code: -1, state: '' };
    const code = answer.int16();
    answer.compactString();
    return { code, state: answer.compactString() ?? '' };
  });
}

function writeIdentity(body: BodyWriter, identity: TransactionIdentity): BodyWriter {
  return body.string(identity.transactionalId).int64(identity.producerId).int16(identity.producerEpoch);
}

function readThrottledCode(answer: BodyReader): number {
  answer.int32();
  return answer.int16();
}
