/** The embedded registry, for tests and for the day the real one is gone. */
import { readFileSync } from 'node:fs';
import { SrgitError } from '../errors.ts';
import type { SecurityFiles } from '../server/security-files.ts';
import { configOf, type Environment } from './common-options.ts';

export interface ServeOptions {
  /** Folder of the tree to answer from; an empty registry where it is left out. */
  readonly tree?: string | undefined;
  /** The tree as it was at this branch, tag or commit. */
  readonly ref?: string | undefined;
  /** Accept writes. They stay in memory, the tree is not touched. Default true. */
  readonly writable?: boolean | undefined;
  /** Write what is accepted into `tree` before it is answered; not with `ref`. Default false. */
  readonly save?: boolean | undefined;
  /** Default 127.0.0.1. */
  readonly host?: string | undefined;
  /** Default 0: a free one. */
  readonly port?: number | undefined;
  /** Behave as Confluent 8.3.1 does also where it overwrites data silently. Default false. */
  readonly strictConfluent?: boolean | undefined;
  /** Files of certificates and users: HTTPS, and who is let in. Everybody, over HTTP, where it is left out. */
  readonly security?: Partial<SecurityFiles> | undefined;
  /** Takes a line for each request. */
  readonly onRequest?: ((line: string) => void) | undefined;
  /** Milliseconds that `close` waits for requests that run. Default 1,000. */
  readonly grace?: number | undefined;
  /** Closes the server. */
  readonly signal?: AbortSignal | undefined;
  readonly env?: Environment | undefined;
}

/** A registry that answers. `await using` closes it. */
export interface ServedRegistry extends AsyncDisposable {
  /** `http://127.0.0.1:54321` */
  readonly url: string;
  readonly port: number;
  /** Full hash of the commit that is served, where `ref` was given. */
  readonly commit?: string;
  /** Lets requests that run end, and frees the port. May be called again. */
  close(): Promise<void>;
}

/**
 * Starts a Confluent-compatible registry in this process and returns once it answers: the same ids, subjects and settings
 * as the tree has, no Java, no Kafka, no container.
 *
 * @throws SrgitError SRGIT_TREE_* for a tree that is missing or damaged, SRGIT_GIT_* for an unknown `ref`,
 * SRGIT_SERVER_START when it cannot listen, SRGIT_USAGE for `save` without a tree
 */
export async function serve(options: ServeOptions = {}): Promise<ServedRegistry> {
  const { tree, ref, signal, onRequest, env = process.env, save = false } = options;
  if (save && (tree === undefined || ref !== undefined)) {
    throw new SrgitError('SRGIT_USAGE', 'there is no folder to save into: `save` needs `tree`, and no `ref`', {
      hint: 'Name the tree, or leave `save` out: writes then stay in memory.',
    });
  }
  const { serveTree } = await import('../app/serve-tree.ts');
  const served = await serveTree({
    config: configOf(tree),
    ref,
    empty: tree === undefined,
    writable: options.writable ?? true,
    save,
    strictConfluent: options.strictConfluent ?? false,
    host: options.host ?? '127.0.0.1',
    port: options.port ?? 0,
    env,
    signal,
    version: version(),
    security: { requireClientCert: false, ...options.security },
    openMetrics: false,
    ...(onRequest === undefined ? {} : { accessLog: { format: 'short', write: onRequest } }),
    grace: options.grace ?? 1000,
  });
  let closing: Promise<void> | undefined;
  const close = (): Promise<void> => {
    signal?.removeEventListener('abort', onAbort);
    closing ??= served.close();
    return closing;
  };
  // The server ends with the signal by itself; what belongs to the tree is given back here.
  const onAbort = (): void => void close().catch(() => undefined);
  if (signal?.aborted) onAbort();
  else signal?.addEventListener('abort', onAbort, { once: true });
  return {
    url: served.url,
    port: served.port,
    ...(served.commit === undefined ? {} : { commit: served.commit }),
    close,
    [Symbol.asyncDispose]: close,
  };
}

/** What the package calls itself: servers tell it. */
function version(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { readonly version: string }).version;
}
