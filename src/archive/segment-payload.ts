/** What a segment holds between its head and its end, gathered before the head is known. */
import { PayloadSpill, type SpillBudget } from './payload-spill.ts';
import type { LateHead, Storage } from './storage.ts';

export interface SegmentPayload {
  /** Whether the bytes of `add` may be used again when it resolves. */
  readonly givesBack: boolean;
  /** Bytes so far. */
  readonly size: number;
  add(bytes: Buffer): Promise<void>;
  /**
   * Stores the segment whole.
   * @param note sees every byte before the end, in order
   * @param end made when all of them were seen
   */
  store(head: Buffer, note: (part: Buffer) => void, end: () => Buffer, signal: AbortSignal | undefined): Promise<void>;
  /** Gives up what is held, stored or not. */
  discard(): Promise<void>;
}

/** Goes where the storage can put a head before it later; waits within `budget` otherwise. */
export function segmentPayload(storage: Storage, key: string, headBytes: number, budget: SpillBudget): SegmentPayload {
  const begin = storage.writeLate?.bind(storage);
  if (begin === undefined) return new WaitingPayload(storage, key, new PayloadSpill(budget));
  return new PlacedPayload(() => begin(key, headBytes));
}

class WaitingPayload implements SegmentPayload {
  readonly givesBack = false;
  readonly #storage: Storage;
  readonly #key: string;
  readonly #spill: PayloadSpill;

  constructor(storage: Storage, key: string, spill: PayloadSpill) {
    this.#storage = storage;
    this.#key = key;
    this.#spill = spill;
  }

  get size(): number {
    return this.#spill.size;
  }

  add(bytes: Buffer): Promise<void> {
    return this.#spill.add(bytes);
  }

  async store(head: Buffer, note: (part: Buffer) => void, end: () => Buffer, signal: AbortSignal | undefined) {
    const spill = this.#spill;
    const content = async function* (): AsyncGenerator<Buffer> {
      note(head);
      yield head;
      for await (const part of spill.read()) {
        note(part);
        yield part;
      }
      yield end();
    };
    await this.#storage.write(this.#key, content(), signal);
  }

  discard(): Promise<void> {
    return this.#spill.discard();
  }
}

class PlacedPayload implements SegmentPayload {
  readonly givesBack = true;
  size = 0;
  readonly #begin: () => Promise<LateHead>;
  #place: LateHead | undefined;

  constructor(begin: () => Promise<LateHead>) {
    this.#begin = begin;
  }

  async add(bytes: Buffer): Promise<void> {
    this.#place ??= await this.#begin();
    await this.#place.add(bytes);
    this.size += bytes.length;
  }

  async store(head: Buffer, note: (part: Buffer) => void, end: () => Buffer, signal: AbortSignal | undefined) {
    this.#place ??= await this.#begin();
    note(head);
    for await (const part of this.#place.read()) note(part);
    await this.#place.add(end());
    await this.#place.commit(head, signal);
  }

  async discard(): Promise<void> {
    await this.#place?.discard();
    this.#place = undefined;
  }
}
