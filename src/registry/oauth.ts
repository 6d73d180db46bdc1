/** OAuth 2.0 client credentials: one token, shared by all callers, renewed before it expires. */
import type { Dispatcher } from 'undici';
import { SrgitError, throwIfAborted } from '../errors.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../model/json.ts';
import { unwatchAbort, watchAbort } from './abort.ts';
import { parseBaseUrl } from './base-url.ts';
import { basicCredentials } from './credentials.ts';
import { exchange, type Outcome } from './exchange.ts';
import { networkFailure } from './network-failure.ts';
import type { OAuthOptions, RetryOptions } from './options.ts';
import { backoffMs, transienceOf } from './retry.ts';
import type { Secrets } from './secrets.ts';

export interface OAuthContext {
  readonly dispatcher: Dispatcher;
  readonly secrets: Secrets;
  readonly userAgent: string;
  readonly retry: Required<RetryOptions>;
  readonly now: () => number;
  readonly sleep: (ms: number) => Promise<void>;
  readonly random: () => number;
}

interface Token {
  /** The whole Authorization value. */
  readonly value: string;
  readonly secret: string;
  /** Milliseconds since 1970; Infinity when the endpoint names no expiry. */
  readonly renewAt: number;
  readonly expiresAt: number;
}

type TokenAnswer = { readonly token: Token } | { readonly error: SrgitError; readonly wrongStyle: boolean };

/** Renewed this long before it expires, or at four fifths of a short life. */
const RENEW_EARLY_MS = 60_000;
const RENEW_EARLY_SHARE = 0.2;
const TOKEN_TRIES = 3;
const LARGEST_TOKEN_ANSWER = 1024 * 1024;

export class OAuthTokens {
  readonly #settings: OAuthOptions;
  readonly #context: OAuthContext;
  readonly #endpoint: { readonly origin: string; readonly path: string; readonly shown: string };
  #token: Token | undefined;
  #pending: Promise<string> | undefined;
  /** RFC 6749 2.3.1 prefers Basic; some endpoints take the form body only. What worked is kept. */
  #style: 'basic' | 'form' = 'basic';

  /** @throws SRGIT_CONFIG_INVALID when the token URL is none. */
  constructor(settings: OAuthOptions, context: OAuthContext) {
    this.#settings = settings;
    this.#context = context;
    const base = parseBaseUrl(settings.tokenUrl, 'OAuth token URL');
    const search = URL.parse(settings.tokenUrl.trim())?.search ?? '';
    this.#endpoint = { origin: base.origin, path: `${base.prefix || '/'}${search}`, shown: base.shown };
  }

  /** The Authorization value while it needs no renewal, without a promise: the case of nearly every request. */
  get current(): string | undefined {
    const token = this.#token;
    return token !== undefined && this.#context.now() < token.renewAt ? token.value : undefined;
  }

