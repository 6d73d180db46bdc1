/**
 * Numbers as normalized texts have them: what Java's commons-lang reads as a number, with three decimals at most, halves
 * rounded to the even neighbour. What is no number there (`inf`, `nan`, `1e`) stays as it is written.
 */

/** A whole number with a prefix for its base; a leading zero means eight. The `L` is Java's for its long numbers. */
const WHOLE = /^([+-]?)(0[xX]|#)?([0-9a-fA-F]+?)([lL]?)$/;

const DECIMAL = /^([+-]?)([0-9]*)(\.[0-9]*)?(?:[eE]([+-]?[0-9]+))?([fFdD]?)$/;

/** Longer numbers stay as they are written, so that `1e999999999` is no text of that length. */
const MOST_DIGITS = 1000;

export function formatNumber(text: string): string {
  if (text.length > MOST_DIGITS) return text;
  const whole = formatWhole(text);
  if (whole !== undefined) return whole;
  const [, sign = '', digits = '', fraction = '', exponent, type = ''] = DECIMAL.exec(text) ?? [];
  if (digits === '' && fraction.length < 2) return text;
  // Without any of these it would be a whole number, in a form that Java does not read.
  if (fraction === '' && exponent === undefined && type === '') return text;
  const shift = Number(exponent ?? 0);
  if (Math.abs(shift) > MOST_DIGITS) return text;
  const exact = { digits: digits + fraction.slice(1), point: digits.length + shift };
  return printSigned(sign === '-', roundDecimal(nearestBinary(exact, type.toLowerCase())));
}

function formatWhole(text: string): string | undefined {
  const [, sign = '', prefix, digits = ''] = WHOLE.exec(text) ?? [];
  if (digits === '') return undefined;
  const isLong = /[lL]$/.test(text);
  if (prefix !== undefined)
    return isLong ? undefined : printSigned(sign === '-', BigInt(`0x${digits}`).toString(), '0');
  if (/[^0-9]/.test(digits)) return undefined;
  if (digits === '0' || !digits.startsWith('0')) return printSigned(sign === '-', digits, '0');
  if (/[89]/.test(digits)) return undefined;
  return printSigned(sign === '-', BigInt(`0o${digits}`).toString(), '0');
}

/** A whole zero has no sign, other zeros keep it. */
function printSigned(isNegative: boolean, digits: string, unsigned?: string): string {
  return isNegative && digits !== unsigned ? `-${digits}` : digits;
}

/** Digits without a sign, and how many of them stand before the point: may be negative or more than there are. */
interface Decimal {
  readonly digits: string;
  readonly point: number;
  /** The number is a bit more (1) or less (-1) than the digits say. */
  readonly beyond?: number;
}

/**
 * Java takes a number with a fraction or an exponent as a float where that shows the same digits as a double, as a
 * double where that is exactly what is written, and as a decimal otherwise. An `f` or `d` behind it asks for the one.
 */
function nearestBinary(decimal: Decimal, type: string): Decimal {
  const { digits, point } = decimal;
  const isZero = /^0*$/.test(digits);
  const double = Number(`0.${digits}e${point}`);
  const float = Math.fround(double);
  const holds = (value: number): boolean => Number.isFinite(value) && (value !== 0 || isZero);
  if (type !== 'd' && holds(float) && (type === 'f' || shortestFloat(float) === double)) return binaryDecimal(float);
  if (!holds(double)) return decimal;
  const shortest = binaryDecimal(double);
  return type !== '' || isSame(shortest, decimal) ? shortest : decimal;
}

/** The number with the fewest digits that is this float and no other; of two as near to it the one that ends evenly. */
function shortestFloat(float: number): number {
  let shown = '';
  for (let decimals = 0; decimals < 9; decimals++) {
    shown = float.toExponential(decimals);
    if (Math.fround(Number(shown)) !== float) continue;
    const longer = float.toExponential(decimals + 1);
    const isBetween = Number(longer) === float && /5e/.test(longer);
    // JavaScript has taken the upper one.
    if (isBetween && /[13579]e/.test(shown)) shown = longer.replace(/\.?5e/, 'e');
    break;
  }
  return Number(shown);
}

/** The digits that tell a double from its neighbours, and on which side of them it lies. */
function binaryDecimal(value: number): Decimal {
  const [, whole = '', fraction = '', exponent = '0'] = /^([0-9]+)(?:\.([0-9]+))?(?:e(.+))?$/.exec(String(value)) ?? [];
  const digits = whole + fraction;
  const point = whole.length + Number(exponent);
  // Only where four decimals are all there is does the side decide about rounding. toFixed() shows what lies behind.
  const decimals = digits.length - point;
  if (decimals !== 4) return { digits, point };
  const behind = value.toFixed(60).slice(-56);
  const isLess = behind.startsWith('9');
  return { digits, point, beyond: isLess ? -1 : Number(/[1-9]/.test(behind)) };
}

function isSame(a: Decimal, b: Decimal): boolean {
  const strip = ({ digits, point }: Decimal): string => {
    const zeros = /^0*/.exec(digits)?.[0].length ?? 0;
    const significant = digits.slice(zeros).replace(/0+$/, '');
    return significant === '' ? '' : `${significant}e${point - zeros}`;
  };
  return strip(a) === strip(b);
}

/** With three decimals at most. */
function roundDecimal({ digits, point, beyond = 0 }: Decimal): string {
  const padded = point < -3 ? '' : digits.padStart(digits.length + Math.max(0, -point), '0');
  const all = padded.padEnd(Math.max(0, point) + 3, '0');
  const cut = Math.max(0, point) + 3;
  const kept = BigInt(all.slice(0, cut));
  const rest = all.slice(cut).replace(/0+$/, '');
  const isHalf = rest === '5' && beyond === 0;
  const isUp = isHalf ? kept % 2n === 1n : rest === '5' ? beyond > 0 : rest > '5';
  const thousandths = (kept + (isUp ? 1n : 0n)).toString().padStart(4, '0');
  const fraction = thousandths.slice(-3).replace(/0+$/, '');
  return fraction === '' ? thousandths.slice(0, -3) : `${thousandths.slice(0, -3)}.${fraction}`;
}
