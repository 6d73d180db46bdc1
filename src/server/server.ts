/** The embedded registry: Confluent's HTTP API over a state in memory. */
import { randomUUID } from 'node:crypto';
import type { FastifyInstance } from 'fastify';
import { SrgitError, throwIfAborted } from '../errors.ts';
import { type SchemaPort, schemaLanguages } from '../schema/schema-port.ts';
import type { RegistryRecord } from '../semantics/records.ts';
import type { RegistryState } from '../semantics/state.ts';
import type { AccessEvent } from './access-log.ts';
import { type AppOptions, createApp } from './app.ts';
import { DEFAULT_TIMEOUTS, replaceCertificate, type ServerTls, serverFactory, type Timeouts } from './listener.ts';
import { RequestMetrics } from './metrics.ts';
import { associationRoutes } from './routes-associations.ts';
import { operationsRoutes } from './routes-operations.ts';
import { identityOf, registryRoutes } from './routes-registry.ts';
import { schemaRoutes } from './routes-schemas.ts';
import { settingsRoutes } from './routes-settings.ts';
import { subjectRoutes } from './routes-subjects.ts';
import type { UiPages } from './ui.ts';
import { Authenticator, type UserTable } from './users.ts';

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
  /** Identities of new associations; random UUIDs by default. */
  readonly newGuid?: () => string;
  /** Mirror Confluent also where it destroys data; see Rules. */
  readonly strictConfluent?: boolean;
  /** Stops the server when aborted. */
  readonly signal?: AbortSignal;
  readonly onAccess?: (event: AccessEvent) => void;
  /** Told the records of every write after it was carried out: the log a registry on Kafka would have. */
  readonly onRecords?: (records: readonly RegistryRecord[]) => void;
  /**
   * Called after a write was carried out and before it is answered: a registry that lasts keeps the change here. When
   * it fails the write is answered 500/50001, as where Confluent cannot store a record.
   */
  readonly persist?: () => Promise<void>;
  /** The schema languages; those that there are by default. */
  readonly schemas?: SchemaPort;
  /** Version of srgit: in the `Server` header, at `/v1/metadata/version` beside that of the API, and in the metrics. */
  readonly version?: string;
  /** HTTPS instead of HTTP. */
  readonly tls?: ServerTls;
  /** Basic authentication: only these are let in. See `parseUsers`. */
  readonly users?: UserTable;
  /** Adds /metrics, /healthz and /readyz, which no registry has. `open`: also for who has no credentials. */
  readonly operations?: 'open' | 'guarded';
  /** Told what a handler threw: a fault of ours, answered 500. */
  readonly onFailure?: AppOptions['onFailure'];
  /** Pages under /ui/, which no registry has. */
  readonly ui?: UiPages;
  readonly timeouts?: Partial<Timeouts>;
  /** Milliseconds that `close` waits for running requests before it ends them; 10,000 by default. */
  readonly grace?: number;
}

/** What may change while the server runs. */
export interface Reloadable {
  readonly tls?: ServerTls;
  readonly users?: UserTable;
}

export interface RunningServer {
  /** Base URL without a trailing slash. */
  readonly url: string;
  readonly port: number;
  /** Takes no more requests, lets running ones end within the grace time. May be called again. */
  close(): Promise<void>;
  /**
   * Takes a new certificate or new users; what is not named stays. A server without TLS or users does not get them.
   *
   * @throws Error of the TLS library when the certificate cannot be read; then the old one stays.
   */
  reload(changes: Reloadable): void;
}

const GRACE_MS = 10_000;
const SWEEP_MS = 50;

/**
 * Starts the embedded registry.
 *
 * @throws SrgitError SRGIT_SERVER_START when it cannot listen, SRGIT_INTERRUPTED when the signal is aborted already.
 */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  throwIfAborted(options.signal);
  const { state, host = '127.0.0.1', strictConfluent = false, readOnly = false } = options;
  let keeping: Promise<void> | undefined;
  // Handlers run to their end without waiting: between a write and this nothing else is written.
  const takeKeeping = (): Promise<void> | undefined => {
    const taken = keeping;
    keeping = undefined;
    return taken;
  };
  const registry = {
    state,
    port: options.schemas ?? schemaLanguages,
    rules: { strictConfluent, readOnly },
    clock: options.clock ?? Date.now,
    newGuid: options.newGuid ?? randomUUID,
    onRecords: (records: readonly RegistryRecord[]) => {
      options.onRecords?.(records);
      const kept = options.persist?.();
      // A handler may write more than once.
      keeping = keeping === undefined ? kept : Promise.all([keeping, kept]).then(() => undefined);
    },
  };
  const { onAccess, onFailure, operations, signal, tls, version = 'unknown' } = options;
  let authenticator = options.users === undefined ? undefined : new Authenticator(options.users);
  let closing: Promise<void> | undefined;
  const metrics = operations === undefined ? undefined : new RequestMetrics();
  const routes = [
    ...subjectRoutes(registry),
    ...schemaRoutes(registry),
    ...settingsRoutes(registry),
    ...associationRoutes(registry),
    ...registryRoutes(registry, identityOf(version, strictConfluent)),
    ...(metrics === undefined ? [] : operationsRoutes(state, { metrics, version })),
  ];
  const app = createApp(routes, {
    strictConfluent,
    takeKeeping,
    createServer: serverFactory(tls, { ...DEFAULT_TIMEOUTS, ...options.timeouts }),
    product: `srgit/${version}`,
    guard: { authenticator: () => authenticator, openOperations: operations === 'open' },
    ...(onAccess === undefined ? {} : { onAccess }),
    ...(onFailure === undefined ? {} : { onFailure }),
    ...(metrics === undefined ? {} : { metrics }),
    ...(options.ui === undefined ? {} : { ui: options.ui }),
  });
  try {
    await app.listen({ host, port: options.port ?? 0 });
  } catch (cause) {
    await app.close();
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new SrgitError('SRGIT_SERVER_START', `cannot listen on ${host}:${options.port ?? 0}: ${reason}`, {
      hint:
        cause instanceof Error && 'code' in cause && cause.code === 'EADDRNOTAVAIL'
          ? 'Choose another --host: 127.0.0.1 for this machine alone, 0.0.0.0 for every address of it.'
          : 'Choose another --port, or 0 for a free one.',
      cause,
    });
  }
  const address = app.server.address();
  const port = typeof address === 'object' && address !== null ? address.port : (options.port ?? 0);
  const close = (): Promise<void> => {
    signal?.removeEventListener('abort', onAbort);
    closing ??= closeWithin(app, options.grace ?? GRACE_MS);
    return closing;
  };
  const reload = (changes: Reloadable): void => {
    if (changes.tls !== undefined) replaceCertificate(app.server, changes.tls);
    if (changes.users !== undefined && authenticator !== undefined) authenticator = new Authenticator(changes.users);
  };
  const onAbort = (): void => void close();
  signal?.addEventListener('abort', onAbort, { once: true });
  return {
    url: `${tls === undefined ? 'http' : 'https'}://${host.includes(':') ? `[${host}]` : host}:${port}`,
    port,
    close,
    reload,
  };
}

async function closeWithin(app: FastifyInstance, grace: number): Promise<void> {
  const end = setTimeout(() => app.server.closeAllConnections(), grace);
  // A connection whose last request has ended is kept for the next one, which nobody is to send.
  const sweep = setInterval(() => app.server.closeIdleConnections(), SWEEP_MS);
  try {
    await app.close();
  } finally {
    clearTimeout(end);
    clearInterval(sweep);
  }
}
