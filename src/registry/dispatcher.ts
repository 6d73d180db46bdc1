/** Connections: TLS, proxies, keep-alive, timeouts. */
import { createSecureContext, getCACertificates, type SecureContext, TLSSocket } from 'node:tls';
import { buildConnector, type Dispatcher, Pool, ProxyAgent } from 'undici';
import { SrgitError } from '../errors.ts';
import { type BaseUrl, parseBaseUrl } from './base-url.ts';
import { basicCredentials } from './credentials.ts';
import { bypassesProxy } from './no-proxy.ts';
import type { ProxyOptions, TimeoutOptions, TlsOptions } from './options.ts';

export interface ConnectionOptions {
  readonly tls: TlsOptions | undefined;
  readonly proxy: ProxyOptions | undefined;
  readonly timeouts: Required<TimeoutOptions>;
  /** Most connections to one origin. */
  readonly connections: number;
}

/** Above the 4 s that undici keeps an idle connection: between two phases of an export it should survive. */
const KEEP_ALIVE_MS = 15_000;

/**
 * Opens a dispatcher for each origin, and closes them all. The TLS context is made once and shared: with a private CA,
 * making one means parsing all of Node's roots again, which would cost more than the handshake on each connection.
 */
export class Connections {
  readonly #options: ConnectionOptions;
  readonly #secureContext: SecureContext | undefined;
  readonly #open: Dispatcher[] = [];

  /** @throws SRGIT_REGISTRY_TLS when a certificate or key cannot be read. */
  constructor(options: ConnectionOptions) {
    this.#options = options;
    this.#secureContext = makeSecureContext(options.tls);
  }

  #proxyOf(target: BaseUrl): BaseUrl | undefined {
    const { proxy } = this.#options;
    const text = target.protocol === 'https:' ? proxy?.https : proxy?.http;
    if (text === undefined || text.trim() === '') return undefined;
    if (bypassesProxy(proxy?.noProxy, target.hostname, target.port)) return undefined;
    return parseBaseUrl(/^[a-z][a-z0-9+.-]*:\/\//i.test(text.trim()) ? text : `http://${text.trim()}`, 'proxy URL');
  }

  open(target: BaseUrl): Dispatcher {
    const { timeouts, connections } = this.#options;
    const proxy = this.#proxyOf(target);
    const common = {
      connections,
      pipelining: 1,
      allowH2: false,
      keepAliveTimeout: KEEP_ALIVE_MS,
      headersTimeout: timeouts.headers,
      bodyTimeout: timeouts.body,
    };
    const tls = {
      timeout: timeouts.connect,
      allowH2: false,
      ...(this.#secureContext === undefined ? undefined : { secureContext: this.#secureContext }),
    };
    const dispatcher =
      proxy === undefined
        ? new Pool(target.origin, { ...common, connect: surfaceAlerts(buildConnector(tls)) })
        : new ProxyAgent({
            ...common,
            uri: proxy.origin,
            connectTimeout: timeouts.connect,
            requestTls: tls,
            proxyTls: tls,
            ...(proxy.credentials === undefined ? undefined : { token: basicCredentials(proxy.credentials) }),
          });
    this.#open.push(dispatcher);
    return dispatcher;
  }

  /** Closes every connection; what is in flight fails. */
  async close(): Promise<void> {
    await Promise.all(this.#open.splice(0).map((dispatcher) => dispatcher.destroy()));
  }
}

/**
 * With TLS 1.3 a server's alert about our certificate comes after the handshake. Node then emits the error and lets the
 * connection end, and undici reports the end; destroying the socket with the error makes it report the alert.
 */
function surfaceAlerts(connect: buildConnector.connector): buildConnector.connector {
  return (options, callback) => {
    connect(options, (...result) => {
      const [, socket] = result;
      if (socket instanceof TLSSocket) socket.once('error', (error) => socket.destroy(error));
      callback(...result);
    });
  };
}

function makeSecureContext(tls: TlsOptions | undefined): SecureContext | undefined {
  if (tls === undefined) return undefined;
  const { caCert, clientCert, clientKey, passphrase } = tls;
  if (caCert === undefined && clientCert === undefined && clientKey === undefined) return undefined;
  if ((clientCert === undefined) !== (clientKey === undefined)) {
    throw new SrgitError('SRGIT_REGISTRY_TLS', 'a client certificate needs its key, and a key its certificate', {
      hint: 'Set both `tls.client_cert` and `tls.client_key`.',
    });
  }
  if (caCert !== undefined && !caCert.includes('-----BEGIN ')) throw unreadable('CA certificate', 'tls.ca_cert');
  try {
    return createSecureContext({
      ...(caCert === undefined ? undefined : { ca: [...getCACertificates('default'), caCert] }),
      ...(clientCert === undefined ? undefined : { cert: clientCert, key: clientKey }),
      ...(passphrase === undefined ? undefined : { passphrase }),
    });
  } catch {
    // The cause is not kept: OpenSSL's words add nothing, and the values at hand are keys and a passphrase.
    throw clientCert === undefined
      ? unreadable('CA certificate', 'tls.ca_cert')
      : unreadable('CA certificate, client certificate or key', 'tls.ca_cert, tls.client_cert, tls.client_key');
  }
}

function unreadable(what: string, settings: string): SrgitError {
  return new SrgitError('SRGIT_REGISTRY_TLS', `the ${what} cannot be read`, {
    hint: `Give PEM files in ${settings}, and the passphrase if the key is encrypted; the key must match the certificate.`,
  });
}
