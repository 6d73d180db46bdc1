/**
 * srgit as a library: the use cases behind its commands. Everything takes an AbortSignal and throws SrgitError.
 *
 * @module
 */
export { type CheckedSchema, type CheckOptions, type CheckResult, checkSchemas } from './app/check-schemas.ts';
export { type DescribeResult, describeTree, type TreeDescription } from './app/describe-tree.ts';
export { type DiffOptions, type DiffResult, diffTrees } from './app/diff-trees.ts';
export { type ExportOptions, type ExportResult, exportSchemas } from './app/export-schemas.ts';
export { type IndexResult, rebuildIndex } from './app/rebuild-index.ts';
export { type BuiltMap, buildMapByContent, type CheckedMap, checkMapFile } from './app/restore/build-id-map.ts';
export { type PlanRestoreOptions, type PlanResult, planRestore } from './app/restore/plan-restore.ts';
export { type RestoreOptions, type RestoreResult, restoreSchemas } from './app/restore/restore-schemas.ts';
export { type ServedTree, type ServeOptions, serveTree } from './app/serve-tree.ts';
export { type VerifyOptions, type VerifyResult, verifyTree } from './app/verify-tree.ts';
export { loadConfig } from './config/load-config.ts';
export type { Config, ConfigFlags, RegistrySettings } from './config/types.ts';
export { ERROR_CODES, type ErrorCode, isSrgitError, SrgitError } from './errors.ts';
export type { RegistrySnapshot } from './model/registry-snapshot.ts';
export type { SchemaVersion } from './model/schema-version.ts';
export type { Plan, PlanOptions, PlanStep, Problem } from './plan/plan.ts';
export { REASONS, type Reason } from './plan/reasons.ts';
export {
  type CompatibilityReason,
  type CompatibilityResult,
  checkCompatibility,
  type VersionedSchema,
} from './schema/check-compatibility.ts';
export type { Canonical, Incompatibility, ResolvedReference, ResolvedSchema } from './schema/language.ts';
export { diffSchemas, type SchemaDiff } from './schema/outline/diff-schemas.ts';
export { schemaLanguages } from './schema/schema-port.ts';
export { computeGuid } from './semantics/guid.ts';
export { type LoadedTree, loadTree } from './tree/load-tree.ts';
