/**
 * A producer's conversation with the coordinator of its transactions (KIP-98), in the versions before implicit adding
 * (KIP-890), which brokers of today take as well: partitions are added by name, and the epoch changes at the beginning only.
 */
import {
  addOffsetsToTxnV3,
  addPartitionsToTxnV3,
  type Connection,
  endTxnV3,
  initProducerIdV4,
  offsetFetchV7,
  txnOffsetCommitV3,
} from '@platformatic/kafka';
import type { GroupOffset } from '../records/record-source.ts';
import { isStaleCoordinator } from './kafka-error.ts';
import { type Cluster, type CoordinatorKind, mayPassSoon } from './raw-cluster.ts';
import type { BrokerAddress } from './raw-connections.ts';
import { answerIn, BrokerRefusal, CODE, failureOf, refuse } from './raw-fault.ts';
import type { ProducerIdentity } from './raw-sender.ts';
import { retrying } from './raw-wait.ts';

export interface CoordinatorCallOptions {
  readonly cluster: Cluster;
  readonly lane: string;
  readonly forMs: number;
  readonly signal?: AbortSignal | undefined;
}

/** Requests to one coordinator, wherever it is at the time. */
export class Coordinator {
  private readonly kind: CoordinatorKind;
  private readonly key: string;
  private readonly options: CoordinatorCallOptions;
  private place: BrokerAddress | undefined;

  constructor(kind: CoordinatorKind, key: string, options: CoordinatorCallOptions) {
    this.kind = kind;
    this.key = key;
    this.options = options;
  }

  /** @throws the last failure when the time for tries is over */
  async call<T>(run: (connection: Connection) => Promise<T>, signal = this.options.signal): Promise<T> {
    const { cluster, lane, forMs } = this.options;
    await cluster.meet(signal);
    // An earlier transaction's markers are written within a few milliseconds: the first pauses are short.
    return retrying({ forMs, signal, baseMs: 4, retry: mayPassSoon }, async () => {
      try {
        this.place ??= await cluster.coordinator(this.kind, this.key, signal);
        return await cluster.connections.request(this.place, lane, run, signal);
      } catch (error) {
        if (!(error instanceof BrokerRefusal) || isStaleCoordinator(error.errorCode)) this.place = undefined;
        throw error;
      }
    });
  }
}

export class Transactions {
  readonly transactionalId: string;
  private readonly timeoutMs: number;
  private readonly options: CoordinatorCallOptions;
  private readonly coordinator: Coordinator;

  constructor(transactionalId: string, timeoutMs: number, options: CoordinatorCallOptions) {
    this.transactionalId = transactionalId;
    this.timeoutMs = timeoutMs;
    this.options = options;
    this.coordinator = new Coordinator('transaction', transactionalId, options);
  }

  /**
   * The producer id of this transactional id, with an epoch that fences whoever had it; what that had begun is aborted.
   * @param held what this producer has: refused as fenced when another has taken over meanwhile
   */
  async init(held?: ProducerIdentity, signal?: AbortSignal): Promise<ProducerIdentity> {
    const { producerId, producerEpoch } = held ?? { producerId: -1n, producerEpoch: -1 };
    try {
      const answer = await this.coordinator.call(
        (connection) =>
          initProducerIdV4.api.async(connection, this.transactionalId, this.timeoutMs, producerId, producerEpoch),
        signal,
      );
      return { producerId: answer.producerId, producerEpoch: answer.producerEpoch };
    } catch (error) {
      throw failureOf(error, { what: `begin with the transactional id "${this.transactionalId}"` });
    }
  }

  /** @throws SrgitError */
  async add(
    identity: ProducerIdentity,
    partitions: readonly { readonly topic: string; readonly partition: number }[],
  ): Promise<void> {
    const byTopic = Map.groupBy(partitions, ({ topic }) => topic);
    const topics = [...byTopic].map(([name, list]) => ({ name, partitions: list.map(({ partition }) => partition) }));
    const transaction = { transactionalId: this.transactionalId, ...identity, verifyOnly: false, topics };
    try {
      await this.coordinator.call(async (connection) => {
        const answer = await addPartitionsToTxnV3.api.async(connection, [transaction]).catch(answerIn<AddAnswer>);
        const results = answer.resultsByTransaction.flatMap(({ topicResults }) => topicResults);
        const codes = results
          .flatMap(({ resultsByPartition }) => resultsByPartition)
          .map((each) => each.partitionErrorCode);
        // Where one partition is refused, the others were not tried.
        refuse(codes.find((code) => code !== 0 && code !== CODE.notAttempted) ?? 0);
      });
    } catch (error) {
      throw failureOf(error, { what: `add ${nameAll(partitions)} to the transaction` });
    }
  }

