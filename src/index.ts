/**
 * srgit as a library. Everything that waits takes an AbortSignal; everything that fails throws `SrgitError`, whose `code`
 * is one of `ERROR_CODES`, with what failed in `message` and what to do in `hint`. Snapshots, plans and id maps are plain
 * data. docs/library.md has worked examples.
 *
 * @module
 */
export type { ExportResult } from './app/export-schemas.ts';
export type { Progress } from './app/progress.ts';
export type { BuiltMap } from './app/restore/build-id-map.ts';
export type { RestoreResult } from './app/restore/restore-schemas.ts';
export type { Loss } from './app/restore/undo-export.ts';
export type { VerifyResult } from './app/verify-tree.ts';
export { ERROR_CODES, type ErrorCode, isSrgitError, SrgitError } from './errors.ts';
export type { CallOptions, Environment, Selection } from './library/common-options.ts';
export { decodeFrame, type SchemaFrame } from './library/decode-frame.ts';
export {
  type ExportRegistryOptions,
  exportRegistry,
  type VerifyTreeOptions,
  verifyTree,
} from './library/export-registry.ts';
export { type OpenedTree, type OpenTreeOptions, openTree } from './library/open-tree.ts';
export {
  type ApplyOptions,
  applyPlan,
  buildIdMap,
  type PlanRequest,
  planRestore,
  type RestoreRequest,
  type RestoreSource,
} from './library/plan-and-apply.ts';
export { type RecordIdsOptions, readIdMap, recordIds } from './library/record-ids.ts';
export type { RegistryOptions, RegistryTarget } from './library/registry-target.ts';
export {
  createRecordRewriter,
  type KafkaRecord,
  type RecordRewriter,
  type RecordRewriterOptions,
  type RewrittenRecord,
} from './library/rewrite-records.ts';
export { type ServedRegistry, type ServeOptions, serve } from './library/serve.ts';
export { type SnapshotOptions, snapshotRegistry } from './library/snapshot-registry.ts';
export type { ContextState, RegistrySnapshot, SnapshotGap, SubjectState } from './model/registry-snapshot.ts';
export type { Reference, SchemaType, SchemaVersion } from './model/schema-version.ts';
export type { IdMap, IdMapEntry } from './plan/id-map.ts';
export type { Plan, PlanStep, Problem } from './plan/plan.ts';
export { REASONS, type Reason } from './plan/reasons.ts';
export type { FrameCount, FrameReport } from './records/frame-tally.ts';
export type { SchemaIdMap } from './records/schema-id-map.ts';
export { computeGuid } from './semantics/guid.ts';
export type { Finding } from './tree/finding.ts';
