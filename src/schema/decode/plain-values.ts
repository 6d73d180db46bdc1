/** Numbers and bytes as JSON that loses nothing. */
import { isUtf8 } from 'node:buffer';
import type { JsonValue } from '../../model/json.ts';

/** A number where JSON holds it exactly, otherwise its digits. */
export function showInteger(value: bigint): JsonValue {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value.toString();
}

export function showDouble(value: number): JsonValue {
  if (!Number.isFinite(value)) return `${value}`;
  // JSON.stringify makes `0` of it.
  return Object.is(value, -0) ? '-0' : value;
}

/** 32 bits, with the fewest digits that mean the same: `0.1`, not `0.10000000149011612`. */
export function showFloat(value: number): JsonValue {
  if (!Number.isFinite(value) || Number.isInteger(value)) return showDouble(value);
  for (let digits = 6; digits < 9; digits++) {
    const short = Number(value.toPrecision(digits));
    if (Math.fround(short) === value) return short;
  }
  return Number(value.toPrecision(9));
}

/** Base64, and the text where the bytes are one that people can read. */
export function showBytes(bytes: Buffer): JsonValue {
  const text = readableText(bytes);
  return { base64: bytes.toString('base64'), ...(text === undefined ? {} : { text }) };
}

function readableText(bytes: Buffer): string | undefined {
  if (bytes.length === 0 || !isUtf8(bytes)) return undefined;
  const text = bytes.toString('utf8');
  return /[\p{Cc}\p{Cn}\p{Co}\p{Cs}]/u.test(text.replace(/[\t\n\r]/g, '')) ? undefined : text;
}

/** A whole number with a point put before its last digits. */
export function showDecimal(unscaled: bigint, scale: number): string {
  const sign = unscaled < 0n ? '-' : '';
  const digits = (unscaled < 0n ? -unscaled : unscaled).toString();
  if (scale <= 0) return sign + digits + (unscaled === 0n ? '' : '0'.repeat(-scale));
  const padded = digits.padStart(scale + 1, '0');
  return `${sign}${padded.slice(0, -scale)}.${padded.slice(-scale)}`;
}

/** Big-endian, two's complement. */
export function readSigned(bytes: Buffer): bigint {
  return bytes.length === 0 ? 0n : BigInt.asIntN(8 * bytes.length, BigInt(`0x${bytes.toString('hex')}`));
}
