/** `X-Request-ID`: the caller's own when it sends one that can be repeated, else a new one. Every answer carries it. */
import { randomUUID } from 'node:crypto';

export const REQUEST_ID = 'x-request-id';

const MAX_LENGTH = 256;

export function requestIdOf(sent: string | readonly string[] | undefined): string {
  // Of several none is the request's own; what a log line could not show as it is is not repeated either.
  if (typeof sent !== 'string' || sent === '' || sent.length > MAX_LENGTH || !/^[\x21-\x7e]+$/.test(sent)) {
    return randomUUID();
  }
  return sent;
}
