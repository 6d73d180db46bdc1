/** Which rows are meant: the `backup:` section, and the flags over it. */
import { SCHEMA_TYPES } from '../model/schema-version.ts';
import type { RawConfig } from './raw-types.ts';
import { list } from './setting.ts';
import type { BackupSettings, ConfigFlags } from './types.ts';

export function backupSettings(raw: RawConfig, flags: ConfigFlags): BackupSettings {
  const { backup } = raw;
  return {
    selection: {
      include: flags.subjects ?? list(backup?.subjects) ?? ['*'],
      exclude: flags.exclude ?? list(backup?.exclude) ?? [],
    },
    includeSoftDeleted: flags.includeSoftDeleted ?? backup?.include_soft_deleted ?? true,
    versions: flags.versions ?? backup?.include_versions ?? 'all',
    includeReferences:
      flags.includeReferences ?? backup?.include_references ?? backup?.protobuf?.include_dependencies ?? true,
    includeSensitive: flags.includeSensitive ?? backup?.include_sensitive ?? false,
    schemaTypes: flags.schemaTypes ?? backup?.schema_types ?? SCHEMA_TYPES,
  };
}
