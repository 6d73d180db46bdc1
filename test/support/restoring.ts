/** Restores by the use case itself, into registries in this process. */
import { onTestFinished } from 'vitest';
import { type PlanRestoreOptions, planRestore } from '../../src/app/restore/plan-restore.ts';
import { type RestoreOptions, type RestoreResult, restoreSchemas } from '../../src/app/restore/restore-schemas.ts';
import { loadConfig, requireRegistry } from '../../src/config/load-config.ts';
import { type RestoreFlags, restoreSettings, withRestoreFlags } from '../../src/config/restore-settings.ts';
import type { ConfigFlags } from '../../src/config/types.ts';
import type { RegistrySnapshot } from '../../src/model/registry-snapshot.ts';
import type { Plan } from '../../src/plan/plan.ts';
import { schemaLanguages } from '../../src/schema/schema-port.ts';
import { snapshotFromState, stateFromSnapshot } from '../../src/semantics/snapshot-state.ts';
import type { RegistryState } from '../../src/semantics/state.ts';
import { startServer } from '../../src/server/server.ts';
import { isWriteRequest } from './faulty-proxy.ts';
import { GIT_ENV } from './git.ts';

export interface StrictRegistry {
  readonly url: string;
  readonly state: RegistryState;
  /** `PUT /mode/a?force=true`, in order. */
  readonly writes: string[];
  /** By `subject version`: how often the version was written to the log as a live one. */
  readonly registrations: Map<string, number>;
  snapshot(): RegistrySnapshot;
  close(): Promise<void>;
}

export const EMPTY: RegistrySnapshot = {
  registry: { kind: 'confluent', version: '8.3.1' },
  contexts: [{ name: '.', subjects: [] }],
  global: {},
  gaps: [],
};

/** The embedded registry exactly as Confluent 8.3.1 behaves. The caller closes it. */
export async function startStrictRegistry(snapshot: RegistrySnapshot = EMPTY): Promise<StrictRegistry> {
  const state = stateFromSnapshot(snapshot);
  const writes: string[] = [];
  const registrations = new Map<string, number>();
  const server = await startServer({
    state,
    strictConfluent: true,
    schemas: schemaLanguages,
    onRecords: (records) => {
      for (const { key, value } of records) {
        if (key.keytype !== 'SCHEMA' || value === null || !('deleted' in value) || value.deleted) continue;
        const name = `${key.subject} ${key.version}`;
        registrations.set(name, (registrations.get(name) ?? 0) + 1);
      }
    },
    onAccess: ({ method, url }) => {
      if (isWriteRequest(method, url)) writes.push(`${method} ${url}`);
    },
  });
  return {
    url: server.url,
    state,
    writes,
    registrations,
    snapshot: () => snapshotFromState(state, EMPTY.registry),
    close: () => server.close(),
  };
}

export async function strictRegistryDuringTest(snapshot?: RegistrySnapshot): Promise<StrictRegistry> {
  const registry = await startStrictRegistry(snapshot);
  onTestFinished(() => registry.close());
  return registry;
}

export interface RestoreAsked extends RestoreFlags {
  readonly kind?: 'restore' | 'reconcile';
  readonly prune?: boolean;
  readonly permanent?: boolean;
  readonly commit?: boolean;
  readonly yes?: boolean;
  readonly allowDeletions?: boolean;
  readonly planFile?: string;
  readonly config?: ConfigFlags;
  readonly source?: PlanRestoreOptions['source'];
  readonly signal?: AbortSignal;
  readonly onProgress?: PlanRestoreOptions['onProgress'];
  readonly onWarning?: PlanRestoreOptions['onWarning'];
}

export function optionsOf(cwd: string, url: string | readonly string[], asked: RestoreAsked = {}): RestoreOptions {
  const { kind = 'restore', prune = false, permanent = false, commit = false, yes = true, ...rest } = asked;
  const urls = typeof url === 'string' ? [url] : url;
  const config = loadConfig({ url: urls, ...asked.config }, {}, cwd, { registry: true, restore: true });
  return {
    config,
    registry: requireRegistry(config),
    source: asked.source ?? { kind: 'tree' },
    request: { kind, restore: withRestoreFlags(restoreSettings(undefined, cwd), rest, cwd), prune, permanent },
    planFile: asked.planFile,
    env: GIT_ENV,
    now: Date.now,
    signal: asked.signal,
    onProgress: asked.onProgress,
    onWarning: asked.onWarning,
    patience: { attempts: 12, baseMs: 2, capMs: 20, budgetMs: 20_000 },
    confirm: async () => yes,
    allowDeletions: asked.allowDeletions ?? false,
    commit,
  };
}

export function restoreHere(
  cwd: string,
  url: string | readonly string[],
  asked?: RestoreAsked,
): Promise<RestoreResult> {
  return restoreSchemas(optionsOf(cwd, url, asked));
}

export async function planHere(cwd: string, url: string | readonly string[], asked?: RestoreAsked): Promise<Plan> {
  return (await planRestore(optionsOf(cwd, url, asked))).plan;
}
