/**
 * What a registry adds to versions that are posted rather than imported: metadata and rules of the version before where
 * a version has none of its own, and its config's defaults and overrides. Sent along, they make the outcome known.
 */
import type { Metadata, RuleSet } from '../model/schema-version.ts';
import { configMetadata, mergeMetadata } from '../semantics/metadata.ts';
import { settingsScope } from '../semantics/names.ts';
import { canonicalJson } from './canonical-json.ts';
import type { Problem } from './plan.ts';
import type { TargetCapabilities } from './plan-input.ts';
import type { SourceRow } from './source-rows.ts';
import type { TargetIndex } from './target-index.ts';

/** @param rows in the order of registration. */
export function inheritMetadata(
  rows: readonly SourceRow[],
  index: TargetIndex,
  capabilities: TargetCapabilities,
  report: (problem: Problem) => void,
): readonly SourceRow[] {
  if (capabilities.import || !capabilities.metadata) return rows;
  const changed = new Map<string, number>();
  const latest = new Map<string, { readonly metadata: Metadata | undefined; readonly ruleSet: RuleSet | undefined }>();
  const completed = rows.map((row) => {
    const before = latest.get(row.subject);
    const level = settingsScope(row.subject).find((key) => index.settings.get(key)?.config !== undefined);
    const config = level === undefined ? undefined : index.settings.get(level)?.config;
    const ruleSet = row.ruleSet ?? before?.ruleSet;
    const metadata = mergeMetadata(
      mergeMetadata(configMetadata(config, 'defaultMetadata'), row.metadata ?? before?.metadata),
      configMetadata(config, 'overrideMetadata'),
    );
    latest.set(row.subject, { metadata, ruleSet });
    if (ruleSet === row.ruleSet && canonicalJson(metadata) === canonicalJson(row.metadata)) return row;
    changed.set(row.from.subject, (changed.get(row.from.subject) ?? 0) + 1);
    return { ...row, metadata, ruleSet };
  });
  for (const [name, versions] of changed) {
    report({
      severity: 'warning',
      reason: 'CONTENT_CONFLICT',
      subject: name,
      message: `this registry adds metadata or rules to ${versions === 1 ? 'a version' : `${versions} versions`} of ${name}: those of the version before, or of its config`,
      hint: 'Only imports are taken as they are. The schemas decode the same; their guids differ.',
    });
  }
  return completed;
}
