/** Verify: is the tree sound, and is it what the registry holds? */
import type { Config, RegistrySettings } from '../config/types.ts';
import {
  countSnapshot,
  type RegistryIdentity,
  type SnapshotCounts,
  type SnapshotGap,
} from '../model/registry-snapshot.ts';
import { contextSubject, DEFAULT_CONTEXT } from '../model/subject-name.ts';
import { compareSnapshots, type Difference } from '../plan/compare-snapshots.ts';
import { explainDrift } from '../plan/drift-cause.ts';
import type { ClientStats } from '../registry/types.ts';
import { schemaLanguages } from '../schema/schema-port.ts';
import { checkTree } from '../tree/check-tree.ts';
import type { Finding } from '../tree/finding.ts';
import { loadTree } from '../tree/load-tree.ts';
import { REDACTED } from '../tree/rows.ts';
import type { OnProgress } from './progress.ts';
import { readRegistry } from './read-registry.ts';
import { selectSnapshot } from './select-snapshot.ts';

export interface VerifyOptions {
  readonly config: Config;
  /** Absent: the tree alone is checked. */
  readonly registry?: RegistrySettings | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: OnProgress | undefined;
}

export interface VerifyResult {
  readonly tree: string;
  readonly counts: SnapshotCounts;
  readonly findings: readonly Finding[];
  /** True when the tree has no error by itself. */
  readonly sound: boolean;
  readonly registry?: RegistryIdentity;
  /** Absent when only the tree was checked. */
  readonly differences?: readonly Difference[];
  readonly partial?: readonly SnapshotGap[];
  readonly warnings?: readonly string[];
  readonly requests?: ClientStats;
}

function isSetting(what: SnapshotGap['what']): boolean {
  return what === 'config' || what === 'mode';
}

export async function verifyTree(options: VerifyOptions): Promise<VerifyResult> {
  const { config, registry, signal } = options;
  const tree = await loadTree(config.tree, signal);
  const findings = checkTree(tree, { referencesComplete: config.backup.includeReferences });
  const base = {
    tree: config.tree,
    counts: countSnapshot(tree.snapshot),
    findings,
    sound: !findings.some((finding) => finding.severity === 'error'),
  };
  if (!registry) return base;

  const { backup } = config;
  // Everything is read anew, whatever the tree has: this is the check that the tree is right.
  const { snapshot, stats, requests } = await readRegistry({ ...options, registry, backup, rows: 'exported' });
  const unknown = (what: SnapshotGap['what']) => {
    // What either side does not know is no difference: a tree may come from a source that could not tell.
    const gaps = [...snapshot.gaps, ...(isSetting(what) ? tree.snapshot.gaps : [])];
    const places = new Set(gaps.filter((gap) => gap.what === what).map((gap) => gap.where));
    // The registry's own level, `''` in a difference, is that of the default context in a gap.
    return (subject: string) => places.has(undefined) || places.has(subject || contextSubject(DEFAULT_CONTEXT));
  };
  const unreadVersions = unknown('versions');
  const unreadDeleted = unknown('deleted');
  const differences = compareSnapshots(selectSnapshot(tree.snapshot, backup), snapshot, {
    left: 'the tree',
    right: 'the registry',
    ignoreConfig: unknown('config'),
    ignoreMode: unknown('mode'),
    ignoreMissing: (subject, row) => unreadVersions(subject) || (row.deleted && unreadDeleted(subject)),
    redacted: REDACTED,
    explain: explainDrift({ tree: tree.snapshot, registry: snapshot, retiredIds: tree.retiredIds }, schemaLanguages),
  });
  return {
    ...base,
    registry: snapshot.registry,
    differences,
    partial: snapshot.gaps,
    warnings: stats.warnings,
    requests,
  };
}