  /** The positions become those of the group when the transaction is committed. @throws SrgitError */
  async addOffsets(identity: ProducerIdentity, group: string, offsets: readonly GroupOffset[]): Promise<void> {
    const { producerId, producerEpoch } = identity;
    const coordinator = new Coordinator('group', group, this.options);
    const byTopic = Map.groupBy(offsets, ({ topic }) => topic);
    const topics = [...byTopic].map(([name, list]) => ({ name, partitions: list.map(offsetEntry) }));
    try {
      await this.coordinator.call((connection) =>
        addOffsetsToTxnV3.api.async(connection, this.transactionalId, producerId, producerEpoch, group),
      );
      await coordinator.call(async (connection) => {
        const id = this.transactionalId;
        const answer = await txnOffsetCommitV3.api
          .async(connection, id, group, producerId, producerEpoch, -1, '', null, topics)
          .catch(answerIn<OffsetAnswer>);
        const codes = answer.topics.flatMap(({ partitions }) => partitions).map(({ errorCode }) => errorCode);
        refuse(codes.find((code) => code !== 0) ?? 0);
      });
    } catch (error) {
      throw failureOf(error, { what: `write the positions of group "${group}"`, group });
    }
  }

  /**
   * Resolves when the positions of a committed transaction are the group's. The coordinator answers a commit before it has
   * told the group, and a request for all positions of a group leaves out one that is on its way for the first time
   * (observed on 4.3.1): whoever read it would write twice. Named partitions are refused until they are stable. The commit
   * holds, whatever becomes of this.
   */
  async settleOffsets(group: string, offsets: readonly GroupOffset[]): Promise<void> {
    const byTopic = Map.groupBy(offsets, ({ topic }) => topic);
    const topics = [...byTopic].map(([name, list]) => ({
      name,
      partitionIndexes: list.map(({ partition }) => partition),
    }));
    const ask = new Coordinator('group', group, this.options).call(async (connection) => {
      const answer = await offsetFetchV7.api
        .async(connection, [{ groupId: group, topics }], true)
        .catch(answerIn<Positions>);
      refuse(answer.errorCode);
      for (const { errorCode } of answer.topics.flatMap(({ partitions }) => partitions)) refuse(errorCode);
    });
    await ask.catch(() => undefined);
  }

  /** Asked again when the answer is lost: a coordinator answers the same outcome twice alike. @throws SrgitError */
  async end(identity: ProducerIdentity, outcome: 'commit' | 'abort', signal?: AbortSignal): Promise<void> {
    const { producerId, producerEpoch } = identity;
    try {
      await this.coordinator.call(
        (connection) =>
          endTxnV3.api.async(connection, this.transactionalId, producerId, producerEpoch, outcome === 'commit'),
        signal,
      );
    } catch (error) {
      throw failureOf(error, { what: `${outcome} the transaction of "${this.transactionalId}"` });
    }
  }
}

type AddAnswer = Awaited<ReturnType<typeof addPartitionsToTxnV3.api.async>>;
type Positions = Awaited<ReturnType<typeof offsetFetchV7.api.async>>;
type OffsetAnswer = Awaited<ReturnType<typeof txnOffsetCommitV3.api.async>>;

function offsetEntry({ partition, offset, metadata }: GroupOffset): {
  partitionIndex: number;
  committedOffset: bigint;
  committedLeaderEpoch: number;
  committedMetadata: string | null;
} {
  return {
    partitionIndex: partition,
    committedOffset: offset,
    committedLeaderEpoch: -1,
    committedMetadata: metadata ?? null,
  };
}

function nameAll(partitions: readonly { readonly topic: string; readonly partition: number }[]): string {
  const names = partitions.slice(0, 3).map(({ topic, partition }) => `${topic}/${partition}`);
  return partitions.length > 3 ? `${names.join(', ')} and ${partitions.length - 3} more` : names.join(', ');
}
