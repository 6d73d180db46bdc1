/** The embedded registry: Confluent's HTTP API over a state in memory. */
import { SrgitError, throwIfAborted } from '../errors.ts';
import { basicSchemaPort } from '../semantics/basic-schema-port.ts';
import type { RegistryRecord } from '../semantics/records.ts';
import type { SchemaPort } from '../semantics/schema-port.ts';
import type { RegistryState } from '../semantics/state.ts';
import { type AccessEvent, createApp } from './app.ts';
import { registryRoutes } from './routes-registry.ts';
import { schemaRoutes } from './routes-schemas.ts';
import { settingsRoutes } from './routes-settings.ts';
import { subjectRoutes } from './routes-subjects.ts';

export interface ServerOptions {
  /** The server becomes its owner: nobody else may change it while the server runs. */
  readonly state: RegistryState;
  /** Address to listen on; the loopback one unless said otherwise. */
  readonly host?: string;
  /** 0, the default, takes a free one. */
  readonly port?: number;
  /** Every write is answered 422/42205, except registering a schema the subject already has. */
  readonly readOnly?: boolean;
  /** Epoch milliseconds for the records of writes. */
  readonly clock?: () => number;
  /** Mirror Confluent also where it destroys data; see Rules. */
  readonly strictConfluent?: boolean;
  /** Stops the server when aborted. */
  readonly signal?: AbortSignal;
  readonly onAccess?: (event: AccessEvent) => void;
  /** Told the records of every write after it was carried out: the log a registry on Kafka would have. */
  readonly onRecords?: (records: readonly RegistryRecord[]) => void;
  /** The schema languages; the basic port by default. */
  readonly schemas?: SchemaPort;
  /** What `/v1/metadata/version` tells. */
  readonly version?: string;
}

export interface RunningServer {
  /** Base URL without a trailing slash. */
  readonly url: string;
  readonly port: number;
  /** Takes no more requests, lets running ones end. May be called again. */
  close(): Promise<void>;
}

/**
 * Starts the embedded registry.
 *
 * @throws SrgitError SRGIT_SERVER_START when it cannot listen, SRGIT_INTERRUPTED when the signal is aborted already.
 */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  throwIfAborted(options.signal);
  const { state, host = '127.0.0.1', strictConfluent = false, readOnly = false } = options;
  const registry = {
    state,
    port: options.schemas ?? basicSchemaPort,
    rules: { strictConfluent, readOnly },
    clock: options.clock ?? Date.now,
    ...(options.onRecords === undefined ? {} : { onRecords: options.onRecords }),
  };
  const identity = { version: options.version ?? '8.3.1', clusterId: 'srgit' };
  const routes = [
    ...subjectRoutes(registry),
    ...schemaRoutes(registry),
    ...settingsRoutes(registry),
    ...registryRoutes(registry, identity),
  ];
  const { onAccess, signal } = options;
  const app = createApp(routes, { strictConfluent, ...(onAccess === undefined ? {} : { onAccess }) });
  try {
    await app.listen({ host, port: options.port ?? 0 });
  } catch (cause) {
    await app.close();
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new SrgitError('SRGIT_SERVER_START', `cannot listen on ${host}:${options.port ?? 0}: ${reason}`, {
      hint: 'Choose another --port, or 0 for a free one.',
      cause,
    });
  }
  const address = app.server.address();
  const port = typeof address === 'object' && address !== null ? address.port : (options.port ?? 0);
  let closing: Promise<void> | undefined;
  const close = (): Promise<void> => {
    signal?.removeEventListener('abort', onAbort);
    closing ??= app.close().then(() => undefined);
    return closing;
  };
  const onAbort = (): void => void close();
  signal?.addEventListener('abort', onAbort, { once: true });
  return { url: `http://${host.includes(':') ? `[${host}]` : host}:${port}`, port, close };
}
