/** When a call is repeated, and after how long. Pure: clock and chance are passed in. */

/** Registry codes of a 500 that a moment may cure: store error, timeout, forwarding failed, leader unknown. */
const TRANSIENT_CODES: ReadonlySet<number> = new Set([50001, 50002, 50003, 50004]);
const TRANSIENT_STATUSES: ReadonlySet<number> = new Set([408, 429, 502, 503, 504]);

/** `limited`: a 500 that names no reason may be a fault that comes back each time; it gets two more tries. */
export type Transience = 'no' | 'yes' | 'limited';

/** Times in all that a call may fail in a `limited` way. */
export const LIMITED_TRIES = 3;

/** Whether an answer's status and registry code promise that the same call may go well later. */
export function transienceOf(status: number, errorCode: number): Transience {
  if (TRANSIENT_STATUSES.has(status)) return 'yes';
  if (status !== 500) return 'no';
  if (TRANSIENT_CODES.has(errorCode)) return 'yes';
  return errorCode === 500 ? 'limited' : 'no';
}

/**
 * Full jitter: anywhere between nothing and a ceiling that doubles each round. Clients that failed together do not
 * come back together.
 * @param round rounds failed so far, from 1
 */
export function backoffMs(
  round: number,
  options: { readonly baseMs: number; readonly capMs: number },
  random: () => number,
): number {
  return Math.floor(random() * Math.min(options.capMs, options.baseMs * 2 ** (round - 1)));
}

/** Milliseconds to wait by a Retry-After header (RFC 9110, 10.2.3: seconds or an HTTP date); undefined if unreadable. */
export function parseRetryAfter(value: string | undefined, now: number): number | undefined {
  if (value === undefined) return undefined;
  const text = value.trim();
  if (/^\d+(\.\d+)?$/.test(text)) return Math.ceil(Number(text) * 1000);
  if (!/[A-Za-z]/.test(text)) return undefined;
  const date = Date.parse(text);
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}
