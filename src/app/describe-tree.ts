/** Describe: what a tree holds, from its JSON files alone. */
import type { Config } from '../config/types.ts';
import { SrgitError } from '../errors.ts';
import { compareCodeUnits, compareContexts, formatSubjectName } from '../model/subject-name.ts';
import type { Finding } from '../tree/finding.ts';
import { readTreeIndex } from '../tree/read-index.ts';
import { isRegistered } from '../tree/rows.ts';

export interface TreeDescription {
  /** True: there is a tree. The name is the backup tool's, whose users parse it. */
  readonly enabled: boolean;
  readonly subjects_count: number;
  readonly schemas_count: number;
  readonly subjects: readonly { readonly name: string; readonly versions: number; readonly latest_id: number | null }[];
}

export interface DescribeResult {
  readonly tree: string;
  readonly description: TreeDescription;
  readonly registryVersion?: string;
  readonly backupTimestamp?: string;
  readonly contexts: readonly string[];
  readonly findings: readonly Finding[];
}

/** @throws SrgitError SRGIT_TREE_MISSING */
export async function describeTree(config: Config, signal?: AbortSignal): Promise<DescribeResult> {
  const index = await readTreeIndex(config.tree, signal);
  if (!index.exists) {
    throw new SrgitError('SRGIT_TREE_MISSING', `there is no schema tree at ${config.tree}`, {
      hint: 'Run `srgit export` first, or point --tree at the folder that holds manifest.json.',
    });
  }
  const contexts = [...index.contexts].sort((a, b) => compareContexts(a.name, b.name));
  const subjects = contexts.flatMap((context) =>
    [...context.subjects]
      .sort((a, b) => compareCodeUnits(a.name, b.name))
      .flatMap(({ name, document }) => {
        const rows = (document?.versions ?? []).filter(isRegistered);
        if (rows.length === 0) return [];
        const latest = rows.filter((row) => row.deleted !== true).at(-1) ?? rows.at(-1);
        return [
          {
            name: formatSubjectName({ context: context.name, subject: name }),
            versions: rows.length,
            latest_id: latest?.id ?? null,
          },
        ];
      }),
  );
  const manifest = contexts[0]?.manifest;
  return {
    tree: config.tree,
    description: {
      enabled: true,
      subjects_count: subjects.length,
      schemas_count: subjects.reduce((sum, subject) => sum + subject.versions, 0),
      subjects,
    },
    ...(manifest?.schema_registry_version === undefined ? {} : { registryVersion: manifest.schema_registry_version }),
    ...(manifest?.backup_timestamp === undefined ? {} : { backupTimestamp: manifest.backup_timestamp }),
    contexts: contexts.map((context) => context.name),
    findings: index.findings,
  };
}
