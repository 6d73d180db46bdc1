/** Connections to one broker by kafkajs, and its errors in srgit's terms. */
import { connect as connectPlain, isIP, type Socket } from 'node:net';
import { connect as connectSecurely, createSecureContext } from 'node:tls';
import { SrgitError } from '../errors.ts';
import { authError, closedEarlyError, codeError, type KafkaTask, networkError, timeoutError } from './kafka-error.ts';
import {
  type KafkajsAuthentication,
  type KafkajsBroker,
  type KafkajsConnectionPool,
  type KafkajsInternals,
  type KafkajsRequest,
  type KafkajsSasl,
  type KafkajsSocketOptions,
  SILENT,
} from './kafkajs-internals.ts';
import type { Call } from './kafkajs-requests.ts';
import { BodyReader } from './kafkajs-wire.ts';
import type { KafkaSettings } from './port.ts';

export interface BrokerAddress {
  readonly host: string;
  readonly port: number;
}

const CONNECT_TIMEOUT_MS = 10_000;
export const REQUEST_TIMEOUT_MS = 30_000;
const UNSUPPORTED_VERSION = 35;
const KEEP_ALIVE_MS = 60_000;

export class KafkajsLink {
  readonly address: BrokerAddress;
  private readonly broker: KafkajsBroker;
  private readonly pool: KafkajsConnectionPool;
  private readonly sockets = new Set<Socket>();
  private readonly settings: KafkaSettings;
  private connecting: Promise<void> | undefined;
  private closed = false;
  private hasAnswered = false;

  constructor(internals: KafkajsInternals, settings: KafkaSettings, address: BrokerAddress) {
    this.address = address;
    this.settings = settings;
    this.pool = new internals.ConnectionPool({
      ...address,
      clientId: settings.clientId ?? 'srgit',
      ssl: tlsOptions(settings.tls),
      sasl: this.saslOptions(settings.sasl),
      logger: SILENT,
      socketFactory: (to) => this.openSocket(to),
      connectionTimeout: this.connectTimeoutMs,
      requestTimeout: settings.requestTimeoutMs ?? REQUEST_TIMEOUT_MS,
    });
    this.broker = new internals.Broker({
      connectionPool: this.pool,
      logger: SILENT,
      authenticationTimeout: this.connectTimeoutMs,
    });
  }

  get name(): string {
    return `${this.address.host}:${this.address.port}`;
  }

  /**
   * Sends the request and reads its answer; codes in the answer are the caller's to look at.
   * @throws SrgitError with `retriable` where another try may go well
   */
  async call<T>(call: Call<T>, task: KafkaTask, timeoutMs?: number): Promise<T> {
    const named = { broker: this.name, ...task };
    try {
      if (this.closed) throw closedError(named);
      await this.connect();
      // A broker hangs up on a request that it does not know.
      const known = this.broker.versions?.[call.key];
      if (known === undefined || known.maxVersion < call.version || known.minVersion > call.version) {
        throw codeError(UNSUPPORTED_VERSION, { ...named, what: `${task.what}: ${call.name}` }, 'UNSUPPORTED_VERSION');
      }
      const { payload } = await this.send(this.requestOf(call, timeoutMs), named);
      this.hasAnswered = true;
      return call.read(new BodyReader(payload));
    } catch (error) {
      throw this.errorOf(error, named);
    }
  }

  /** Ends all connections at once; what waits for an answer fails. */
  close(): void {
    this.closed = true;
    const error = closedError({ what: 'ask the broker', broker: this.name });
    this.pool.map((connection) => connection.rejectRequests(error));
    this.pool.destroy().catch(() => undefined);
    for (const socket of this.sockets) socket.destroy();
  }

  private get connectTimeoutMs(): number {
    return this.settings.connectTimeoutMs ?? CONNECT_TIMEOUT_MS;
  }

  private async connect(): Promise<void> {
    if (this.broker.isConnected()) return;
    // kafkajs waits for ever where a broker hangs up between TCP and the end of TLS or SASL.
    const ms = 2 * this.connectTimeoutMs;
    this.connecting ??= orTimeout(this.broker.connect(), ms, { what: 'connect', broker: this.name }).finally(() => {
      this.connecting = undefined;
    });
    await this.connecting;
  }

  private async send(request: KafkajsRequest, task: KafkaTask): Promise<{ readonly payload: Buffer }> {
    const requestMs = Math.max(request.requestTimeout, this.settings.requestTimeoutMs ?? REQUEST_TIMEOUT_MS);
    try {
      // kafkajs looks at its time limits while a connection lives: what was handed to one that ends then waits for ever.
      return await orTimeout(this.pool.send(request), requestMs + 2 * this.connectTimeoutMs, task);
    } catch (error) {
      if (error instanceof SrgitError) this.pool.destroy().catch(() => undefined);
      throw error;
    }
  }

  private requestOf<T>(call: Call<T>, timeoutMs = 0): KafkajsRequest {
    const { key, version, name, body } = call;
    return {
      request: {
        apiKey: key,
        apiVersion: version,
        apiName: name,
        encode: async () => ({ buf: body, buffer: body }),
      },
      response: { decode: async (payload) => ({ payload }), parse: async (answer) => answer },
      // kafkajs takes the greater of this and its own.
      requestTimeout: timeoutMs,
      logResponseError: false,
    };
  }

  private openSocket({ host, port, ssl, onConnect }: KafkajsSocketOptions): Socket {
    const name = isIP(host) === 0 ? { servername: host } : {};
    const socket =
      ssl === null
        ? connectPlain({ host, port }, onConnect)
        : connectSecurely({ host, port, ...name, ...ssl }, onConnect);
    socket.setNoDelay(true);
    socket.setKeepAlive(true, KEEP_ALIVE_MS);
    this.sockets.add(socket);
    socket.once('close', () => this.sockets.delete(socket));
    return socket;
  }

