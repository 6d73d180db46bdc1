/** Where a replay's positions are kept: in the target with the records themselves, or in a file. */
import type { KafkaClient, KafkaProducer, ProducerOptions } from '../../../kafka/port.ts';
import type { Lane } from '../lanes.ts';
import { CheckpointFile } from './checkpoint-file.ts';
import { fromGroupOffset, type LanePosition, laneKey, toGroupOffset } from './replay-position.ts';

export interface PositionStore {
  readonly guarantee: 'exactly-once' | 'at-least-once';
  /** What is certain now; a run that was killed may have left a transaction that changes them yet. By `laneKey`. */
  seen(signal: AbortSignal | undefined): Promise<ReadonlyMap<string, LanePosition>>;
  /** Of lanes that this run has a producer for, or had: no other can change them any more. */
  settled(lanes: readonly Lane[], signal: AbortSignal | undefined): Promise<ReadonlyMap<string, LanePosition>>;
  /** What a producer must be for it. */
  producerOptions(lane: Lane): Pick<ProducerOptions, 'transactionalId'>;
  /** Before the first record of a lane, where records can be there without a position. */
  begin?(lane: Lane): Promise<void>;
  commit(producer: KafkaProducer, lane: Lane, position: LanePosition): Promise<void>;
}

/** Positions are committed offsets of the group, in the transaction of the records. */
export function transactionalStore({ admin }: KafkaClient, group: string): PositionStore {
  const read = async (...of: Parameters<typeof admin.groupOffsets>): Promise<ReadonlyMap<string, LanePosition>> => {
    const { offsets } = await admin.groupOffsets(...of);
    const positions = new Map<string, LanePosition>();
    for (const entry of offsets) {
      const position = fromGroupOffset(entry);
      if (position !== undefined) positions.set(laneKey(entry), position);
    }
    return positions;
  };
  return {
    guarantee: 'exactly-once',
    seen: (signal) => read(group, signal, { unsettled: true }),
    settled: (lanes, signal) =>
      read(group, signal, { partitions: lanes.map(({ topic, partition }) => ({ topic, partition })) }),
    // One id for each partition of the target: however many workers or shards the next run has, it fences this one.
    producerOptions: (lane) => ({ transactionalId: `${group}/${laneKey(lane)}` }),
    commit: (producer, lane, position) => producer.commit({ group, offsets: [toGroupOffset(lane, position)] }),
  };
}

/** @throws SrgitError SRGIT_REPLAY_STALE for a file that is another replay's */
export function fileStore(path: string, ledger: string): PositionStore {
  const file = CheckpointFile.open(path, ledger);
  return {
    guarantee: 'at-least-once',
    seen: async () => file.positions,
    settled: async () => file.positions,
    producerOptions: () => ({}),
    // Records that a killed run wrote before its first checkpoint are known for its own.
    begin: (lane) => file.put(laneKey(lane), { source: 0, next: lane.sources[0]?.from ?? 0n, translated: new Map() }),
    commit: (_producer, lane, position) => file.put(laneKey(lane), position),
  };
}
