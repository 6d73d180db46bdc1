/** Looks again and again, and answers with what it saw last: as metrics for Prometheus and as a health endpoint. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { SrgitError } from '../../errors.ts';
import { renderHealthMetrics } from '../../render/health-metrics.ts';
import { HealthCheck, type HealthOptions, type HealthReport } from './check-health.ts';

export interface WatchOptions extends HealthOptions {
  /** Milliseconds from the beginning of a look to that of the next. */
  readonly intervalMs: number;
  /** Milliseconds between two comparisons with topic and tree. */
  readonly compareEveryMs: number;
  /** Where metrics are served; absent for nowhere. Port 0 takes a free one. */
  readonly listen?: { readonly host: string; readonly port: number } | undefined;
  readonly onListening?: ((url: string) => void) | undefined;
  /** Told of every look. */
  readonly onReport: (report: HealthReport, at: Date) => void;
  readonly signal: AbortSignal;
}

/** Ends when the signal is aborted. @throws SrgitError SRGIT_SERVER_START when it cannot listen */
export async function watchHealth(options: WatchOptions): Promise<void> {
  const { intervalMs, compareEveryMs, signal } = options;
  const check = new HealthCheck(options);
  const state: Served = { report: undefined, looks: 0, lookedAt: 0 };
  const server = options.listen === undefined ? undefined : await serve(state, options, options.listen);
  let comparedAt = Number.NEGATIVE_INFINITY;
  try {
    while (!signal.aborted) {
      const began = performance.now();
      const compare = began - comparedAt >= compareEveryMs;
      if (compare) comparedAt = began;
      state.report = await check.look({ compare, signal });
      state.looks++;
      state.lookedAt = Date.now();
      options.onReport(state.report, new Date(state.lookedAt));
      const rest = Math.max(0, intervalMs - (performance.now() - began));
      await sleep(rest, undefined, { signal }).catch(() => undefined);
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    await server?.close();
    await check.close();
  }
}

interface Served {
  report: HealthReport | undefined;
  looks: number;
  /** Milliseconds since 1970. */
  lookedAt: number;
}

/** A report that is older than this many intervals says nothing about now. */
const STALE_AFTER = 3;

async function serve(
  state: Served,
  { intervalMs, onListening }: WatchOptions,
  { host, port }: { readonly host: string; readonly port: number },
): Promise<{ close(): Promise<void> }> {
  const answer = (request: IncomingMessage, response: ServerResponse): void => {
    const path = request.url?.split('?')[0];
    const { report, looks, lookedAt } = state;
    if (path === '/metrics') {
      response.writeHead(200, { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' });
      response.end(renderHealthMetrics(report, { looks, lookedAt }));
      return;
    }
    if (path !== '/healthz') {
      response.writeHead(404, { 'content-type': 'application/json' });
      response.end('{"error":"not found: ask /metrics or /healthz"}');
      return;
    }
    const isStale = Date.now() - lookedAt > intervalMs * STALE_AFTER;
    const isDown = report === undefined || isStale || report.findings.some(({ severity }) => severity === 'down');
    response.writeHead(isDown ? 503 : 200, { 'content-type': 'application/json' });
    response.end(JSON.stringify(report ?? { healthy: false, nodes: [], findings: [] }));
  };
  const server = createServer(answer);
  try {
    server.listen(port, host);
    await once(server, 'listening');
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new SrgitError('SRGIT_SERVER_START', `cannot listen on ${host}:${port}: ${why}`, {
      hint: 'Give another port with --listen; port 0 takes a free one.',
      cause,
    });
  }
  const address = server.address();
  const bound = typeof address === 'object' && address !== null ? address.port : port;
  onListening?.(`http://${host.includes(':') ? `[${host}]` : host}:${bound}`);
  return {
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
