/** Hashes that tell whether a registry, a tree or a plan is still the one that was looked at. */
import { createHash } from 'node:crypto';
import type { LevelSettings, RegistrySnapshot } from '../model/registry-snapshot.ts';
import { encodeText } from '../model/text-bytes.ts';
import { canonicalJson } from './canonical-json.ts';
import type { Plan } from './plan.ts';

/**
 * SHA-256 over every row, setting and gap of a snapshot, lower-case hex. Texts count by their guid, times of records
 * do not count: however a registry is read, its state has one fingerprint.
 */
export function fingerprintSnapshot(snapshot: RegistrySnapshot): string {
  const hash = createHash('sha256');
  const add = (...parts: readonly unknown[]): void => {
    hash.update(encodeText(`${JSON.stringify(parts)}\n`));
  };
  const addSettings = ({ config, mode }: LevelSettings): void => {
    if (config !== undefined) add('config', config.compatibility ?? null, canonicalJson(config.fields));
    if (mode !== undefined) add('mode', mode);
  };
  add('global');
  addSettings(snapshot.global);
  for (const context of snapshot.contexts) {
    add('context', context.name);
    addSettings(context);
    for (const subject of context.subjects) {
      add('subject', subject.name);
      addSettings(subject);
      for (const row of subject.versions) add(row.version, row.id, row.guid, row.schemaType, row.deleted);
    }
  }
  for (const gap of snapshot.gaps) add('gap', gap.what, gap.where ?? null);
  return hash.digest('hex');
}

/** SHA-256 of a plan, the same for equal plans however their members are ordered: the journal's name. */
export function hashPlan(plan: Plan): string {
  return createHash('sha256')
    .update(encodeText(canonicalJson(plan)))
    .digest('hex');
}

export function equalPlans(a: Plan, b: Plan): boolean {
  return canonicalJson(a) === canonicalJson(b);
}
