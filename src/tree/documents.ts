/** The JSON files of a tree: their shapes, and how they are written and checked. */
import type { ValidateFunction } from 'ajv/dist/2020.js';
import { SrgitError } from '../errors.ts';
import type { JsonObject } from '../model/json.ts';
import type { RegistryKind, SnapshotGap } from '../model/registry-snapshot.ts';
import type { Metadata, Reference, RuleSet, SchemaType } from '../model/schema-version.ts';
import * as validators from './document-validators.ts';

/** An entry of `versions` in `metadata.json`. One without an id was added by hand and is not registered yet. */
export interface VersionDocument {
  readonly version: number;
  readonly id?: number;
  readonly guid?: string;
  readonly schema_file: string;
  readonly schema_type?: SchemaType;
  readonly references?: readonly Reference[];
  readonly metadata?: Metadata;
  readonly ruleSet?: RuleSet;
  readonly deleted?: boolean;
  readonly registered_at?: string;
  readonly sha256?: string;
}

/** `subjects/<subject>/metadata.json` */
export interface MetadataDocument {
  readonly subject: string;
  readonly context: string;
  readonly schema_type?: SchemaType;
  readonly compatibility?: string;
  readonly mode?: string;
  readonly config?: JsonObject;
  readonly versions: readonly VersionDocument[];
}

/** `manifest.json` */
export interface ManifestDocument {
  readonly format: number;
  readonly schema_registry_version?: string;
  readonly backup_timestamp?: string;
  readonly subjects: readonly {
    readonly name: string;
    readonly schema_type?: SchemaType;
    readonly compatibility?: string;
    readonly versions: readonly { readonly version: number; readonly id: number; readonly schema_file: string }[];
  }[];
  readonly id_mapping: Readonly<Record<string, string>>;
  readonly max_id: number;
  readonly retired_ids: readonly number[];
}

/** `config/global.json` */
export interface GlobalConfigDocument {
  readonly compatibility?: string;
  readonly config?: JsonObject;
}

/** `_schemas.json` */
export interface SettingsDocument {
  readonly registry?: { readonly name?: string; readonly kind: RegistryKind; readonly version?: string };
  readonly mode?: string;
  readonly global?: GlobalConfigDocument & { readonly mode?: string };
  readonly contexts: readonly { readonly name: string; readonly folder?: string; readonly mode?: string }[];
  readonly partial?: readonly SnapshotGap[];
}

interface DocumentTypes {
  readonly metadata: MetadataDocument;
  readonly manifest: ManifestDocument;
  readonly global: GlobalConfigDocument;
  readonly settings: SettingsDocument;
}

/** Compiled from the *.schema.json files beside this one by scripts/tree-validators.mjs. */
const VALIDATORS: Readonly<
  Record<keyof DocumentTypes, Pick<ValidateFunction, 'errors'> & ((value: unknown) => boolean)>
> = validators;

/** The bytes of a JSON file of the tree: two spaces, final newline. Member order is the caller's. */
export function formatDocument(document: object): string {
  return `${JSON.stringify(document, null, 2)}\n`;
}

/**
 * Parses and checks one JSON file of the tree.
 *
 * @param file path to name in errors.
 * @throws SrgitError SRGIT_TREE_INVALID on broken JSON or a wrong shape, SRGIT_TREE_FORMAT on a newer layout.
 */
export function parseDocument<K extends keyof DocumentTypes>(kind: K, text: string, file: string): DocumentTypes[K] {
  let value: unknown;
  try {
    value = JSON.parse(text.startsWith('\uFEFF') ? text.slice(1) : text);
  } catch (error) {
    const conflict = /^(<{7}|={7}|>{7})/m.test(text);
    throw new SrgitError('SRGIT_TREE_INVALID', `${file} is not valid JSON: ${describe(error)}`, {
      hint: conflict
        ? `It holds a merge conflict. ${kind === 'manifest' ? 'Run `srgit index` to rebuild it.' : 'Resolve it, then run `srgit index`.'}`
        : kind === 'manifest'
          ? 'Run `srgit index` to rebuild it from the metadata.json files.'
          : 'Correct the file, or take the last good one from git: git checkout -- <file>.',
      details: { file },
      cause: error,
    });
  }
  if (kind === 'manifest') checkFormat(value, file);
  const validate = VALIDATORS[kind];
  if (!validate(value)) {
    const [first] = validate.errors ?? [];
    const where = first?.instancePath ? ` at ${first.instancePath}` : '';
    const extra = first?.params['additionalProperty'];
    const what = extra === undefined ? (first?.message ?? 'wrong shape') : `unknown field ${JSON.stringify(extra)}`;
    throw new SrgitError('SRGIT_TREE_INVALID', `${file} is not a valid ${kind} file${where}: ${what}`, {
      hint: 'The shapes are described in docs/tree-format.md and by the JSON Schemas of the package.',
      details: { file },
    });
  }
  return value as DocumentTypes[K];
}

/** A newer layout must be told apart from a broken file: the tool is too old, the tree is fine. */
function checkFormat(value: unknown, file: string): void {
  if (typeof value !== 'object' || value === null || !('format' in value)) return;
  if (typeof value.format === 'number' && value.format > 1) {
    throw new SrgitError('SRGIT_TREE_FORMAT', `${file} has format ${value.format}; this srgit reads format 1`, {
      hint: 'Use a newer srgit.',
      details: { file },
    });
  }
}

function describe(error: unknown): string {
  return error instanceof Error ? error.message.replaceAll('\n', ' ').slice(0, 200) : String(error);
}
