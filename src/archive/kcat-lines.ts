import { throwIfAborted } from '../errors.ts';
import { LogBytes } from './kafka-log-bytes.ts';
import type { Storage } from './storage.ts';

const FIRST_LOOK = 64 * 1024;
const NEWLINE = 0x0a;
const RETURN = 0x0d;

/** The lines of a stretch of a stored file, in buffers that are not used again. Memory is that of the longest line. */
export class KcatLines {
  /** The line: `bytes[start, end)`, without its end. */
  bytes: Buffer = Buffer.alloc(0);
  start = 0;
  end = 0;
  /** Its position in the file. */
  position = 0;
  /** False for the last line of a file that does not end on an end of line. */
  isWhole = true;
  isTooLong = false;

  private readonly window: LogBytes;
  private readonly maxBytes: number;
  private readonly signal: AbortSignal | undefined;

  constructor(
    storage: Storage,
    key: string,
    range: { readonly start: number; readonly end: number },
    maxBytes: number,
    signal: AbortSignal | undefined,
  ) {
    this.window = new LogBytes(storage, key, range.start, range.end, signal);
    this.maxBytes = maxBytes;
    this.signal = signal;
  }

  /** Goes to the next line, without waiting while it lies in memory; false at the end. A line too long ends before its end. */
  next(): boolean | Promise<boolean> {
    const { window } = this;
    const newline = window.buffer.indexOf(NEWLINE, window.at);
    if (newline < 0) return this.advance();
    this.take(newline, 1);
    return true;
  }

  async close(): Promise<void> {
    await this.window.close();
  }

  private async advance(): Promise<boolean> {
    const { window } = this;
    throwIfAborted(this.signal);
    for (let wanted = Math.max(FIRST_LOOK, 2 * window.ready); ; wanted *= 2) {
      const searched = window.ready;
      const there = await window.ensure(Math.min(wanted, this.maxBytes + 1));
      const newline = window.buffer.indexOf(NEWLINE, window.at + searched);
      if (newline >= 0) {
        this.take(newline, 1);
        return true;
      }
      if (there === 0) return false;
      if (there < Math.min(wanted, this.maxBytes + 1) || there > this.maxBytes) {
        this.take(window.buffer.length, 0);
        this.isWhole = false;
        return true;
      }
    }
  }

  private take(end: number, after: number): void {
    const { window } = this;
    this.bytes = window.buffer;
    this.start = window.at;
    this.position = window.position + window.at;
    this.end = end > this.start && window.buffer[end - 1] === RETURN ? end - 1 : end;
    this.isWhole = true;
    this.isTooLong = end - this.start > this.maxBytes;
    window.at = end + after;
  }
}
