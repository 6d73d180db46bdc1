/** Floating point numbers as Java reads and prints them. */

/** `Double.toString`: `1.0`, `1.0E-4`, `Infinity`. Digits are the shortest that read back (Java 19 and newer). */
export function formatDouble(value: number): string {
  return formatShortest(value, value.toExponential());
}

/** `Float.toString` of a number that is a float already. */
export function formatFloat(value: number): string {
  for (let digits = 1; digits < 9; digits++) {
    const text = value.toExponential(digits - 1);
    if (Math.fround(Number(text)) === value) return formatShortest(value, text);
  }
  return formatShortest(value, value.toExponential(8));
}

function formatShortest(value: number, shortest: string): string {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? 'Infinity' : '-Infinity';
  if (value === 0) return Object.is(value, -0) ? '-0.0' : '0.0';
  // Java prints at least two digits, and chooses the nearest with two: 4.9E-324, not 5.0E-324.
  const text = shortest.includes('.') ? shortest : value.toExponential(1);
  const [mantissa = '', power = '0'] = text.split('e');
  const exponent = Number(power);
  if (exponent < -3 || exponent >= 7) return `${mantissa}E${exponent}`;
  const sign = value < 0 ? '-' : '';
  const digits = mantissa.replace(/[-.]/g, '').replace(/0+$/, '');
  if (exponent < 0) return `${sign}0.${'0'.repeat(-exponent - 1)}${digits}`;
  const whole = digits.slice(0, exponent + 1).padEnd(exponent + 1, '0');
  return `${sign}${whole}.${digits.slice(exponent + 1) || '0'}`;
}

const DECIMAL = /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?[fFdD]?$/;
const HEXADECIMAL = /^([+-]?)0[xX]([0-9a-fA-F]*)(?:\.([0-9a-fA-F]*))?[pP]([+-]?\d+)[fFdD]?$/;

/** `Double.valueOf`; undefined where Java throws. */
export function parseDouble(text: string): number | undefined {
  const trimmed = trimJava(text);
  const named = /^([+-]?)(NaN|Infinity)$/.exec(trimmed);
  if (named) return named[2] === 'NaN' ? Number.NaN : Number(trimmed);
  if (DECIMAL.test(trimmed)) return Number(trimmed.replace(/[fFdD]$/, ''));
  const hexadecimal = HEXADECIMAL.exec(trimmed);
  if (hexadecimal === null) return undefined;
  const [, sign, whole = '', fraction = '', power = '0'] = hexadecimal;
  const digits = whole + fraction;
  if (digits === '') return undefined;
  const value = scale(BigInt(`0x${digits}`), Number(power) - 4 * fraction.length);
  return sign === '-' ? -value : value;
}

/** `String.trim`: everything up to the blank, at both ends. */
export function trimJava(text: string): string {
  let from = 0;
  let to = text.length;
  while (from < to && text.charCodeAt(from) <= 0x20) from++;
  while (to > from && text.charCodeAt(to - 1) <= 0x20) to--;
  return text.slice(from, to);
}

/** digits * 2^power, rounded once: 64 significant bits and one that stands for all those dropped. */
function scale(digits: bigint, power: number): number {
  if (digits === 0n) return 0;
  const extra = Math.max(0, digits.toString(2).length - 64);
  const kept = digits >> BigInt(extra);
  const sticky = kept << BigInt(extra) === digits ? kept : kept | 1n;
  const exponent = power + extra;
  if (exponent > 1100) return Number.POSITIVE_INFINITY;
  if (exponent < -1300) return 0;
  // BigInt division rounds once where a product of doubles would round twice among subnormal numbers.
  if (exponent >= 0) return Number(sticky << BigInt(exponent));
  return divideByPower(sticky, -exponent);
}

function divideByPower(digits: bigint, power: number): number {
  const magnitude = digits.toString(2).length - power;
  const lowest = Math.max(magnitude - 53, -1074);
  const shift = BigInt(power + lowest);
  const [quotient, remainder, half] =
    shift > 0n ? [digits >> shift, digits & ((1n << shift) - 1n), 1n << (shift - 1n)] : [digits << -shift, 0n, 1n];
  const up = remainder > half || (remainder === half && (quotient & 1n) === 1n);
  const rounded = Number(up ? quotient + 1n : quotient);
  return lowest < -1022 ? rounded * 2 ** (lowest + 537) * 2 ** -537 : rounded * 2 ** lowest;
}
