/** Numbers and stretches of a record's bytes. Every step is checked against the end. */
import { DecodeFault } from './decode-fault.ts';

export class ByteReader {
  readonly bytes: Buffer;
  /** The next byte. */
  at: number;
  /** Behind the last byte that may be read. */
  end: number;

  constructor(bytes: Buffer, start: number, end = bytes.length) {
    this.bytes = bytes;
    this.at = start;
    this.end = end;
  }

  get left(): number {
    return this.end - this.at;
  }

  byte(what: string): number {
    const byte = this.at < this.end ? this.bytes[this.at] : undefined;
    if (byte === undefined) throw new DecodeFault(`the bytes end where ${what} should be`, this.at);
    this.at++;
    return byte;
  }

  /** Seven bits a byte, least first, ten bytes at most: an unsigned number of 64 bits. */
  varint(what: string): bigint {
    const start = this.at;
    let low = 0;
    for (let shift = 0; shift < 28; shift += 7) {
      const byte = this.byte(what);
      low |= (byte & 0x7f) << shift;
      if (byte < 0x80) return BigInt(low);
    }
    let value = BigInt(low);
    for (let shift = 28n; shift < 70n; shift += 7n) {
      const byte = this.byte(what);
      value |= BigInt(byte & 0x7f) << shift;
      if (byte >= 0x80) continue;
      // What is above 64 bits is cut off, as every reader does.
      return BigInt.asUintN(64, value);
    }
    throw new DecodeFault(`${what} is a number of more than ten bytes`, start);
  }

  /** The same with the sign in the lowest bit. */
  zigzag(what: string): bigint {
    const value = this.varint(what);
    return BigInt.asIntN(64, (value >> 1n) ^ -(value & 1n));
  }

  take(length: number, what: string): Buffer {
    if (length > this.left) {
      throw new DecodeFault(`${what} should have ${length} bytes, and ${this.left} are left`, this.at);
    }
    this.at += length;
    return this.bytes.subarray(this.at - length, this.at);
  }
}
