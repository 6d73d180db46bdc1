/**
 * Connections to brokers: TLS, SASL and framing are the client library's; which connection a request goes by is decided
 * here. A broker works on one request of a connection at a time, so those that wait (fetches) have connections of their own.
 */
import { isIP, type Socket } from 'node:net';
import { AuthenticationError, Connection, type ConnectionOptions } from '@platformatic/kafka';
import { SrgitError } from '../errors.ts';
import { freeWhole } from '../records/free-bytes.ts';
import { closedEarlyError } from './kafka-error.ts';
import type { KafkaSasl, KafkaSettings } from './port.ts';
import { asFault, BrokerRefusal, isClosed, LostConnection } from './raw-fault.ts';
import { untilAborted } from './raw-wait.ts';

export interface BrokerAddress {
  readonly host: string;
  readonly port: number;
}

/** Five requests of an idempotent producer on their way are what a broker remembers of each (its cache of batches). */
export const MAX_IN_FLIGHT = 5;
const CONNECT_TIMEOUT_MS = 10_000;
export const REQUEST_TIMEOUT_MS = 30_000;

export class Connections {
  private readonly settings: KafkaSettings;
  private readonly open = new Map<string, Entry>();
  private closed = false;

  constructor(settings: KafkaSettings) {
    this.settings = settings;
  }

  get requestTimeoutMs(): number {
    return this.settings.requestTimeoutMs ?? REQUEST_TIMEOUT_MS;
  }

  /**
   * Makes a request on the connection of this lane, which is opened where there is none.
   * @throws BrokerRefusal, an error of the connection, SRGIT_INTERRUPTED
   */
  async request<T>(
    broker: BrokerAddress,
    lane: string,
    run: (connection: Connection) => Promise<T>,
    signal?: AbortSignal,
  ): Promise<T> {
    const entry = this.connect(broker, lane);
    try {
      const connection = await untilAborted(entry.ready, signal);
      const answer = await untilAborted(run(connection), signal);
      entry.hasAnswered = true;
      return answer;
    } catch (error) {
      const fault = asFault(isClosed(error) ? (entry.failure ?? error) : error);
      if (fault instanceof BrokerRefusal) entry.hasAnswered = true;
      if (fault instanceof BrokerRefusal || fault instanceof SrgitError) throw fault;
      const address = `${broker.host}:${broker.port}`;
      if (!entry.hasAnswered && isClosed(fault)) throw closedEarlyError({ what: 'ask the broker', broker: address });
      throw new LostConnection(address, fault);
    }
  }

  /** Cuts the lane's connections: what waits for an answer on them fails. */
  drop(lane: string): void {
    for (const [key, entry] of this.open) {
      if (entry.lane !== lane) continue;
      this.open.delete(key);
      end(entry.connection);
    }
  }

  close(): void {
    this.closed = true;
    for (const entry of this.open.values()) end(entry.connection);
    this.open.clear();
  }

  private connect(broker: BrokerAddress, lane: string): Entry {
    if (this.closed) throw new SrgitError('SRGIT_KAFKA_FAILED', 'the Kafka client is closed');
    const key = `${lane} ${broker.host}:${broker.port}`;
    const there = this.open.get(key);
    if (there !== undefined && isUsable(there)) return there;
    const entry = this.begin(broker, lane);
    this.open.set(key, entry);
    const forget = (): void => {
      if (this.open.get(key) === entry) this.open.delete(key);
    };
    entry.connection.on('close', forget);
    entry.ready.then(
      () => {
        entry.isReady = true;
      },
      () => {
        forget();
        end(entry.connection);
      },
    );
    return entry;
  }

  private begin(broker: BrokerAddress, lane: string): Entry {
    const connection = new Connection(this.settings.clientId ?? 'srgit', optionsFor(this.settings, broker));
    const ready = new Promise<Connection>((resolve, reject) => {
      connection.connect(broker.host, broker.port, (error) => {
        if (error) return reject(error);
        freeWhatIsSent(connection.socket);
        resolve(connection);
      });
    });
    const entry: Entry = { lane, connection, ready, isReady: false, hasAnswered: false, failure: undefined };
    // Requests are told of a lost connection only that it is closed; without a listener the event would end the process.
    connection.on('error', (error) => {
      entry.failure ??= error;
    });
    return entry;
  }
}

