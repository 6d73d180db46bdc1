/** Numbers as Java's `BigDecimal` reads, prints, truncates and divides them. */

interface Decimal {
  readonly negative: boolean;
  /** Digits without leading zeros; `0` for zero. */
  readonly digits: string;
  /** The value is `digits * 10^-scale`. */
  readonly scale: number;
}

const LEXEME = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/;
const INT_LIMIT = 2 ** 31;

/** Exponents of more digits than this are refused before they are added up, as Java does. */
const EXPONENT_DIGITS = 10;

function parseDecimal(lexeme: string): Decimal | undefined {
  const match = LEXEME.exec(lexeme);
  if (match === null) return undefined;
  const [, sign, whole = '', fraction = '', exponent = '0'] = match;
  if (exponent.replace(/^[+-]?0*/, '').length > EXPONENT_DIGITS) return undefined;
  const scale = fraction.length - Number(exponent);
  if (scale >= INT_LIMIT || scale < -INT_LIMIT) return undefined;
  const digits = (whole + fraction).replace(/^0+(?=\d)/, '');
  return { negative: sign === '-' && digits !== '0', digits, scale };
}

/**
 * The text that `BigDecimal.toString` makes of a decimal number: `1e2` is `1E+2`, `-0.0` is `0.0`, `1.50` stays.
 *
 * @returns undefined for an exponent that Java has no room for.
 */
export function formatDecimal(lexeme: string): string | undefined {
  const decimal = parseDecimal(lexeme);
  if (decimal === undefined) return undefined;
  const { negative, digits, scale } = decimal;
  const sign = negative ? '-' : '';
  if (scale === 0) return sign + digits;
  const exponent = digits.length - 1 - scale;
  if (scale > 0 && exponent >= -6) {
    const padded = digits.padStart(scale + 1, '0');
    return `${sign}${padded.slice(0, -scale)}.${padded.slice(-scale)}`;
  }
  const fraction = digits.length > 1 ? `.${digits.slice(1)}` : '';
  return `${sign}${digits[0]}${fraction}${exponent === 0 ? '' : `E${exponent > 0 ? '+' : ''}${exponent}`}`;
}

/** Decimals of a larger exponent are zero in their low 32 bits, or below one. */
const DIGIT_LIMIT = 2000;

/** `Number.intValue`: the fraction cut off, the low 32 bits of the rest as a signed number. */
export function truncateToInt(text: string): number {
  const decimal = parseDecimal(text);
  if (decimal === undefined) return 0;
  const { negative, digits, scale } = decimal;
  // Ten to the 32nd power and more is a multiple of 2^32.
  if (scale <= -32 || digits.length <= scale) return 0;
  const whole = scale > 0 ? digits.slice(0, -scale) : digits + '0'.repeat(-scale);
  const value = BigInt.asIntN(32, BigInt(whole));
  return Number(negative ? BigInt.asIntN(32, -value) : value);
}

/** Whether every multiple of `a` is one of `b`; false where the numbers are too far apart to say. */
export function isMultiple(a: string, b: string): boolean {
  const left = parseDecimal(a);
  const right = parseDecimal(b);
  if (left === undefined || right === undefined || right.digits === '0') return false;
  const scale = Math.max(left.scale, right.scale);
  if (scale - left.scale > DIGIT_LIMIT || scale - right.scale > DIGIT_LIMIT) return false;
  const asInteger = (decimal: Decimal) => BigInt(decimal.digits + '0'.repeat(scale - decimal.scale));
  return asInteger(left) % asInteger(right) === 0n;
}
