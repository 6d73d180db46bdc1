/** What a registry client is made from: validated values only; files, environment and configuration are read elsewhere. */

/** How to prove who we are. `mtls` means that the client certificate in `tls` is all there is. */
export type AuthOptions =
  | { readonly type: 'none' }
  | { readonly type: 'mtls' }
  | { readonly type: 'basic'; readonly username: string; readonly password: string }
  | { readonly type: 'bearer'; readonly token: string }
  | OAuthOptions;

/** OAuth 2.0 client credentials (RFC 6749, 4.4). */
export interface OAuthOptions {
  readonly type: 'oauth';
  readonly tokenUrl: string;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly scope?: string | undefined;
  /** Confluent Cloud's `lsrc-…`, sent as `target-sr-cluster`. */
  readonly logicalCluster?: string | undefined;
  /** Confluent Cloud's `pool-…`, sent as `Confluent-Identity-Pool-Id`. */
  readonly identityPoolId?: string | undefined;
}

/** PEM texts. Verification is always on: a private CA is trusted beside the roots Node already trusts. */
export interface TlsOptions {
  readonly caCert?: string | undefined;
  readonly clientCert?: string | undefined;
  readonly clientKey?: string | undefined;
  readonly passphrase?: string | undefined;
}

/** The values of HTTP_PROXY, HTTPS_PROXY and NO_PROXY. */
export interface ProxyOptions {
  readonly http?: string | undefined;
  readonly https?: string | undefined;
  readonly noProxy?: string | undefined;
}

/** Milliseconds. */
export interface TimeoutOptions {
  readonly connect?: number;
  /** From the request sent to the answer's headers. */
  readonly headers?: number;
  /** Between two pieces of the body. */
  readonly body?: number;
}

export interface RetryOptions {
  /** Rounds over the nodes, the first included. */
  readonly attempts?: number;
  /** Ceiling of the first wait; it doubles each round. Milliseconds. */
  readonly baseMs?: number;
  /** Ceiling of every wait. Milliseconds. */
  readonly capMs?: number;
  /** No wait is begun that would end later than this after the call began. Milliseconds. */
  readonly budgetMs?: number;
  /** How long a failed node is left alone while another answers. Milliseconds. */
  readonly coolDownMs?: number;
}

export interface RegistryClientOptions {
  /** Base URLs of the nodes of one registry, any path prefix included; `user:password@` is basic auth. */
  readonly urls: readonly string[];
  readonly auth?: AuthOptions | undefined;
  readonly tls?: TlsOptions | undefined;
  /** Sent with every request; a name of ours replaces our value. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly proxy?: ProxyOptions | undefined;
  readonly timeouts?: TimeoutOptions | undefined;
  readonly retry?: RetryOptions | undefined;
  readonly concurrency?: { readonly max: number } | undefined;
  readonly userAgent?: string | undefined;
  /** Largest answer that is read, decompressed, in bytes. */
  readonly maxAnswerBytes?: number | undefined;
  /** In [0, 1). */
  readonly random?: () => number;
  /** Rejects, with anything, when the signal aborts. */
  readonly sleep?: (ms: number, signal?: AbortSignal) => Promise<void>;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
}

export const DEFAULT_TIMEOUTS: Required<TimeoutOptions> = { connect: 10_000, headers: 60_000, body: 60_000 };

export const DEFAULT_RETRY: Required<RetryOptions> = {
  attempts: 6,
  baseMs: 100,
  capMs: 10_000,
  budgetMs: 120_000,
  coolDownMs: 30_000,
};

export const DEFAULT_CONCURRENCY = 16;

export const DEFAULT_MAX_ANSWER_BYTES = 256 * 1024 * 1024;
