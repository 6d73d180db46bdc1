/**
 * The batches of a partition in order of offsets, each once, from segments that may overlap, repeat each other or end torn.
 * Checksums are checked. Memory is that of some chunks and one batch.
 */
import { SrgitError, throwIfAborted } from '../errors.ts';
import { AT } from '../records/batch-header.ts';
import { nextBatch } from '../records/batch-walk.ts';
import type { RecordLimits } from '../records/limits.ts';
import { RecordError } from '../records/record-error.ts';
import { LogBytes } from './kafka-log-bytes.ts';
import { checkSound, findSoundBatch, LARGEST_SPAN } from './kafka-log-damage.ts';
import type { LogSegment } from './kafka-log-folders.ts';
import type { Storage } from './storage.ts';

export interface WalkOptions {
  readonly limits: RecordLimits;
  readonly skipDamaged: boolean;
  /** Told of a torn end of the log, which is usual in a copy of a log in use. */
  readonly onWarning: (message: string) => void;
  readonly signal: AbortSignal | undefined;
}

/** Where a walk is: it can be gone on with, or done again, from here. */
export interface WalkPlace {
  /** Index in the list of segments. */
  readonly segment: number;
  /** Byte in the segment. */
  readonly position: number;
  /** Offsets before it are over. */
  readonly nextOffset: bigint;
}

export type Step =
  | { readonly kind: 'batch' }
  | {
      readonly kind: 'damaged';
      readonly firstOffset: bigint;
      /** Inclusive. */
      readonly lastOffset: bigint;
      readonly detail: string;
    };

const BATCH: Step = { kind: 'batch' };

/** A partition's segments in order, with what is known of how the log ended. */
export interface OrderedLog {
  readonly name: string;
  /** By base offset; of equal ones the larger first. */
  readonly segments: readonly (LogSegment & { readonly baseOffset: bigint })[];
  /** The broker closed the log in order: its end cannot be torn. */
  readonly closed: boolean;
}

/** Batches that contradict each other: not what a second copy makes good. */
class OrderError extends RecordError {}

export class LogWalk {
  /** The batch that the last step found: `bytes[start, end)`. */
  bytes: Buffer = EMPTY;
  start = 0;
  end = 0;
  magic: 0 | 1 | 2 = 2;
  /** Of a message of version 0 or 1: its own, which for a compressed one is that of the last inside. */
  baseOffset = 0n;
  lastOffset = 0n;
  /** Offsets before it are over: what the walk gives next is at it or after. */
  nextOffset: bigint;

  private segment: number;
  private position: number;
  private window: LogBytes | undefined;
  private done = false;
  private zerosFrom: number | undefined;
  /** Behind the last offset in this file so far. */
  private fileEnd = 0n;
  private readonly storage: Storage;
  private readonly log: OrderedLog;
  private readonly options: WalkOptions;

  constructor(storage: Storage, log: OrderedLog, place: WalkPlace, options: WalkOptions) {
    this.storage = storage;
    this.log = log;
    this.options = options;
    this.segment = place.segment;
    this.position = place.position;
    this.nextOffset = place.nextOffset;
  }

  /** Key of the segment that the batch is in. */
  get key(): string {
    return this.log.segments[this.segment]?.key ?? '';
  }

  /** From the batch that the last step found, itself included. */
  get place(): WalkPlace {
    const position = (this.window?.position ?? 0) + this.start;
    return { segment: this.segment, position, nextOffset: this.nextOffset };
  }

  /** Takes the offsets of the batch for over. */
  consume(): void {
    if (this.lastOffset >= this.nextOffset) this.nextOffset = this.lastOffset + 1n;
  }

  /**
   * Goes to the next batch that holds offsets not over yet, without waiting while it lies in memory. `consume` it before
   * the next step. Undefined at the end.
   * @throws SrgitError SRGIT_RECORDS_DAMAGED, SRGIT_STORAGE_READ
   */
  step(): Step | Promise<Step | undefined> | undefined {
    if (this.done) return undefined;
    const { window } = this;
    if (window !== undefined && window.ready >= AT.records) {
      // A sound batch that lies whole in the window: the usual case.
      try {
        if (this.look(window)) return BATCH;
      } catch (error) {
        return this.goOn(window, error);
      }
    }
    return this.advance();
  }

