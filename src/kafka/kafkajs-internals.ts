/**
 * The parts of kafkajs 2.2.4 below its public interface: connections with TLS, SASL and framing. Its producer reorders
 * headers and drops records for partitions it does not know, and its consumer needs a group; the connections carry bytes.
 * The version is pinned, and what is used here is checked when it is loaded.
 */
import type { Socket } from 'node:net';
import { SrgitError } from '../errors.ts';

/** A request as a connection of kafkajs takes it. */
export interface KafkajsRequest {
  readonly request: {
    readonly apiKey: number;
    readonly apiVersion: number;
    readonly apiName: string;
    encode(): Promise<{ readonly buf: Buffer; readonly buffer: Buffer }>;
  };
  readonly response: {
    decode(payload: Buffer): Promise<KafkajsAnswer>;
    parse(answer: KafkajsAnswer): Promise<KafkajsAnswer>;
  };
  readonly requestTimeout: number;
  readonly logResponseError: boolean;
}

export interface KafkajsAnswer {
  readonly payload: Buffer;
}

export interface KafkajsConnectionPool {
  send(request: KafkajsRequest): Promise<KafkajsAnswer>;
  map(visit: (connection: { rejectRequests(error: Error): void }) => void): unknown;
  destroy(): Promise<void>;
}

export interface KafkajsBroker {
  /** Connects, asks for the versions of the broker's requests, and authenticates. */
  connect(): Promise<void>;
  isConnected(): boolean;
  /** By number of the request; null before it is connected. */
  readonly versions: Readonly<Record<number, { readonly minVersion: number; readonly maxVersion: number }>> | null;
  readonly connectionPool: KafkajsConnectionPool;
}

export interface KafkajsLogger {
  namespace(name: string): KafkajsLogger;
  debug(): void;
  info(): void;
  warn(): void;
  error(): void;
}

export type KafkajsSasl =
  | { readonly mechanism: string; readonly username: string; readonly password: string }
  | {
      readonly mechanism: string;
      readonly authenticationProvider: (connection: KafkajsAuthentication) => { authenticate(): Promise<void> };
    };

export interface KafkajsAuthentication {
  /** Bytes to the broker and back have their length, an int32, before them. */
  saslAuthenticate(exchange: {
    readonly request: { encode(): Promise<Buffer> };
    readonly response: { decode(bytes: Buffer): Promise<Buffer>; parse(bytes: Buffer): Promise<Buffer> };
  }): Promise<Buffer>;
}

export interface KafkajsPoolOptions {
  readonly host: string;
  readonly port: number;
  readonly clientId: string;
  readonly ssl: object | null;
  readonly sasl: KafkajsSasl | null;
  readonly logger: KafkajsLogger;
  readonly socketFactory: (to: KafkajsSocketOptions) => Socket;
  readonly connectionTimeout: number;
  readonly requestTimeout: number;
}

export interface KafkajsSocketOptions {
  readonly host: string;
  readonly port: number;
  readonly ssl: object | null;
  readonly onConnect: () => void;
}

export interface KafkajsInternals {
  readonly Broker: new (options: {
    readonly connectionPool: KafkajsConnectionPool;
    readonly logger: KafkajsLogger;
    readonly authenticationTimeout: number;
  }) => KafkajsBroker;
  readonly ConnectionPool: new (options: KafkajsPoolOptions) => KafkajsConnectionPool;
}

let loaded: Promise<KafkajsInternals> | undefined;

/** @throws SrgitError SRGIT_INTERNAL when another version of kafkajs is installed than the one this was made for */
export function loadKafkajs(): Promise<KafkajsInternals> {
  loaded ??= load();
  return loaded;
}

async function load(): Promise<KafkajsInternals> {
  const [broker, pool, queue] = await Promise.all([
    importClass('kafkajs/src/broker/index.js'),
    importClass('kafkajs/src/network/connectionPool.js'),
    importClass('kafkajs/src/network/requestQueue/index.js'),
  ]);
  calmRequestQueue(queue.prototype);
  return {
    Broker: broker as unknown as KafkajsInternals['Broker'],
    ConnectionPool: pool as unknown as KafkajsInternals['ConnectionPool'],
  };
}

async function importClass(path: string): Promise<{ readonly prototype: object }> {
  const module: unknown = await import(path).catch((error: unknown) => {
    throw new SrgitError('SRGIT_INTERNAL', `kafkajs could not be loaded: ${path}`, {
      hint: 'Install srgit again, with the version of kafkajs that it names.',
      cause: error,
    });
  });
  if (typeof module === 'object' && module !== null && 'default' in module && typeof module.default === 'function') {
    return module.default as unknown as { readonly prototype: object };
  }
  throw new SrgitError('SRGIT_INTERNAL', `kafkajs is not the version that srgit knows: ${path}`, {
    hint: 'Install srgit again, with the version of kafkajs that it names.',
  });
}

interface RequestQueuePrototype {
  scheduleCheckPendingRequests(this: { readonly pending: readonly unknown[] }): void;
}

/**
 * kafkajs looks for waiting requests every millisecond for as long as a connection has been used, with a negative time
 * that newer Node versions warn of (tulios/kafkajs#1751). There is nothing to look for while none waits.
 */
function calmRequestQueue(prototype: object): void {
  if (!('scheduleCheckPendingRequests' in prototype)) return;
  const queue = prototype as RequestQueuePrototype;
  const original = queue.scheduleCheckPendingRequests;
  queue.scheduleCheckPendingRequests = function schedule(): void {
    if (this.pending.length > 0) original.call(this);
  };
}

export const SILENT: KafkajsLogger = {
  namespace: () => SILENT,
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};
