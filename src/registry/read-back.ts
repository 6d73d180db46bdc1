/**
 * Reading a write back on every node. Only the leader's own reads see a write at once: followers lag (14 ms at worst were
 * seen on an idle pair), and whoever reads next may be asking one of them.
 */
import { setTimeout as sleepTimer } from 'node:timers/promises';
import { isSrgitError, SrgitError, throwIfAborted } from '../errors.ts';
import type { RegistryClient } from './types.ts';

/** One node of a registry, with a client that asks no other. */
export interface NodeClient {
  /** As it may be shown: without credentials. */
  readonly node: string;
  readonly client: RegistryClient;
}

export interface ReadBackOptions {
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds until it is given up. */
  readonly patienceMs?: number | undefined;
  /** Told once of a node that does not answer; it is not asked again in this call. */
  readonly onSilent?: ((node: string) => void) | undefined;
}

/** A lagging follower was never seen to need more; a dead reader thread never comes back. */
const PATIENCE_MS = 30_000;
const FIRST_WAIT_MS = 5;
const LONGEST_WAIT_MS = 500;

/**
 * Waits until `isThere` holds on each node. A node that cannot be reached is left out: a restore must be possible while
 * one of two nodes is down, and it will read the log when it comes back.
 *
 * @throws SRGIT_REGISTRY_FAILED naming the node that does not show it in time.
 */
export async function awaitOnEveryNode(
  nodes: readonly NodeClient[],
  what: string,
  isThere: (client: RegistryClient, signal?: AbortSignal) => Promise<boolean>,
  options: ReadBackOptions = {},
): Promise<void> {
  await Promise.all(nodes.map((node) => awaitOnNode(node, what, isThere, options)));
}

async function awaitOnNode(
  { node, client }: NodeClient,
  what: string,
  isThere: (client: RegistryClient, signal?: AbortSignal) => Promise<boolean>,
  { signal, patienceMs = PATIENCE_MS, onSilent }: ReadBackOptions,
): Promise<void> {
  const end = performance.now() + patienceMs;
  for (let wait = FIRST_WAIT_MS; ; wait = Math.min(LONGEST_WAIT_MS, wait * 2)) {
    throwIfAborted(signal);
    try {
      if (await isThere(client, signal)) return;
    } catch (error) {
      if (!isSrgitError(error, 'SRGIT_REGISTRY_UNREACHABLE', 'SRGIT_REGISTRY_TIMEOUT')) throw error;
      onSilent?.(node);
      return;
    }
    if (performance.now() + wait > end) break;
    await sleepTimer(wait, undefined, signal === undefined ? {} : { signal }).catch(() => throwIfAborted(signal));
  }
  throw new SrgitError(
    'SRGIT_REGISTRY_FAILED',
    `the registry took ${what}, but ${node} does not show it after ${Math.round(patienceMs / 1000)} s`,
    { hint: 'Look at that node’s log: its reader of the topic may have died. Then run the command again.' },
  );
}
