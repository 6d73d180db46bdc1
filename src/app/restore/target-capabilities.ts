/** What a registry can take, as the planner asks it: from what the probe saw, and what is known of its kind. */
import type { RegistrySnapshot } from '../../model/registry-snapshot.ts';
import type { PlanSourceState, TargetCapabilities } from '../../plan/plan-input.ts';
import type { RegistryCapabilities } from '../../registry/types.ts';
import { computeGuid } from '../../semantics/guid.ts';

/** A registry that can do nothing but take schemas one after the other. */
const PLAIN: Omit<TargetCapabilities, 'contexts' | 'modes'> = {
  import: false,
  importNeedsMode: false,
  forcedVersions: false,
  metadata: false,
  ruleSets: 'dropped',
  configFields: ['compatibility'],
  compatibilityTest: true,
};

/** Metadata, rule sets and the newer members of the config came with Confluent 7.4. */
const METADATA_SINCE = [7, 4] as const;

export function targetCapabilities(
  capabilities: Pick<RegistryCapabilities, 'kind' | 'version' | 'contexts' | 'modes'>,
  source: Pick<PlanSourceState, 'snapshot'>,
  target: RegistrySnapshot,
): TargetCapabilities {
  const { kind, contexts } = capabilities;
  const modes = capabilities.modes === 'per-subject';
  switch (kind) {
    case 'confluent':
    case 'confluent-cloud':
    case 'srgit': {
      const metadata = kind !== 'confluent' || isAtLeast(capabilities.version, METADATA_SINCE);
      return {
        import: modes,
        importNeedsMode: true,
        forcedVersions: true,
        contexts,
        modes,
        metadata,
        ruleSets: metadata && !dropsRuleSets(source.snapshot, target) ? 'kept' : 'dropped',
        ...(metadata ? {} : { configFields: ['compatibility'] }),
        compatibilityTest: true,
      };
    }
    case 'redpanda':
      // Before 25.3 it has no modes and takes ids at any time.
      return { ...PLAIN, import: true, importNeedsMode: modes, forcedVersions: true, contexts, modes };
    default:
      // Karapace and Apicurio ignore ids that are sent; what is not known is not relied on.
      return { ...PLAIN, contexts, modes: modes && kind === 'unknown' };
  }
}

/**
 * Confluent's community server drops rule sets without a word, its enterprise one keeps them, and neither says which it
 * is. A rule set that it has proves the one, a schema that it has without its rule set the other; where there is
 * nothing to tell by, they are sent, and the verification names what was dropped.
 */
function dropsRuleSets(source: RegistrySnapshot, target: RegistrySnapshot): boolean {
  const stripped = new Set<string>();
  for (const row of rowsOf(source)) {
    if (row.ruleSet === undefined) continue;
    const { ruleSet: _ruleSet, ...rest } = row;
    stripped.add(computeGuid({ ...rest, schema: row.schema, references: row.references }));
  }
  if (stripped.size === 0) return false;
  let dropped = false;
  for (const row of rowsOf(target)) {
    if (row.ruleSet !== undefined) return false;
    dropped ||= stripped.has(row.guid);
  }
  return dropped;
}

function* rowsOf({ contexts }: RegistrySnapshot) {
  for (const context of contexts) for (const subject of context.subjects) yield* subject.versions;
}

/** A version that is not told is taken for a new one. */
function isAtLeast(version: string | undefined, [major, minor]: readonly [number, number]): boolean {
  const [, first, second] = /^(\d+)\.(\d+)/.exec(version ?? '') ?? [];
  if (first === undefined || second === undefined) return true;
  return Number(first) > major || (Number(first) === major && Number(second) >= minor);
}
