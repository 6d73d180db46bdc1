/** What the server tells of each request, and that as a line of a log. */

export interface AccessEvent {
  /** Epoch milliseconds of the answer's end. */
  readonly time: number;
  readonly method: string;
  /** Path and query as sent. */
  readonly url: string;
  /** The route that answered, as a pattern; absent for unknown paths. */
  readonly route?: string;
  readonly status: number;
  readonly milliseconds: number;
  /** Length of the answer's body. */
  readonly bytes: number;
  /** Address of the peer. */
  readonly remote: string;
  /** Who was let in by basic authentication or a client certificate; absent without either. */
  readonly user?: string;
  /** As `X-Request-ID` tells the caller. */
  readonly requestId: string;
  readonly userAgent?: string;
}

/**
 * `short`: method, path, status, duration. `common`: the log format that web servers share, with the referer left empty
 * and the duration in seconds at the end. `json`: one object with every field.
 */
export const ACCESS_LOG_FORMATS = ['short', 'common', 'json'] as const;

export type AccessLogFormat = (typeof ACCESS_LOG_FORMATS)[number];

/** One line without its end. Whatever callers send stays on it. */
export function formatAccess(event: AccessEvent, format: AccessLogFormat): string {
  const { time, method, url, route, status, milliseconds, bytes, remote, user, requestId, userAgent } = event;
  if (format === 'short') return `${method} ${plainWord(url)} ${status} ${milliseconds.toFixed(1)} ms`;
  if (format === 'json') {
    const ms = Number(milliseconds.toFixed(3));
    const request = { time: new Date(time).toISOString(), remote, user, method, url, route, status, bytes, ms };
    return JSON.stringify({ ...request, request_id: requestId, user_agent: userAgent });
  }
  const request = quoted(`${method} ${url} HTTP/1.1`);
  const agent = userAgent === undefined ? '"-"' : quoted(userAgent);
  const who = user === undefined ? '-' : plainWord(user);
  return `${remote} - ${who} [${commonTime(time)}] ${request} ${status} ${bytes} "-" ${agent} ${(milliseconds / 1000).toFixed(6)}`;
}

/** `21/Nov/2026:11:36:25 +0000` */
function commonTime(time: number): string {
  const [date = '', clock = ''] = new Date(time).toISOString().split('T');
  const [year, month, day] = date.split('-');
  return `${day}/${MONTHS[Number(month) - 1]}/${year}:${clock.slice(0, 8)} +0000`;
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** As it is, unless it holds what would break the line's fields or reach the terminal. */
function plainWord(word: string): string {
  return /^[\x21\x23-\x7e]+$/.test(word) ? word : quoted(word);
}

/** A JSON string of ASCII alone. */
function quoted(text: string): string {
  return JSON.stringify(text).replace(
    /[^\x20-\x7e]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
