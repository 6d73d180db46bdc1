/** The few shapes of Avro's binary encoding that Karapace's backups have. */
import { SrgitError } from '../../errors.ts';

export class AvroReader {
  readonly #bytes: Buffer;
  #at = 0;
  /** For errors. */
  readonly #what: string;

  constructor(bytes: Buffer, what: string) {
    this.#bytes = bytes;
    this.#what = what;
  }

  /** `int` and `long` alike: zigzag, seven bits a byte. */
  long(): bigint {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = this.#bytes[this.#at++];
      if (byte === undefined) throw this.#damaged('ends inside a number');
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return (value >> 1n) ^ -(value & 1n);
    }
    throw this.#damaged('has a number of more than 64 bits');
  }

  int(): number {
    return Number(this.long());
  }

  bytes(): Buffer {
    const length = this.int();
    if (length < 0 || length > this.#bytes.length - this.#at) throw this.#damaged(`has a length of ${length} bytes`);
    this.#at += length;
    return this.#bytes.subarray(this.#at - length, this.#at);
  }

  string(): string {
    return this.bytes().toString('utf8');
  }

  /** A union of a type and null, in this order. */
  nullable<T>(read: () => T): T | null {
    const branch = this.int();
    if (branch !== 0 && branch !== 1) throw this.#damaged(`has a union branch ${branch}`);
    return branch === 0 ? read() : null;
  }

  /** Blocks of items, each block with its count; a negative count is followed by the block's size. */
  items<T>(read: () => T): T[] {
    const items: T[] = [];
    for (;;) {
      let count = this.int();
      if (count === 0) return items;
      if (count < 0) {
        count = -count;
        this.int();
      }
      if (count > this.#bytes.length) throw this.#damaged(`has a block of ${count} items`);
      for (let at = 0; at < count; at++) items.push(read());
    }
  }

  #damaged(what: string): SrgitError {
    return new SrgitError('SRGIT_ARCHIVE_INVALID', `${this.#what} ${what}, at byte ${this.#at}`, {
      hint: 'The file is damaged. Use another backup.',
    });
  }
}