  async close(): Promise<void> {
    this.done = true;
    await this.window?.close();
    this.window = undefined;
  }

  /** Finds the next batch in the window that is wanted; false when the window must move on. @throws RecordError */
  private look(window: LogBytes): boolean {
    for (;;) {
      const next = nextBatch(window.buffer, window.at, window.buffer.length, this.options.limits);
      if (next.kind !== 'batch') return false;
      const { buffer } = window;
      // In the last bytes of the window a header is cut short: what looks like an end may be none.
      checkSound(buffer, next.start, next.end, next.magic);
      const baseOffset = buffer.readBigInt64BE(next.start);
      const lastOffset =
        next.magic === 2 ? baseOffset + BigInt(buffer.readInt32BE(next.start + AT.lastOffsetDelta)) : baseOffset;
      this.checkOrder(buffer, next.start, next.end, baseOffset, lastOffset);
      window.at = next.end;
      this.magic = next.magic;
      this.baseOffset = baseOffset;
      this.lastOffset = lastOffset;
      this.fileEnd = lastOffset + 1n;
      if (this.lastOffset < this.nextOffset) {
        if (window.ready < AT.records) return false;
        continue;
      }
      this.bytes = buffer;
      this.start = next.start;
      this.end = next.end;
      return true;
    }
  }

  /**
   * The checksum does not cover the base offset: a batch whose offset is wrong would have what follows taken for over.
   * @throws RecordError
   */
  private checkOrder(bytes: Buffer, start: number, end: number, baseOffset: bigint, lastOffset: bigint): void {
    const fail = (): never => {
      const what = `offsets ${baseOffset} to ${lastOffset} are out of order`;
      throw new OrderError('bad-record', what, { position: start, baseOffset });
    };
    const { baseOffset: least } = this.log.segments[this.segment] as OrderedLog['segments'][number];
    if (baseOffset < this.fileEnd || lastOffset - least > LARGEST_SPAN) fail();
    if (bytes.length - end < AT.records || bytes.readInt32BE(end + AT.length) <= 0) return;
    // Of two that contradict each other, the one that goes on where the batch before it ended is believed.
    const next = bytes.readBigInt64BE(end);
    if (next <= lastOffset && next >= this.fileEnd && baseOffset !== this.fileEnd) fail();
  }

  private async goOn(window: LogBytes, error: unknown): Promise<Step | undefined> {
    const step = await this.meetDamage(window, error);
    return step !== undefined || this.done ? step : this.advance();
  }

  private async advance(): Promise<Step | undefined> {
    for (;;) {
      throwIfAborted(this.options.signal);
      const segment = this.log.segments[this.segment];
      if (segment === undefined) {
        this.done = true;
        return undefined;
      }
      this.window ??= this.open(segment, this.position);
      const { window } = this;
      if ((await window.ensure(AT.records)) === 0) {
        await this.leaveSegment();
        continue;
      }
      try {
        const next = nextBatch(window.buffer, window.at, window.buffer.length, this.options.limits);
        if (next.kind === 'end') {
          await this.passZeros(window);
          await this.leaveSegment();
          continue;
        }
        if (next.kind === 'incomplete' && (await window.ensure(next.needed)) < next.needed) {
          throw new RecordError('truncated', 'the file ends inside a batch', { position: window.at });
        }
        if (this.look(window)) return BATCH;
      } catch (error) {
        const step = await this.meetDamage(window, error);
        if (step !== undefined || this.done) return step;
      }
    }
  }

  /** A preallocated file ends on zeros, to its last byte, and only the last one of a log does. */
  private async passZeros(window: LogBytes): Promise<void> {
    const start = window.position + window.at;
    for (let there = window.ready; there > 0; there = await window.ensure(1)) {
      throwIfAborted(this.options.signal);
      for (let at = window.at; at < window.buffer.length; at += ZEROS.length) {
        const end = Math.min(at + ZEROS.length, window.buffer.length);
        if (window.buffer.compare(ZEROS, 0, end - at, at, end) !== 0) {
          throw this.zeros('zeros, and other bytes after them', start);
        }
      }
      window.at = window.buffer.length;
    }
    const next = this.log.segments[this.segment + 1];
    if (next !== undefined && next.baseOffset > this.nextOffset) {
      throw this.zeros('zeros up to the end of a file that is not the last', start);
    }
  }

