/** Why something of a plan cannot be done as asked, or differs. Closed: the documentation and tests enumerate it. */
export const REASONS = [
  // the source
  'EDITED_VERSION',
  'INVALID_SCHEMA',
  'REFERENCE_MISSING',
  'REFERENCE_CYCLE',
  'SENSITIVE_REDACTED',
  'PARTIAL_SOURCE',
  // names
  'SUBJECT_COLLISION',
  'INVALID_SUBJECT',
  'CONTEXTS_UNSUPPORTED',
  // ids and versions
  'ID_TAKEN',
  'ID_UNMAPPED',
  'RETIRED_ID',
  'VERSION_TAKEN',
  'VERSION_GAP',
  'CONTENT_CONFLICT',
  'TEXT_CHANGED',
  // what the registry allows
  'INCOMPATIBLE',
  'MODE_READONLY',
  'MODE_UNSUPPORTED',
  'IMPORT_UNSUPPORTED',
  'REFERENCED',
  'CONFIG_UNSUPPORTED',
  'METADATA_UNSUPPORTED',
  'RULES_DROPPED',
  'ALIAS',
  // strategy
  'SKIPPED',
  'LOSES_DATA',
  'TARGET_UNREADABLE',
] as const;

export type Reason = (typeof REASONS)[number];
