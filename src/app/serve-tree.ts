/** Serve: a tree, or its state at any commit, answers as a registry with the same ids. */
import { existsSync, readdirSync } from 'node:fs';
import type { Config } from '../config/types.ts';
import { countSnapshot, type SnapshotCounts } from '../model/registry-snapshot.ts';
import { applyRecords } from '../semantics/apply.ts';
import type { RegistryRecord } from '../semantics/records.ts';
import { snapshotFromState, stateFromSnapshot } from '../semantics/snapshot-state.ts';
import { createState } from '../semantics/state.ts';
import { type AccessEvent, type AccessLogFormat, formatAccess } from '../server/access-log.ts';
import { readSecurity, type Security, type SecurityFiles } from '../server/security-files.ts';
import { type ServerOptions, startServer } from '../server/server.ts';
import { completeInterruptedWrite } from '../tree/apply-write.ts';
import { type Finding, requireSound } from '../tree/finding.ts';
import { lockTree, type TreeLock } from '../tree/lock.ts';
import { loadTreeAt, type TreeAt } from './load-tree-at.ts';
import { TreeSaver } from './save-tree.ts';
import { serveSite } from './site/serve-site.ts';
import type { FollowedTopic } from './topic/follow-topic.ts';

export interface ServeOptions {
  readonly config: Config;
  /** Branch, tag or commit whose tree is served instead of the work tree's. */
  readonly ref?: string | undefined;
  /** Start with no schema at all instead of a tree. */
  readonly empty: boolean;
  /** A topic's state instead of a tree's; it is only read, and closed with the server. */
  readonly topic?: FollowedTopic | undefined;
  readonly writable: boolean;
  /** Write what is accepted back into the tree before it is answered. */
  readonly save: boolean;
  readonly strictConfluent: boolean;
  readonly host: string;
  readonly port: number;
  readonly env: NodeJS.ProcessEnv;
  readonly signal?: AbortSignal | undefined;
  /** Version of srgit. */
  readonly version: string;
  readonly security: SecurityFiles;
  /** /metrics and the health endpoints without credentials. */
  readonly openMetrics: boolean;
  /** The catalogue under /ui/. */
  readonly ui?: { readonly pages?: string | undefined } | undefined;
  /** Takes a line for each request. */
  readonly accessLog?: { readonly format: AccessLogFormat; readonly write: (line: string) => void } | undefined;
  readonly onFailure?: ServerOptions['onFailure'] | undefined;
  /** Milliseconds that stopping waits for running requests. */
  readonly grace?: number | undefined;
}

export interface ServedTree {
  readonly url: string;
  readonly port: number;
  readonly counts: SnapshotCounts;
  /** Full hash of the commit served; absent when it is the work tree. */
  readonly commit?: string;
  readonly findings: readonly Finding[];
  /** What is unsafe about the files of certificates and users. */
  readonly warnings: readonly string[];
  /**
   * Reads the files of certificates and users anew and gives what is unsafe about them.
   *
   * @throws SrgitError SRGIT_CONFIG_INVALID; the server then goes on with what it has.
   */
  reload(): readonly string[];
  close(): Promise<void>;
}

/**
 * Starts the server and returns once it answers. A damaged tree is not served: wrong schemas are worse than none.
 *
 * @throws SrgitError of the tree, of git for an unknown ref, SRGIT_SERVER_START when it cannot listen.
 */
export async function serveTree(options: ServeOptions): Promise<ServedTree> {
  const security = readSecurity(options.security);
  const lock = options.save ? lockTree(options.config.tree) : undefined;
  try {
    return await serveLocked(options, security, lock);
  } catch (error) {
    lock?.release();
    throw error;
  }
}

async function serveLocked(options: ServeOptions, security: Security, lock: TreeLock | undefined): Promise<ServedTree> {
  if (options.save) completeInterruptedWrite(options.config.tree);
  const { topic } = options;
  const { tree, commit } = options.empty || topic !== undefined ? {} : await loadServedTree(options);
  if (tree) requireSound(tree.findings);
  const snapshot = topic === undefined ? tree?.snapshot : snapshotFromState(topic.state, { kind: 'srgit' });
  const maxIds = Object.fromEntries(tree?.maxIds ?? []);
  const state = topic?.state ?? (tree ? stateFromSnapshot(tree.snapshot, { maxIds }) : createState());
  if (options.save && !tree) applyRecords(state, BORN_WITH);
  const saver = options.save
    ? new TreeSaver({
        config: options.config,
        state,
        registry: snapshot?.registry ?? { kind: 'srgit' },
        gaps: snapshot?.gaps ?? [],
        now: Date.now,
      })
    : undefined;
  const ui =
    options.ui !== undefined
      ? await serveSite({ ...options, ...options.ui, state, tree, commit, registry: snapshot?.registry })
      : undefined;
  const server = await startServer({
    state,
    host: options.host,
    port: options.port,
    readOnly: !options.writable || topic !== undefined,
    strictConfluent: options.strictConfluent,
    ...(options.signal === undefined ? {} : { signal: options.signal }),
    version: options.version,
    operations: options.openMetrics ? 'open' : 'guarded',
    ...(options.accessLog === undefined ? {} : { onAccess: logAccess(options.accessLog) }),
    ...(options.onFailure === undefined ? {} : { onFailure: options.onFailure }),
    ...(options.grace === undefined ? {} : { grace: options.grace }),
    ...(security.tls === undefined ? {} : { tls: security.tls }),
    ...(security.users === undefined ? {} : { users: security.users }),
    ...(saver === undefined ? {} : { persist: () => saver.save() }),
    ...(ui === undefined ? {} : { ui: ui.pages, onRecords: ui.onRecords }),
  });
  return {
    url: server.url,
    port: server.port,
    counts: snapshot ? countSnapshot(snapshot) : { contexts: 1, subjects: 0, versions: 0, deleted: 0 },
    ...(commit === undefined ? {} : { commit }),
    findings: tree?.findings ?? [],
    warnings: security.warnings,
    reload: () => {
      const { warnings, ...changed } = readSecurity(options.security);
      server.reload(changed);
      return warnings;
    },
    close: async () => {
      await server.close();
      await saver?.settle();
      await topic?.close();
      lock?.release();
    },
  };
}

function logAccess({ format, write }: NonNullable<ServeOptions['accessLog']>): (event: AccessEvent) => void {
  return (event) => write(formatAccess(event, format));
}

/** What a registry answers before anything is set: an export of it writes that down, and so does saving. */
const BORN_WITH: readonly RegistryRecord[] = [
  { key: { keytype: 'CONFIG' }, value: { fields: {}, compatibility: 'BACKWARD' } },
  { key: { keytype: 'MODE' }, value: { mode: 'READWRITE' } },
];

/** The first schema that is saved makes the tree. */
async function loadServedTree({ config, ref, save, env, signal }: ServeOptions): Promise<Partial<TreeAt>> {
  if (save && isEmptyFolder(config.tree)) return {};
  return loadTreeAt(config.tree, ref, { env, signal });
}

function isEmptyFolder(folder: string): boolean {
  return !existsSync(folder) || readdirSync(folder).length === 0;
}