  /** The damage is where the zeros begin: what follows is looked for from there. */
  private zeros(what: string, start: number): RecordError {
    this.zerosFrom = start;
    return new RecordError('bad-length', what, { position: start });
  }

  /** Undefined when the walk can go on, or is done. @throws SrgitError */
  private async meetDamage(window: LogBytes, error: unknown): Promise<Step | undefined> {
    if (!(error instanceof RecordError)) throw error;
    const { limits, skipDamaged, signal } = this.options;
    const segment = this.log.segments[this.segment] as OrderedLog['segments'][number];
    const following = this.log.segments[this.segment + 1];
    const areZeros = this.zerosFrom !== undefined;
    const at = this.zerosFrom ?? window.position + window.at;
    this.zerosFrom = undefined;
    const said = error.message.replace(/ \(byte [^()]*\)$/, '');
    const offset = areZeros ? this.nextOffset : (this.offsetAt(window, at) ?? this.nextOffset);
    const detail = `${segment.key}: ${said} (byte ${at} of ${segment.size}, offset ${offset})`;
    await window.close();
    this.window = undefined;
    // A second batch does not begin where the bad one says that it begins, if that is right by the batches before.
    const least = !areZeros && offset === this.fileEnd ? this.fileEnd + 1n : this.fileEnd;
    const sound = await findSoundBatch(this.storage, segment, at, least, limits, signal);
    const isTorn = error.reason === 'truncated' || at > 0;
    if (sound === undefined && following === undefined && isTorn && !this.log.closed) {
      this.options.onWarning(
        `${this.log.name} ends at offset ${this.nextOffset}: ${detail}; usual in a copy of a log in use, or after a crash`,
      );
      this.done = true;
      return undefined;
    }
    const resumed = sound?.baseOffset ?? following?.baseOffset;
    if (sound === undefined) {
      this.segment++;
      this.position = 0;
    } else this.position = sound.position;
    const isOther = areZeros || (offset < this.nextOffset && !(error instanceof OrderError));
    if (resumed !== undefined && resumed <= this.nextOffset && (isOther || skipDamaged)) {
      // A second copy of what was read before, for example.
      this.options.onWarning(`${this.log.name}: ${detail}: no offset is missing for it`);
      return undefined;
    }
    if (!skipDamaged) {
      const more =
        sound === undefined ? 'nothing sound follows in the file' : `sound again from byte ${sound.position}`;
      throw new SrgitError('SRGIT_RECORDS_DAMAGED', `${this.log.name}: ${detail}; ${more}`, {
        hint: at === 0 ? WHOLE_FILE_HINT : DAMAGE_HINT,
        details: { key: segment.key, byte: at, offset: String(offset) },
        cause: error,
      });
    }
    const firstOffset = this.nextOffset;
    const lastOffset = resumed === undefined || resumed <= firstOffset ? firstOffset : resumed - 1n;
    this.nextOffset = lastOffset + 1n;
    return { kind: 'damaged', firstOffset, lastOffset, detail };
  }

  private offsetAt(window: LogBytes, position: number): bigint | undefined {
    const at = position - window.position;
    return at >= 0 && at + 8 <= window.buffer.length ? window.buffer.readBigInt64BE(at) : undefined;
  }

  private open(segment: OrderedLog['segments'][number], position: number): LogBytes {
    if (position === 0) this.fileEnd = segment.baseOffset;
    return new LogBytes(this.storage, segment.key, position, segment.size, this.options.signal);
  }

  private async leaveSegment(): Promise<void> {
    await this.window?.close();
    this.window = undefined;
    this.segment++;
    this.position = 0;
  }
}

const DAMAGE_HINT =
  'Take another copy of this file, of another replica for example; or skip what is damaged: it is then reported.';
const WHOLE_FILE_HINT =
  'Nothing in this file is a batch of records: a tiered-storage plugin may have compressed or encrypted it.';

const EMPTY = Buffer.alloc(0);
const ZEROS = Buffer.alloc(64 * 1024);
