/** The state that a live topic says, kept up to date while it is served. */
import { setTimeout as sleep } from 'node:timers/promises';
import { SrgitError } from '../../errors.ts';
import type { RegistryState } from '../../semantics/state.ts';
import { type ReducedTopic, TopicReducer } from '../../semantics/topic/reduce-topic.ts';
import type { TopicItem, TopicSource } from './topic-source.ts';

export interface FollowedTopic {
  readonly state: RegistryState;
  /** As it was when it was read to its end for the first time. */
  readonly reduced: ReducedTopic;
  /** Ends following, and closes the source. */
  close(): Promise<void>;
}

export interface FollowOptions {
  readonly source: TopicSource;
  readonly signal?: AbortSignal | undefined;
  /** Told when following stops and is tried again. */
  readonly onWarning: (text: string) => void;
}

const RETRY_MS = 2000;

/** Resolves when the topic was read to its end. What is damaged is passed over, as a registry would if it could. */
export async function followTopic({ source, signal, onWarning }: FollowOptions): Promise<FollowedTopic> {
  const reducer = new TopicReducer();
  let next = 0n;
  const take = (item: TopicItem): void => {
    if (item.kind === 'damage') {
      reducer.addDamage(item.firstOffset, item.detail);
      return;
    }
    reducer.add(item.record);
    next = item.record.offset + 1n;
  };
  for await (const item of source.read(signal)) take(item);
  const stop = new AbortController();
  const following = source.follow === undefined ? undefined : follow(source, () => next, take, stop.signal, onWarning);
  return {
    state: reducer.state,
    reduced: reducer.reduced(),
    close: async () => {
      stop.abort();
      await following;
      await source.close();
    },
  };
}

async function follow(
  { follow: read, topic }: TopicSource,
  from: () => bigint,
  take: (item: TopicItem) => void,
  signal: AbortSignal,
  onWarning: (text: string) => void,
): Promise<void> {
  let failed = false;
  while (read !== undefined && !signal.aborted) {
    try {
      for await (const item of read(from(), signal)) {
        take(item);
        failed = false;
      }
    } catch (error) {
      if (signal.aborted) return;
      const why = error instanceof SrgitError ? error.message : String(error);
      // Said once: what is served goes on from memory meanwhile.
      if (!failed) onWarning(`topic ${topic} cannot be followed, and is tried again: ${why}`);
      failed = true;
    }
    await sleep(RETRY_MS, undefined, { signal }).catch(() => undefined);
  }
}
