/**
 * CRC-32C (Castagnoli), which a version 2 batch carries over everything from its attributes to its end.
 *
 * Bytes that are patched in place do not need the checksum of the whole batch again: a CRC is linear, so that of the
 * patched bytes is the old one XOR the CRC of the difference, which is zero but for the patches. It follows that a batch
 * that was damaged before stays recognisably damaged.
 */
import { crc32c } from '@node-rs/crc32';

/** Checksum of `bytes[start, end)`, unsigned. */
export function checksumOf(bytes: Uint8Array, start: number, end: number): number {
  return crc32c(bytes.subarray(start, end)) >>> 0;
}

/** Follows the patches of one batch, which must come in ascending order, and gives the new checksum. */
export class ChecksumPatch {
  /** CRC register of the difference so far, as of byte `at`. */
  private register = 0;
  private at = 0;

  /** Begins a batch whose checksum covers bytes from `start` on. */
  begin(start: number): void {
    this.register = 0;
    this.at = start;
  }

  /** Four bytes at `position` (all within the checksum's range) changed; `difference` is old XOR new, little-endian. */
  changed(position: number, difference: number): void {
    if (this.register !== 0) this.register = advance(this.register, position - this.at);
    this.register ^= difference;
    this.at = position;
  }

  /** The checksum of the patched bytes, which end at `end`; `checksum` is that of the bytes before. */
  finish(checksum: number, end: number): number {
    const difference = this.register === 0 ? 0 : advance(this.register, end - this.at);
    return (checksum ^ difference) >>> 0;
  }
}

/** The reflected polynomial. */
const POLYNOMIAL = 0x82f63b78 | 0;

/**
 * For each power of two of bytes, what that many zero bytes make of a register, by its four bytes: 4 KB each. Built
 * when first needed.
 */
const POWERS: Int32Array[] = [];

/** The register after `count` zero bytes. */
function advance(register: number, count: number): number {
  let value = register;
  for (let rest = count, power = 0; rest > 0; rest >>>= 1, power++) {
    if ((rest & 1) === 0) continue;
    const table = POWERS[power] ?? tableOf(power);
    value =
      (table[value & 0xff] as number) ^
      (table[256 + ((value >>> 8) & 0xff)] as number) ^
      (table[512 + ((value >>> 16) & 0xff)] as number) ^
      (table[768 + (value >>> 24)] as number);
  }
  return value;
}

function tableOf(power: number): Int32Array {
  const table = new Int32Array(1024);
  for (let bit = 0; bit < 32; bit++) {
    const image = power === 0 ? afterOneByte(1 << bit) : advanceTwice(1 << bit, power - 1);
    const first = 256 * (bit >>> 3);
    const low = 1 << (bit & 7);
    for (let value = low; value < 256; value++)
      if (value & low) table[first + value] = (table[first + value] ?? 0) ^ image;
  }
  POWERS[power] = table;
  return table;
}

function afterOneByte(register: number): number {
  let value = register;
  for (let bit = 0; bit < 8; bit++) value = (value >>> 1) ^ (value & 1 ? POLYNOMIAL : 0);
  return value;
}

function advanceTwice(register: number, power: number): number {
  const count = 2 ** power;
  return advance(advance(register, count), count);
}
