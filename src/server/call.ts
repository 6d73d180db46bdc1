/** A request as handlers see it, and the answer they give: plain values, no HTTP library. */
import type { Refusal } from '../semantics/decision.ts';
import { isRefusal } from '../semantics/decision.ts';

export interface Call {
  /** Decoded path parameters by name. */
  readonly params: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, string | readonly string[]>>;
  /** The body's text; empty when there is none. */
  readonly body: string;
}

export interface Answer {
  readonly status: number;
  /** Serialised; absent for 204. */
  readonly body?: string;
  /** Media type where it is not the one that the request asks for. */
  readonly type?: string;
}

export type Handler = (call: Call) => Answer;

/** Handlers by method under one path pattern. Other methods are answered 405. */
export interface Route {
  readonly path: string;
  readonly methods: Readonly<Partial<Record<Method, Handler>>>;
}

export type Method = 'GET' | 'POST' | 'PUT' | 'DELETE';

export function json(value: unknown): Answer {
  return { status: 200, body: JSON.stringify(value) };
}

export function text(body: string): Answer {
  return { status: 200, body };
}

export function refused({ status, errorCode, refusal }: Refusal): Answer {
  return { status, body: JSON.stringify({ error_code: errorCode, message: refusal }) };
}

/** The refusal's answer, or what the other case makes of the value. */
export function answer<Value>(value: Value | Refusal, show: (value: Value) => Answer): Answer {
  return isRefusal(value) ? refused(value) : show(value);
}

/** What the server in front of a registry answers by itself: unknown path, wrong method. */
export function generic(status: number, reason: string): Answer {
  return { status, body: JSON.stringify({ error_code: status, message: `HTTP ${status} ${reason}` }) };
}

export const notFound = (): Refusal => ({ status: 404, errorCode: 404, refusal: 'HTTP 404 Not Found' });
