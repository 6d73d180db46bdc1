/** Where things are in a tree, relative to its root, with `/` on every platform. */

import type { SchemaType } from '../model/schema-version.ts';
import { DEFAULT_CONTEXT } from '../model/subject-name.ts';
import { encodeFolderName } from './folder-name.ts';

/** Version of the layout, `format` in every manifest. */
export const TREE_FORMAT = 1;

export const MANIFEST_FILE = 'manifest.json';
export const SETTINGS_FILE = '_schemas.json';
export const GLOBAL_CONFIG_FILE = 'config/global.json';
export const METADATA_FILE = 'metadata.json';
export const SUBJECTS_FOLDER = 'subjects';
export const CONTEXTS_FOLDER = 'contexts';
export const ATTRIBUTES_FILE = '.gitattributes';

/** Files of an interrupted write begin so; readers ignore them, the next write removes them. */
export const TEMPORARY_PREFIX = '.srgit-tmp-';

const EXTENSIONS: Readonly<Record<SchemaType, string>> = { AVRO: 'avsc', PROTOBUF: 'proto', JSON: 'json' };

/** `v3.avsc` */
export function versionFileName(version: number, schemaType: SchemaType): string {
  return `v${version}.${EXTENSIONS[schemaType]}`;
}

/** Version and type from a file name such as `v3.avsc`; undefined for any other name. */
export function parseVersionFileName(name: string): { version: number; schemaType: SchemaType } | undefined {
  const match = /^v([0-9]{1,10})\.(avsc|proto|json)$/.exec(name);
  const [, digits, extension] = match ?? [];
  if (digits === undefined) return undefined;
  const schemaType = extension === 'avsc' ? 'AVRO' : extension === 'proto' ? 'PROTOBUF' : 'JSON';
  return { version: Number(digits), schemaType };
}

/** `''` for the default context, `contexts/staging/` for `.staging`: the prefix of everything in that context. */
export function contextPrefix(context: string): string {
  return context === DEFAULT_CONTEXT ? '' : `${CONTEXTS_FOLDER}/${contextFolder(context)}/`;
}

/**
 * Folder of a context: its name without the leading dot, encoded like a subject, upper-case letters always: so no two
 * contexts share a folder on file systems that fold case, and none has to move when another comes.
 */
function contextFolder(context: string): string {
  return encodeFolderName(context.slice(1), { encodeUpperCase: true });
}
