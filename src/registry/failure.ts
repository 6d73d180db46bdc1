/** One failed attempt as plain data, and the error that it becomes once there is nothing left to try. */
import { type ErrorCode, SrgitError } from '../errors.ts';
import type { Transience } from './retry.ts';

export interface Failure {
  readonly code: ErrorCode;
  /** Why, in a few words; goes into the message. */
  readonly reason: string;
  readonly hint: string;
  /** Whether the same call may go well later. */
  readonly transience: Transience;
  /** Whether another node may do better. */
  readonly nodeFault: boolean;
  /** `not-sent`: the server cannot have acted on it. `unknown`: it may have. `refused`: it has answered that it did not. */
  readonly delivery: 'not-sent' | 'unknown' | 'refused';
  readonly status?: number;
  readonly errorCode?: number;
  readonly retryAfterMs?: number;
  /** Only what cannot hold an answer's text or a header. */
  readonly cause?: unknown;
}

/** What was asked for, as messages name it. */
export interface CallName {
  readonly method: string;
  readonly path: string;
}

export interface NodeFailure {
  /** The node as it is shown, without credentials. */
  readonly node: string;
  readonly failure: Failure;
}

/**
 * @param failures the last failure of each node that was tried, the one that decided last
 * @param attempts requests sent or tried to send for this call
 */
export function failureError(call: CallName, failures: readonly NodeFailure[], attempts: number): SrgitError {
  const last = failures.at(-1);
  if (last === undefined)
    return new SrgitError('SRGIT_INTERNAL', `${call.method} ${call.path} failed without a reason`);
  const { failure } = last;
  const alike = failures.every((each) => each.failure.code === failure.code);
  const several = failures.length > 1;
  const tries = attempts > failures.length ? ` after ${attempts} attempts` : '';
  const message = several
    ? `${call.method} ${call.path} failed on all ${failures.length} nodes${tries}: ${failures
        .map(({ node, failure: { reason } }) => `${node}: ${reason}`)
        .join('; ')}`
    : `${call.method} ${call.path} at ${last.node} failed${tries}: ${failure.reason}`;
  return new SrgitError(alike ? failure.code : 'SRGIT_REGISTRY_UNREACHABLE', message, {
    hint: failure.hint,
    retriable: failure.transience !== 'no',
    ...(failure.cause === undefined ? undefined : { cause: failure.cause }),
    details: {
      method: call.method,
      path: call.path,
      node: failures.map(({ node }) => node).join(', '),
      attempts,
      ...(failure.status === undefined ? undefined : { status: failure.status }),
      ...(failure.errorCode === undefined ? undefined : { errorCode: failure.errorCode }),
      ...(failure.retryAfterMs === undefined ? undefined : { retryAfterMs: failure.retryAfterMs }),
      ...(failure.delivery === 'unknown' && call.method !== 'GET' ? { outcome: 'unknown' } : undefined),
    },
  });
}
