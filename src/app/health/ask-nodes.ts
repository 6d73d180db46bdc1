/** Asks each node of a registry by itself: whether and how fast it answers, what it is, and what it has. */
import type { RegistrySettings } from '../../config/types.ts';
import { isSrgitError, SrgitError } from '../../errors.ts';
import { isJsonObject } from '../../model/json.ts';
import { sha256Of } from '../../model/text-bytes.ts';
import { createRegistryClient } from '../../registry/client.ts';
import type { NodeClient } from '../../registry/read-back.ts';
import type { RegistryClient } from '../../registry/types.ts';
import { type HealthFinding, healthFinding } from './health-findings.ts';

/** A node as it answered. */
export interface NodeHealth {
  readonly node: string;
  readonly up: boolean;
  /** Milliseconds of the slowest of three small requests. */
  readonly latencyMs?: number;
  readonly version?: string;
  /** Of the whole registry. */
  readonly mode?: string;
  readonly subjects?: number;
  /** Of the names of all subjects, deleted ones too. */
  readonly subjectsHash?: string;
  /** Highest id that the node shows of those that were looked for. */
  readonly newestId?: number;
}

/** Clients that ask one node each, once, and do not wait long. */
export function openNodes(settings: RegistrySettings, timeoutMs: number): readonly NodeClient[] {
  const { auth, tls, headers, proxy } = settings;
  return settings.urls.map((url) => ({
    node: showUrl(url),
    client: createRegistryClient({
      urls: [url],
      auth,
      tls,
      headers,
      proxy,
      timeouts: { connect: timeoutMs, headers: timeoutMs, body: timeoutMs },
      retry: { attempts: 1 },
    }),
  }));
}

/** Without credentials. */
function showUrl(text: string): string {
  const url = URL.parse(text);
  return url === null ? text : (url.origin + url.pathname).replace(/\/$/, '');
}

/** What may be told of a whole node without asking it much. */
const QUIET = [400, 401, 403, 404, 405, 406, 501] as const;

export async function askNode(
  { node, client }: NodeClient,
  { slowMs, knownId, signal }: { slowMs: number; knownId: number; signal?: AbortSignal | undefined },
): Promise<{ readonly health: NodeHealth; readonly findings: readonly HealthFinding[] }> {
  let slowest = 0;
  const get = async (path: string, query: Record<string, string | boolean> = {}) => {
    const began = performance.now();
    try {
      return await client.get(path, { query, signal, allow: QUIET });
    } finally {
      slowest = Math.max(slowest, performance.now() - began);
    }
  };
  try {
    const [listing, version, mode, newestId] = await Promise.all([
      get('/subjects', { subjectPrefix: ':*:', deleted: true }),
      get('/v1/metadata/version'),
      get('/mode'),
      newestIdFrom(client, knownId, signal),
    ]);
    if (!listing.ok || !Array.isArray(listing.body)) {
      const detail = `GET /subjects is answered with HTTP ${listing.status}`;
      return { health: { node, up: false }, findings: [healthFinding('NODE_REFUSES', { node, detail })] };
    }
    const names = listing.body.filter((name) => typeof name === 'string').sort();
    const latencyMs = Math.round(slowest * 10) / 10;
    const findings =
      latencyMs > slowMs ? [healthFinding('NODE_SLOW', { node, detail: `${Math.round(latencyMs)} ms` })] : [];
    return {
      health: {
        node,
        up: true,
        latencyMs,
        subjects: names.length,
        subjectsHash: sha256Of(names.join('\n')),
        newestId,
        ...textOf(version.ok ? version.body : undefined, 'version'),
        ...textOf(mode.ok ? mode.body : undefined, 'mode'),
      },
      findings,
    };
  } catch (error) {
    if (!(error instanceof SrgitError) || error.code === 'SRGIT_INTERRUPTED') throw error;
    return { health: { node, up: false }, findings: [healthFinding(codeOf(error), { node, detail: error.message })] };
  }
}

const PAGE = 1000;

/** The highest id of the default context, from a listing of the latest versions; 0 where there is no such listing. */
export async function findNewestId({ client }: NodeClient, signal: AbortSignal | undefined): Promise<number> {
  let newest = 0;
  for (let offset = 0; ; offset += PAGE) {
    const query = { deleted: true, latestOnly: true, offset, limit: PAGE };
    const { ok, body } = await client.get('/schemas', { query, signal, allow: QUIET });
    if (!ok || !Array.isArray(body)) return newest;
    for (const row of body) {
      const id = isJsonObject(row) ? row['id'] : undefined;
      if (typeof id === 'number') newest = Math.max(newest, id);
    }
    if (body.length !== PAGE) return newest;
  }
}

/** How many ids after the highest known one are tried: a gap of a few is stepped over. */
const TRIED = 4;

/** Ids are given one after the other: from the highest that was known the next are tried. */
async function newestIdFrom(client: RegistryClient, knownId: number, signal: AbortSignal | undefined): Promise<number> {
  const ids = Array.from({ length: TRIED }, (_, at) => knownId + at).filter((id) => id > 0);
  const found = ids.map(async (id) => {
    const query = { deleted: true };
    const { ok } = await client.get(`/schemas/ids/${id}/versions`, { query, signal, allow: QUIET });
    return ok ? id : 0;
  });
  return Math.max(0, ...(await Promise.all(found)));
}

function codeOf(error: SrgitError): 'NODE_UNREACHABLE' | 'NODE_REFUSES' | 'NODE_FAILS' {
  if (isSrgitError(error, 'SRGIT_REGISTRY_UNREACHABLE', 'SRGIT_REGISTRY_TIMEOUT')) return 'NODE_UNREACHABLE';
  return isSrgitError(error, 'SRGIT_REGISTRY_FAILED', 'SRGIT_REGISTRY_THROTTLED') ? 'NODE_FAILS' : 'NODE_REFUSES';
}

function textOf<Name extends string>(body: unknown, name: Name): Partial<Record<Name, string>> {
  const value = isJsonObject(body) ? body[name] : undefined;
  return typeof value === 'string' ? ({ [name]: value } as Partial<Record<Name, string>>) : {};
}