  private saslOptions(sasl: KafkaSettings['sasl']): KafkajsSasl | null {
    if (sasl === undefined) return null;
    if (sasl.mechanism !== 'OAUTHBEARER') {
      return { mechanism: sasl.mechanism, username: sasl.username, password: sasl.password };
    }
    const authenticationProvider = ({ saslAuthenticate }: KafkajsAuthentication) => ({
      authenticate: async (): Promise<void> => {
        const request = { encode: async () => bearerMessage(await this.tokenOf(sasl.token)) };
        const response = { decode: async (bytes: Buffer) => bytes, parse: async (bytes: Buffer) => bytes };
        const said = await saslAuthenticate({ request, response });
        // A refusal comes as a challenge, without an error code (RFC 7628, 3.2.2); kafkajs's own provider takes it for consent.
        if (said.length > 4)
          throw authError({ what: 'connect', broker: this.name }, 'the broker does not accept the token');
      },
    });
    return { mechanism: 'oauthbearer', authenticationProvider };
  }

  private async tokenOf(source: () => Promise<string>): Promise<string> {
    try {
      return await source();
    } catch (error) {
      if (error instanceof SrgitError) throw error;
      throw authError({ what: 'connect', broker: this.name }, 'there is no token to authenticate with');
    }
  }

  private errorOf(error: unknown, task: KafkaTask): SrgitError {
    const found = kafkajsError(error, task, this.hasAnswered);
    // A connection whose authentication failed cannot begin another.
    if (found.code === 'SRGIT_KAFKA_AUTH') this.pool.destroy().catch(() => undefined);
    return found;
  }
}

/** RFC 7628, 3.1, with its length before it. */
function bearerMessage(token: string): Buffer {
  const message = Buffer.from(`n,,\x01auth=Bearer ${token}\x01\x01`);
  const length = Buffer.allocUnsafe(4);
  length.writeInt32BE(message.length);
  return Buffer.concat([length, message]);
}

/** @throws SrgitError SRGIT_KAFKA_TLS when certificates or keys cannot be read */
export function checkTls(tls: KafkaSettings['tls']): void {
  if (tls === undefined) return;
  try {
    createSecureContext(tlsOptions(tls) ?? {});
  } catch (error) {
    throw networkError(codeOf(error) === '' ? 'ERR_OSSL_UNKNOWN' : codeOf(error), { what: 'use the settings of TLS' });
  }
}

function tlsOptions(tls: KafkaSettings['tls']): object | null {
  if (tls === undefined) return null;
  return {
    rejectUnauthorized: tls.verify ?? true,
    ...(tls.caCert === undefined ? {} : { ca: tls.caCert }),
    ...(tls.clientCert === undefined ? {} : { cert: tls.clientCert }),
    ...(tls.clientKey === undefined ? {} : { key: tls.clientKey }),
    ...(tls.passphrase === undefined ? {} : { passphrase: tls.passphrase }),
  };
}

function kafkajsError(error: unknown, task: KafkaTask, hasAnswered: boolean): SrgitError {
  if (error instanceof SrgitError) return error;
  if (!(error instanceof Error)) return networkError('', task);
  if (error instanceof RangeError) {
    return new SrgitError('SRGIT_KAFKA_FAILED', `could not ${task.what}: the broker's answer cannot be read`, {
      hint: 'Check that the address is that of a Kafka broker.',
      cause: error,
    });
  }
  const { cause } = error;
  switch (error.name) {
    case 'KafkaJSSASLAuthenticationError':
      return authError(task);
    case 'KafkaJSProtocolError':
      return codeError('code' in error && typeof error.code === 'number' ? error.code : -1, task);
    case 'KafkaJSRequestTimeoutError':
      return timeoutError(task, 'pendingDuration' in error ? REQUEST_TIMEOUT_MS : 0);
    case 'KafkaJSConnectionClosedError':
      return hasAnswered ? networkError('', task) : closedEarlyError(task);
    case 'KafkaJSConnectionError':
      // It tells of its own time limit in words alone.
      if (error.message === 'Connection timeout') return networkError('ETIMEDOUT', task);
      return networkError(codeOf(error), task);
    case 'KafkaJSServerDoesNotSupportApiKey':
      return codeError(UNSUPPORTED_VERSION, task, 'UNSUPPORTED_VERSION');
    default:
      return cause instanceof Error && cause !== error
        ? kafkajsError(cause, task, hasAnswered)
        : networkError(codeOf(error), task);
  }
}

function codeOf(error: unknown): string {
  if (typeof error !== 'object' || error === null || !('code' in error)) return '';
  return typeof error.code === 'string' ? error.code : '';
}

function closedError(task: KafkaTask): SrgitError {
  return new SrgitError('SRGIT_KAFKA_FAILED', `could not ${task.what}: the Kafka client is closed`);
}

async function orTimeout<T>(promise: Promise<T>, ms: number, task: KafkaTask): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(timeoutError(task, ms)), ms);
  });
  promise.catch(() => undefined);
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** `host:port`, with brackets around an IPv6 address. @throws SRGIT_CONFIG_INVALID */
export function parseAddress(text: string): BrokerAddress {
  const match = /^(?:\[([^\]]+)\]|([^:]+)):(\d{1,5})$/.exec(text.trim());
  const host = match?.[1] ?? match?.[2];
  if (host === undefined) {
    throw new SrgitError('SRGIT_CONFIG_INVALID', `"${text}" is not the address of a Kafka broker`, {
      hint: 'Write host:port, as in "localhost:9092".',
    });
  }
  return { host, port: Number(match?.[3]) };
}
