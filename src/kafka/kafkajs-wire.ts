/** Kafka's primitive types, those of flexible versions as far as they are needed: https://kafka.apache.org/protocol#protocol_types */

export class BodyWriter {
  private bytes = Buffer.allocUnsafe(256);
  private at = 0;

  int8(value: number): this {
    this.room(1);
    this.at = this.bytes.writeInt8(value, this.at);
    return this;
  }

  bool(value: boolean): this {
    return this.int8(value ? 1 : 0);
  }

  int16(value: number): this {
    this.room(2);
    this.at = this.bytes.writeInt16BE(value, this.at);
    return this;
  }

  int32(value: number): this {
    this.room(4);
    this.at = this.bytes.writeInt32BE(value, this.at);
    return this;
  }

  int64(value: bigint): this {
    this.room(8);
    this.at = this.bytes.writeBigInt64BE(value, this.at);
    return this;
  }

  string(value: string | null): this {
    if (value === null) return this.int16(-1);
    const text = Buffer.from(value);
    this.int16(text.length).room(text.length);
    this.at += text.copy(this.bytes, this.at);
    return this;
  }

  bytesOf(value: Buffer): this {
    this.int32(value.length).room(value.length);
    this.at += value.copy(this.bytes, this.at);
    return this;
  }

  /** Unsigned, as lengths in flexible versions are. */
  varint(value: number): this {
    let rest = value;
    for (; rest >= 0x80; rest = Math.floor(rest / 128)) this.byte((rest & 0x7f) | 0x80);
    return this.byte(rest);
  }

  compactString(value: string): this {
    const text = Buffer.from(value);
    this.varint(text.length + 1).room(text.length);
    this.at += text.copy(this.bytes, this.at);
    return this;
  }

  private byte(value: number): this {
    this.room(1);
    this.at = this.bytes.writeUInt8(value, this.at);
    return this;
  }

  /** null: an array that there is not, which means "all" in some requests. */
  array<T>(values: readonly T[] | null, write: (value: T) => void): this {
    if (values === null) return this.int32(-1);
    this.int32(values.length);
    for (const value of values) write(value);
    return this;
  }

  done(): Buffer {
    return this.bytes.subarray(0, this.at);
  }

  private room(size: number): void {
    if (this.at + size <= this.bytes.length) return;
    const larger = Buffer.allocUnsafe(Math.max(2 * this.bytes.length, this.at + size));
    this.bytes.copy(larger, 0, 0, this.at);
    this.bytes = larger;
  }
}

/** @throws RangeError where an answer is shorter than it says */
export class BodyReader {
  private at = 0;
  private readonly bytes: Buffer;

  constructor(bytes: Buffer) {
    this.bytes = bytes;
  }

  int8(): number {
    return this.bytes.readInt8(this.skip(1));
  }

  bool(): boolean {
    return this.int8() !== 0;
  }

  int16(): number {
    return this.bytes.readInt16BE(this.skip(2));
  }

  int32(): number {
    return this.bytes.readInt32BE(this.skip(4));
  }

  int64(): bigint {
    return this.bytes.readBigInt64BE(this.skip(8));
  }

  string(): string | null {
    const length = this.int16();
    if (length < 0) return null;
    const start = this.skip(length);
    return this.bytes.toString('utf8', start, start + length);
  }

  /** A view, not a copy; null reads as empty. */
  bytesOf(): Buffer {
    const length = Math.max(0, this.int32());
    const start = this.skip(length);
    return this.bytes.subarray(start, start + length);
  }

  varint(): number {
    let value = 0;
    for (let scale = 1, byte = 0x80; byte >= 0x80; scale *= 128) {
      if (scale > 2 ** 28) throw new RangeError('a number in an answer has more than five bytes');
      byte = this.bytes.readUInt8(this.skip(1));
      value += (byte & 0x7f) * scale;
    }
    return value;
  }

  compactString(): string | null {
    const length = this.varint() - 1;
    if (length < 0) return null;
    const start = this.skip(length);
    return this.bytes.toString('utf8', start, start + length);
  }

  /** null reads as empty. */
  compactArray<T>(read: () => T): T[] {
    return this.elements(this.varint() - 1, read);
  }

  /** Fields that versions to come may add; they are not looked at. */
  tags(): void {
    for (let left = this.varint(); left > 0; left--) {
      this.varint();
      this.skip(this.varint());
    }
  }

  /** null reads as empty. */
  array<T>(read: () => T): T[] {
    return this.elements(this.int32(), read);
  }

  private elements<T>(count: number, read: () => T): T[] {
    // The least element has one byte: what says more cannot be.
    if (count > this.bytes.length - this.at) throw new RangeError(`an answer cannot hold ${count} elements`);
    const values: T[] = [];
    for (let index = 0; index < count; index++) values.push(read());
    return values;
  }

  private skip(size: number): number {
    const start = this.at;
    if (size > this.bytes.length - start) throw new RangeError('an answer is shorter than it says');
    this.at += size;
    return start;
  }
}