/**
 * The library lays each request out in a buffer of its own, a copy of the batches in it, and holds that until the answer came.
 * Nobody looks at it once it is sent: its memory is given back then, not when V8 gets to it (see `freeBytes`). The library calls
 * `write` with bytes and nothing else.
 */
function freeWhatIsSent(socket: Socket): void {
  const write: (bytes: Uint8Array | string, sent: () => void) => boolean = socket.write.bind(socket);
  socket.write = (bytes: Uint8Array | string): boolean =>
    write(bytes, () => {
      if (Buffer.isBuffer(bytes) && bytes.length >= WORTH_FREEING) freeWhole(bytes);
    });
}

/** Smaller ones cost more than they take. */
const WORTH_FREEING = 64 * 1024;

interface Entry {
  readonly lane: string;
  readonly connection: Connection;
  readonly ready: Promise<Connection>;
  isReady: boolean;
  hasAnswered: boolean;
  /** What the connection said when it ended: a broker refuses a client certificate after the handshake, for instance. */
  failure: unknown;
}

/** One whose request timed out is closing: nothing more goes by it. */
function isUsable(entry: Entry): boolean {
  return !entry.isReady || entry.connection.isConnected() || entry.connection.status === 'reauthenticating';
}

/** At once, with what was not sent yet: `Connection.close` waits for a peer that may never read. */
function end(connection: Connection): void {
  const socket = connection.socket as Connection['socket'] | undefined;
  socket?.on('error', () => undefined);
  socket?.destroy();
  // Not connected yet: nobody else tells those who wait for it.
  if (!connection.isConnected()) connection.emit('close');
}

function optionsFor(settings: KafkaSettings, broker: BrokerAddress): ConnectionOptions {
  const { tls, sasl } = settings;
  return {
    connectTimeout: settings.connectTimeoutMs ?? CONNECT_TIMEOUT_MS,
    requestTimeout: settings.requestTimeoutMs ?? REQUEST_TIMEOUT_MS,
    maxInflights: MAX_IN_FLIGHT,
    ...(tls === undefined ? {} : { tls: tlsOptions(tls), ...(isIP(broker.host) === 0 ? { tlsServerName: true } : {}) }),
    ...(sasl === undefined ? {} : { sasl: saslOptions(sasl) }),
  };
}

function saslOptions(sasl: KafkaSasl): NonNullable<ConnectionOptions['sasl']> {
  return sasl.mechanism === 'OAUTHBEARER' ? { ...sasl, authBytesValidator: checkTokenAnswer } : sasl;
}

/** A broker says what is wrong with a token in an answer that is none of failure (RFC 7628, 3.2.2): `{"status": …}`. */
function checkTokenAnswer(answer: Buffer, callback: (error: Error | null, answer: Buffer) => void): void {
  const refusal = answer.length > 0 && answer[0] !== 0x01;
  callback(refusal ? new AuthenticationError('The broker does not accept the token.') : null, answer);
}

function tlsOptions(tls: NonNullable<KafkaSettings['tls']>): NonNullable<ConnectionOptions['tls']> {
  return {
    rejectUnauthorized: tls.verify ?? true,
    ...(tls.caCert === undefined ? {} : { ca: tls.caCert }),
    ...(tls.clientCert === undefined ? {} : { cert: tls.clientCert }),
    ...(tls.clientKey === undefined ? {} : { key: tls.clientKey }),
    ...(tls.passphrase === undefined ? {} : { passphrase: tls.passphrase }),
  };
}

/** `host:port`, with brackets around an IPv6 address. @throws SRGIT_CONFIG_INVALID */
export function parseAddress(text: string): BrokerAddress {
  const match = /^(?:\[([^\]]+)\]|([^:]+)):(\d{1,5})$/.exec(text.trim());
  const host = match?.[1] ?? match?.[2];
  if (host === undefined) {
    throw new SrgitError('SRGIT_CONFIG_INVALID', `"${text}" is not the address of a Kafka broker`, {
      hint: 'write host:port, as in "localhost:9092"',
    });
  }
  return { host, port: Number(match?.[3]) };
}
