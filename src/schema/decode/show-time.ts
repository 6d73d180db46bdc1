/** Days and fractions of seconds since 1970 as people write dates and times. */

const NANOS_PER_DAY = 86_400_000_000_000n;
const NANOS_PER_SECOND = 1_000_000_000n;
/** `Date` knows this many days before and after 1970. */
const MOST_DAYS = 100_000_000n;

/** `2026-01-02`; undefined beyond the years that are known. */
export function showDate(days: bigint): string | undefined {
  if (days > MOST_DAYS || days < -MOST_DAYS) return undefined;
  return new Date(Number(days) * 86_400_000).toISOString().split('T')[0];
}

/** `03:04:05.678`; undefined for what is no time of a day. @param digits of the fraction. */
export function showTime(nanos: bigint, digits: number): string | undefined {
  if (nanos < 0n || nanos >= NANOS_PER_DAY) return undefined;
  const seconds = nanos / NANOS_PER_SECOND;
  const fraction = (nanos % NANOS_PER_SECOND).toString().padStart(9, '0').slice(0, digits);
  const parts = [seconds / 3600n, (seconds / 60n) % 60n, seconds % 60n];
  const clock = parts.map((part) => part.toString().padStart(2, '0')).join(':');
  return digits === 0 ? clock : `${clock}.${fraction}`;
}

/** `2026-01-02T03:04:05.678`, without a zone; undefined beyond the years that are known. */
export function showDateTime(nanos: bigint, digits: number): string | undefined {
  // Rounded down, also before 1970.
  const rest = ((nanos % NANOS_PER_DAY) + NANOS_PER_DAY) % NANOS_PER_DAY;
  const date = showDate((nanos - rest) / NANOS_PER_DAY);
  const time = showTime(rest, digits);
  return date === undefined || time === undefined ? undefined : `${date}T${time}`;
}
