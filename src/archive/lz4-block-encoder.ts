/**
 * Makes one raw LZ4 block of bytes that come in pieces: greedy matches by a table of hashes over the last 64 KiB. The end of
 * the block is as the format demands: the last five bytes are literals, and no match begins in the last twelve.
 */
import { copyLiterals } from '../records/block-copy.ts';

const WINDOW = 65_535;
const HASH_BITS = 14;
const LEAST_MATCH = 4;
/** No match begins in the block's last twelve bytes, nor reaches into the last five. */
const TAIL = 12;
const LAST_LITERALS = 5;
/** What is not needed any more is forgotten in steps of this size. */
const FORGET = 256 * 1024;
/**
 * Literals have to wait for the match that ends them, since their number comes first. From here on every position is tried:
 * records have words in common even where keys and values do not, so that the next record ends the wait.
 */
const LONG_WAIT = 64 * 1024;

export class Lz4BlockEncoder {
  /** What was given, from `base` on in the block: the window, literals that wait, and what was not looked at. */
  private held: Buffer = Buffer.alloc(0);
  private base = 0;
  /** Positions in the block, one more than where a hash was seen last. */
  private readonly table = new Float64Array(1 << HASH_BITS);
  /** Where in the block the literals begin that wait. */
  private anchor = 0;
  private at = 0;
  private out: Buffer = Buffer.allocUnsafeSlow(64 * 1024);
  private length = 0;

  /** Compressed bytes as far as they are settled; may be none. */
  push(piece: Buffer): Buffer {
    this.append(piece);
    this.match(this.base + this.held.length - TAIL);
    this.forget();
    return this.flush();
  }

  /** The last bytes. */
  end(): Buffer {
    this.match(this.base + this.held.length - TAIL);
    this.writeSequence(this.base + this.held.length, 0, 0);
    return this.flush();
  }

  private append(piece: Buffer): void {
    this.held = this.held.length === 0 ? piece : Buffer.concat([this.held, piece]);
  }

  /** Goes on to `limit`, leaving what might still be the block's tail. */
  private match(limit: number): void {
    const { held, base, table } = this;
    const matchEnd = base + held.length - LAST_LITERALS;
    let at = this.at;
    let misses = 0;
    while (at < limit) {
      const index = at - base;
      const word = held.readInt32LE(index);
      const hash = Math.imul(word, -1_640_531_535) >>> (32 - HASH_BITS);
      const seen = (table[hash] as number) - 1;
      table[hash] = at + 1;
      if (seen < base || at - seen > WINDOW || held.readInt32LE(seen - base) !== word) {
        // Bytes that do not repeat are passed over faster and faster.
        at += at - this.anchor > LONG_WAIT ? 1 : 1 + (misses++ >>> 6);
        continue;
      }
      misses = 0;
      let end = at + LEAST_MATCH;
      let from = seen + LEAST_MATCH;
      while (end < matchEnd && held[end - base] === held[from - base]) {
        end++;
        from++;
      }
      this.writeSequence(at, at - seen, end - at);
      this.anchor = end;
      at = end;
    }
    this.at = at;
  }

  /** The window, and literals that wait, stay. */
  private forget(): void {
    const keep = Math.min(this.anchor, this.at - WINDOW);
    if (keep - this.base < FORGET) return;
    this.held = Buffer.from(this.held.subarray(keep - this.base));
    this.base = keep;
  }

  /** Literals from the anchor to `at`, and a match of `length`, which the last sequence does not have. */
  private writeSequence(at: number, distance: number, length: number): void {
    const literals = at - this.anchor;
    this.makeRoom(16 + literals + Math.ceil(literals / 255) + Math.ceil(length / 255));
    const token = this.length++;
    const matchCode = length === 0 ? 0 : length - LEAST_MATCH;
    this.out[token] = (Math.min(15, literals) << 4) | Math.min(15, matchCode);
    if (literals >= 15) this.writeLength(literals - 15);
    copyLiterals(this.held, this.anchor - this.base, this.out, this.length, literals);
    this.length += literals;
    if (length === 0) return;
    this.out[this.length++] = distance;
    this.out[this.length++] = distance >>> 8;
    if (matchCode >= 15) this.writeLength(matchCode - 15);
  }

  private writeLength(rest: number): void {
    let left = rest;
    for (; left >= 255; left -= 255) this.out[this.length++] = 255;
    this.out[this.length++] = left;
  }

  private makeRoom(bytes: number): void {
    if (this.length + bytes <= this.out.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(2 * this.out.length, this.length + bytes));
    this.out.copy(larger, 0, 0, this.length);
    this.out = larger;
  }

  private flush(): Buffer {
    const bytes = Buffer.from(this.out.subarray(0, this.length));
    this.length = 0;
    return bytes;
  }
}