  /**
   * The Authorization value, fetched if need be. Callers at the same time share one request, which outlives those of
   * them that are aborted.
   * @throws SRGIT_OAUTH_FAILED, SRGIT_INTERRUPTED
   */
  get(signal: AbortSignal | undefined): Promise<string> {
    const current = this.current;
    if (current !== undefined) return Promise.resolve(current);
    this.#pending ??= this.#renew().finally(() => {
      this.#pending = undefined;
    });
    return signal === undefined ? this.#pending : abortable(this.#pending, signal);
  }

  /** Drops a token that the registry refused; one that was renewed meanwhile stays. */
  drop(value: string): void {
    if (this.#token?.value !== value) return;
    this.#token = undefined;
  }

  async #renew(): Promise<string> {
    const { now, sleep, random, retry } = this.#context;
    for (let round = 1; ; round += 1) {
      const answer = await this.#request();
      if ('token' in answer) {
        if (this.#token !== undefined) this.#context.secrets.remove(this.#token.secret);
        this.#token = answer.token;
        return answer.token.value;
      }
      const old = this.#token;
      // Renewal is early: while the old token lives, a failing endpoint is no reason to fail.
      if (old !== undefined && now() < old.expiresAt) return old.value;
      if (!answer.error.retriable || round >= TOKEN_TRIES) throw answer.error;
      await sleep(backoffMs(round, retry, random));
    }
  }

  async #request(): Promise<TokenAnswer> {
    const first = await this.#ask(this.#style);
    if ('token' in first || !first.wrongStyle) return first;
    const other = this.#style === 'basic' ? 'form' : 'basic';
    const second = await this.#ask(other);
    if ('token' in second) this.#style = other;
    return second;
  }

  async #ask(style: 'basic' | 'form'): Promise<TokenAnswer> {
    const { clientId, clientSecret, scope } = this.#settings;
    const form = new URLSearchParams({ grant_type: 'client_credentials' });
    if (scope !== undefined) form.set('scope', scope);
    const headers = [
      'accept',
      'application/json',
      'content-type',
      'application/x-www-form-urlencoded',
      'user-agent',
      this.#context.userAgent,
    ];
    if (style === 'basic') {
      const pair = { username: formEncode(clientId), password: formEncode(clientSecret) };
      headers.push('authorization', basicCredentials(pair));
    } else {
      form.set('client_id', clientId);
      form.set('client_secret', clientSecret);
    }
    const { origin, path } = this.#endpoint;
    const request = { origin, method: 'POST', path, headers, body: form.toString() };
    return this.#read(await exchange(this.#context.dispatcher, request, LARGEST_TOKEN_ANSWER, undefined));
  }

  #read(outcome: Outcome): TokenAnswer {
    if (outcome.kind === 'failed') {
      const failure = networkFailure(outcome, this.#endpoint.origin.startsWith('https:'));
      return this.#refuse(failure.reason, { transient: failure.transience === 'yes', hint: failure.hint });
    }
    if (outcome.kind !== 'answer') return this.#refuse('its answer is too large', { transient: false });
    const { status } = outcome;
    const body = parseObject(outcome.body);
    if (status === 200 || status === 201) {
      const token = body === undefined ? undefined : this.#readToken(body);
      return token === undefined ? this.#refuse('its answer holds no access_token', { transient: false }) : { token };
    }
    const named = body?.['error'];
    // Only the code of RFC 6749 5.2 is shown: descriptions have been seen to repeat what was sent.
    const errorName = typeof named === 'string' && /^[a-z_]{1,40}$/.test(named) ? named : undefined;
    return this.#refuse(`HTTP ${status}${errorName === undefined ? '' : ` (${errorName})`}`, {
      transient: transienceOf(status, status) !== 'no',
      wrongStyle: status === 401 || errorName === 'invalid_client',
      status,
    });
  }

  #readToken(body: JsonObject): Token | undefined {
    const secret = body['access_token'];
    if (typeof secret !== 'string' || !/^[\x21-\x7e]+$/.test(secret)) return undefined;
    this.#context.secrets.add(secret);
    const seconds = Number(body['expires_in'] ?? Number.NaN);
    const now = this.#context.now();
    const value = `Bearer ${secret}`;
    if (!(seconds > 0))
      return { value, secret, renewAt: Number.POSITIVE_INFINITY, expiresAt: Number.POSITIVE_INFINITY };
    const life = seconds * 1000;
    const early = Math.min(RENEW_EARLY_MS, life * RENEW_EARLY_SHARE);
    return { value, secret, renewAt: now + life - early, expiresAt: now + life };
  }

  #refuse(
    reason: string,
    facts: { transient: boolean; wrongStyle?: boolean; status?: number; hint?: string },
  ): TokenAnswer {
    const { shown } = this.#endpoint;
    const error = new SrgitError('SRGIT_OAUTH_FAILED', `no OAuth token from ${shown}: ${reason}`, {
      hint: facts.hint ?? 'Check `token_url`, `client_id`, `client_secret` and `scope` in the `auth` settings.',
      retriable: facts.transient,
      details: { node: shown, ...(facts.status === undefined ? undefined : { status: facts.status }) },
    });
    return { error, wrongStyle: facts.wrongStyle ?? false };
  }
}

/** RFC 6749 2.3.1: both parts are form-encoded before they are joined. */
function formEncode(text: string): string {
  return new URLSearchParams({ v: text }).toString().slice(2);
}

function parseObject(body: Buffer): JsonObject | undefined {
  try {
    const value: JsonValue = JSON.parse(body.toString('utf8'));
    return isJsonObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function abortable<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const target = {
      abort(): void {
        try {
          throwIfAborted(signal);
        } catch (error) {
          reject(error);
        }
      },
    };
    watchAbort(signal, target);
    promise.then(resolve, reject).finally(() => unwatchAbort(signal, target));
  });
}
