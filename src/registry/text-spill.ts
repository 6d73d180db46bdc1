/**
 * Texts of a snapshot that do not have to be in memory: beyond a limit they lie in a temporary file and are read when
 * asked for, so that a snapshot of any size needs memory for its rows only.
 */
import { closeSync, mkdtempSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sha256Of } from '../model/text-bytes.ts';

export interface HeldText {
  /** Of the text's UTF-8 bytes, lower-case hex. */
  readonly sha256: string;
  read(): string;
}

/** Characters kept in memory before the file is begun: an ordinary registry never writes one. */
const MEMORY_LIMIT = 16 * 1024 * 1024;
/** Bytes gathered before they are written. */
const CHUNK = 1024 * 1024;

/** Closes the file of a spill that nobody can read any more. */
const closing = new FinalizationRegistry((file: number) => closeSync(file));

export class TextSpill {
  readonly #texts = new Map<string, HeldText>();
  readonly #limit: number;
  #inMemory = 0;
  #file: number | undefined;
  #chunk = Buffer.alloc(0);
  #filled = 0;
  /** Where in the file the chunk will lie. */
  #base = 0;

  constructor(limit = MEMORY_LIMIT) {
    this.#limit = limit;
  }

  /** Holds a text; equal ones are held once: a bulk listing repeats a text for each subject that uses it. */
  hold(text: string): HeldText {
    const sha256 = sha256Of(text);
    const known = this.#texts.get(sha256);
    if (known !== undefined) return known;
    const held = this.#keep(text, sha256);
    this.#texts.set(sha256, held);
    return held;
  }

  /** @internal Used by the texts it gave out. */
  readAt(offset: number, length: number): string {
    if (offset >= this.#base) return this.#chunk.toString('utf8', offset - this.#base, offset - this.#base + length);
    const bytes = Buffer.allocUnsafe(length);
    let done = 0;
    while (done < length && this.#file !== undefined) {
      const read = readSync(this.#file, bytes, done, length - done, offset + done);
      if (read === 0) throw new Error('the temporary file of schema texts was cut');
      done += read;
    }
    return bytes.toString('utf8');
  }

  #keep(text: string, sha256: string): HeldText {
    // A text with lone surrogates would not come back from UTF-8.
    if (this.#inMemory + text.length <= this.#limit || !text.isWellFormed()) {
      this.#inMemory += text.length;
      return { sha256, read: () => text };
    }
    const length = Buffer.byteLength(text);
    if (this.#filled + length > this.#chunk.length) this.#flush(length);
    const offset = this.#base + this.#filled;
    this.#filled += this.#chunk.write(text, this.#filled, 'utf8');
    return new SpilledText(this, offset, length, sha256);
  }

  #flush(needed: number): void {
    this.#file ??= this.#open();
    for (let done = 0; done < this.#filled; ) {
      done += writeSync(this.#file, this.#chunk, done, this.#filled - done, this.#base + done);
    }
    this.#base += this.#filled;
    this.#filled = 0;
    if (this.#chunk.length < Math.max(CHUNK, needed)) this.#chunk = Buffer.allocUnsafeSlow(Math.max(CHUNK, needed));
  }

  /** A file that is gone from its folder at once: nothing is left behind, however the process ends. */
  #open(): number {
    const folder = mkdtempSync(join(tmpdir(), 'srgit-texts-'));
    const file = openSync(join(folder, 'texts'), 'wx+', 0o600);
    rmSync(folder, { recursive: true, force: true });
    closing.register(this, file);
    return file;
  }
}

class SpilledText implements HeldText {
  readonly sha256: string;
  readonly #spill: TextSpill;
  readonly #offset: number;
  readonly #length: number;

  constructor(spill: TextSpill, offset: number, length: number, sha256: string) {
    this.sha256 = sha256;
    this.#spill = spill;
    this.#offset = offset;
    this.#length = length;
  }

  read(): string {
    return this.#spill.readAt(this.#offset, this.#length);
  }
}
