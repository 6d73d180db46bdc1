/** Opens a configured registry and finds out what it can do. */
import type { RegistrySettings } from '../config/types.ts';
import { probeCapabilities } from '../registry/capabilities.ts';
import { createRegistryClient } from '../registry/client.ts';
import type { RegistryCapabilities, RegistryClient } from '../registry/types.ts';

export interface Connection {
  readonly client: RegistryClient;
  readonly capabilities: RegistryCapabilities;
}

/** The caller closes the client. */
export async function connectRegistry(settings: RegistrySettings, signal?: AbortSignal): Promise<Connection> {
  const options = {
    auth: settings.auth,
    tls: settings.tls,
    headers: settings.headers,
    proxy: settings.proxy,
    ...(settings.timeoutMs === undefined
      ? {}
      : { timeouts: { headers: settings.timeoutMs, body: settings.timeoutMs } }),
    ...(settings.concurrency === undefined ? {} : { concurrency: { max: settings.concurrency } }),
  };
  const client = createRegistryClient({ ...options, urls: settings.urls });
  const [first = ''] = settings.urls;
  const { origin, hostname } = new URL(first);
  // Some facts (Apicurio's version) lie outside of the base path.
  const root = createRegistryClient({ ...options, urls: [origin], retry: { attempts: 1 } });
  try {
    const capabilities = await probeCapabilities(client, {
      signal,
      host: hostname,
      probeAbsolute: (path) => root.get(path, { signal, allow: [400, 401, 403, 404, 405, 406, 500, 501] }),
    });
    return { client, capabilities };
  } catch (error) {
    await client.close();
    throw error;
  } finally {
    await root.close();
  }
}

/** A connection that is made while something else is done. */
export interface Connecting {
  readonly ready: Promise<Connection>;
  /** Ends it, made or not. */
  close(): Promise<void>;
}

/** What is wrong is thrown by `ready` when somebody waits for it. The caller closes it, whatever happens. */
export function beginConnecting(settings: RegistrySettings, signal?: AbortSignal): Connecting {
  const stop = new AbortController();
  const ready = connectRegistry(settings, signal === undefined ? stop.signal : AbortSignal.any([signal, stop.signal]));
  ready.catch(() => undefined);
  return {
    ready,
    close: async () => {
      stop.abort();
      const made = await ready.catch(() => undefined);
      await made?.client.close();
    },
  };
}
