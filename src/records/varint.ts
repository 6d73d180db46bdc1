/** Zigzag varints as Kafka writes them: seven bits a byte, lowest first. Their readers are in the record cursor. */

/** Bytes that a 32-bit value takes. */
export function sizeOfVarint(value: number): number {
  return sizeOfUnsigned((value << 1) ^ (value >> 31));
}

function sizeOfUnsigned(raw: number): number {
  if ((raw & ~0x7f) === 0) return 1;
  if ((raw & ~0x3fff) === 0) return 2;
  if ((raw & ~0x1f_ffff) === 0) return 3;
  return (raw & ~0xfff_ffff) === 0 ? 4 : 5;
}

/** Writes a 32-bit value and answers the position after it. */
export function writeVarint(bytes: Uint8Array, start: number, value: number): number {
  let raw = (value << 1) ^ (value >> 31);
  let at = start;
  while ((raw & ~0x7f) !== 0) {
    bytes[at++] = (raw & 0x7f) | 0x80;
    raw >>>= 7;
  }
  bytes[at++] = raw;
  return at;
}

/** Bytes that a 64-bit value takes, given as two signed 32-bit halves. */
export function sizeOfVarlong(high: number, low: number): number {
  const sign = high >> 31;
  const rawHigh = ((high << 1) | (low >>> 31)) ^ sign;
  if (rawHigh === 0) return sizeOfUnsigned((low << 1) ^ sign);
  // 36 - clz bits above the lowest 28 remain for further bytes.
  return 4 + Math.ceil((36 - Math.clz32(rawHigh)) / 7);
}

/** Writes a 64-bit value, given as two signed 32-bit halves, and answers the position after it. */
export function writeVarlong(bytes: Uint8Array, start: number, high: number, low: number): number {
  const sign = high >> 31;
  let rawHigh = ((high << 1) | (low >>> 31)) ^ sign;
  let rawLow = (low << 1) ^ sign;
  let at = start;
  while (rawHigh !== 0 || (rawLow & ~0x7f) !== 0) {
    bytes[at++] = (rawLow & 0x7f) | 0x80;
    rawLow = (rawLow >>> 7) | (rawHigh << 25);
    rawHigh >>>= 7;
  }
  bytes[at++] = rawLow;
  return at;
}
