/** The registry client: joins addresses, authentication, connections, limiter and retries. */
import { setTimeout as sleepTimer } from 'node:timers/promises';
import { SrgitError } from '../errors.ts';
import type { JsonValue } from '../model/json.ts';
import { authFor, secretsOf } from './auth.ts';
import { type BaseUrl, parseBaseUrl } from './base-url.ts';
import { Caller } from './caller.ts';
import { Connections } from './dispatcher.ts';
import { Limiter } from './limiter.ts';
import { type Node, Nodes } from './nodes.ts';
import { OAuthTokens } from './oauth.ts';
import {
  DEFAULT_CONCURRENCY,
  DEFAULT_MAX_ANSWER_BYTES,
  DEFAULT_RETRY,
  DEFAULT_TIMEOUTS,
  type RegistryClientOptions,
} from './options.ts';
import { baseHeaders, bodyHeaders } from './request-headers.ts';
import { buildTarget } from './request-target.ts';
import { Secrets } from './secrets.ts';
import type { CallOptions, ClientStats, RegistryAnswer, RegistryClient } from './types.ts';

/**
 * Opens a client; nothing is sent before the first call.
 * @throws SRGIT_CONFIG_INVALID for a URL or header that is none; SRGIT_REGISTRY_TLS for an unreadable certificate or key.
 */
export function createRegistryClient(options: RegistryClientOptions): RegistryClient {
  const now = options.now ?? Date.now;
  const random = options.random ?? Math.random;
  const sleep = options.sleep ?? sleepAbortably;
  const retry = { ...DEFAULT_RETRY, ...options.retry };
  const urls = parseUrls(options.urls);
  const [firstUrl, ...otherUrls] = urls;
  const secrets = new Secrets(secretsOf(options, urls));
  const max = options.concurrency?.max ?? DEFAULT_CONCURRENCY;
  const connections = new Connections({
    tls: options.tls,
    proxy: options.proxy,
    timeouts: { ...DEFAULT_TIMEOUTS, ...options.timeouts },
    connections: max,
  });
  const userAgent = options.userAgent ?? 'srgit';
  const { auth } = options;
  const tokens =
    auth?.type === 'oauth'
      ? new OAuthTokens(auth, {
          dispatcher: connections.open(parseBaseUrl(auth.tokenUrl, 'OAuth token URL')),
          secrets,
          userAgent,
          retry,
          now,
          sleep,
          random,
        })
      : undefined;
  const fallback = urls.find((url) => url.credentials !== undefined)?.credentials;
  const makeNode = (url: BaseUrl): Node => {
    const nodeAuth = authFor(url, auth, fallback, tokens);
    const headers = baseHeaders(userAgent, nodeAuth.fixedHeaders, options.headers);
    return { url, auth: nodeAuth, headers, bodyHeaders: bodyHeaders(headers), dispatcher: connections.open(url) };
  };
  const nodes = new Nodes([makeNode(firstUrl), ...otherUrls.map(makeNode)], retry.coolDownMs, now);
  const limiter = new Limiter({ max, now, sleep });
  const maxBytes = options.maxAnswerBytes ?? DEFAULT_MAX_ANSWER_BYTES;
  const caller = new Caller({ nodes, limiter, retry, random, sleep, now, secrets, maxBytes });
  return new HttpRegistryClient(caller, limiter, connections);
}

class HttpRegistryClient implements RegistryClient {
  readonly #caller: Caller;
  readonly #limiter: Limiter;
  readonly #connections: Connections;

  constructor(caller: Caller, limiter: Limiter, connections: Connections) {
    this.#caller = caller;
    this.#limiter = limiter;
    this.#connections = connections;
  }

  get concurrency(): number {
    return this.#limiter.limit;
  }

  get stats(): ClientStats {
    return this.#caller.stats;
  }

  get(path: string, options?: CallOptions): Promise<RegistryAnswer> {
    return this.#caller.perform({
      method: 'GET',
      path,
      target: buildTarget(path, options?.query),
      body: undefined,
      signal: options?.signal,
      allow: options?.allow,
      idempotent: true,
    });
  }

  send(
    method: 'POST' | 'PUT' | 'DELETE',
    path: string,
    options?: CallOptions & { readonly body?: JsonValue; readonly idempotent?: boolean },
  ): Promise<RegistryAnswer> {
    return this.#caller.perform({
      method,
      path,
      target: buildTarget(path, options?.query),
      body: options?.body === undefined ? undefined : JSON.stringify(options.body),
      signal: options?.signal,
      allow: options?.allow,
      idempotent: options?.idempotent ?? false,
    });
  }

  async close(): Promise<void> {
    this.#limiter.close();
    await this.#connections.close();
  }
}

/** The same node twice is one node. */
function parseUrls(texts: readonly string[]): readonly [BaseUrl, ...BaseUrl[]] {
  const byName = new Map(texts.map((text) => parseBaseUrl(text)).map((url) => [url.shown, url]));
  const [first, ...others] = byName.values();
  if (first === undefined) {
    throw new SrgitError('SRGIT_CONFIG_INVALID', 'the registry has no URL', { hint: 'Set `url` for this registry.' });
  }
  return [first, ...others];
}

async function sleepAbortably(ms: number, signal?: AbortSignal): Promise<void> {
  await sleepTimer(ms, undefined, signal === undefined ? {} : { signal });
}
