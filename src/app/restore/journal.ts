/**
 * The journal of a restore: `.srgit/journal/<plan hash>.ndjson`, one line before and one after each write. A write is
 * not sent before its line is on the disk. Lines of the steps that come next are written with it, so that the disk is
 * waited for once for many of them.
 */
import { type FileHandle, open } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { JournalEntry } from './journal-entries.ts';
import { stateFailure } from './state-folder.ts';

/** Fewest steps that are announced ahead of the one that begins, and how many are announced together. */
const AHEAD = 64;
const ANNOUNCED_AT_ONCE = 128;
/** Milliseconds that lines may wait for others to be written with. */
const GATHERED = 10;

export class Journal {
  readonly file: string;
  readonly #handle: FileHandle;
  /** Step to the moment when its `begin` line is on the disk. */
  readonly #announced = new Map<number, Promise<void>>();
  #buffer = '';
  /** What was asked for is written one after another. */
  #tail: Promise<void> = Promise.resolve();
  #isScheduled = false;
  /** Place among the steps from which on none is announced. */
  #frontier = 0;

  private constructor(file: string, handle: FileHandle) {
    this.file = file;
    this.#handle = handle;
  }

  /** Opens a journal to add to. @throws SrgitError SRGIT_TREE_WRITE */
  static async open(file: string): Promise<Journal> {
    try {
      return new Journal(file, await open(file, 'a', 0o600));
    } catch (cause) {
      throw stateFailure(file, cause);
    }
  }

  /**
   * Adds a line. It is in the file a moment later, and on the disk with the next `sync`: what a crash takes of these, a
   * look at the registry tells again.
   */
  note(entry: JournalEntry): void {
    this.#buffer += `${JSON.stringify(entry)}\n`;
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    void sleep(GATHERED).then(() => {
      this.#isScheduled = false;
      if (this.#buffer === '') return;
      // Whoever waits for the disk next is told of a failure.
      this.#enqueue(false).catch(() => undefined);
    });
  }

  /** Resolves once everything noted so far is on the disk. @throws SrgitError SRGIT_TREE_WRITE */
  sync(): Promise<void> {
    return this.#enqueue(true);
  }

  /**
   * Resolves once the `begin` line of a step is on the disk.
   *
   * @param steps numbers of the steps to come, in order; `at` is the place of this one among them.
   */
  begin(steps: readonly number[], at: number): Promise<void> {
    // The next ones are on their way to the disk before they are needed.
    if (at + AHEAD >= this.#frontier) {
      const end = Math.max(at + 1, this.#frontier + ANNOUNCED_AT_ONCE);
      this.#announce(steps.slice(this.#frontier, end));
      this.#frontier = end;
    }
    return this.#announced.get(steps[at] ?? -1) ?? this.sync();
  }

  async close(): Promise<void> {
    try {
      await this.sync();
    } finally {
      await this.#handle.close();
    }
  }

  #announce(steps: readonly number[]): void {
    if (steps.length === 0) return;
    for (const step of steps) this.note({ event: 'begin', step });
    const synced = this.sync();
    // Whoever begins such a step is told of a failure; until then nobody listens.
    synced.catch(() => undefined);
    for (const step of steps) this.#announced.set(step, synced);
  }

  #enqueue(sync: boolean): Promise<void> {
    const mine = this.#tail.then(() => this.#write(sync));
    this.#tail = mine;
    return mine;
  }

  async #write(sync: boolean): Promise<void> {
    const text = this.#buffer;
    this.#buffer = '';
    try {
      if (text !== '') await this.#handle.appendFile(text);
      if (sync) await this.#handle.datasync();
    } catch (cause) {
      throw stateFailure(this.file, cause);
    }
  }
}
