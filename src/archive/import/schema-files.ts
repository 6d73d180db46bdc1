/** A plain folder of schemas: which files of it are some, of which type, and which version their names say. */
import { throwIfAborted } from '../../errors.ts';
import { isJsonObject, type JsonValue } from '../../model/json.ts';
import type { SchemaType } from '../../model/schema-version.ts';
import type { SourceNote } from './imported.ts';
import { readText, walkFolder } from './walk-folder.ts';

export interface SchemaFile {
  /** Relative to the folder, with `/`. */
  readonly path: string;
  readonly schemaType: SchemaType;
  readonly schema: string;
  /** The path without version and extension; never empty. */
  readonly stem: readonly string[];
  /** As the path without its version would be: what other files import it by. */
  readonly plainPath: string;
  readonly version?: number;
}

export interface SchemaFolder {
  readonly files: readonly SchemaFile[];
  readonly faults: readonly SourceNote[];
  readonly leftOut: readonly SourceNote[];
  readonly warnings: readonly string[];
}

const EXTENSIONS: Readonly<Record<string, SchemaType>> = {
  avsc: 'AVRO',
  proto: 'PROTOBUF',
  json: 'JSON',
  jsonschema: 'JSON',
};

/** @throws SrgitError SRGIT_ARCHIVE_MISSING, SRGIT_ARCHIVE_INVALID */
export async function readSchemaFolder(folder: string, signal?: AbortSignal): Promise<SchemaFolder> {
  const walked = walkFolder(folder, { signal });
  const files: SchemaFile[] = [];
  const faults: SourceNote[] = [];
  const leftOut: SourceNote[] = [...walked.leftOut];
  const warnings: string[] = [];
  for (const { path, file } of walked.files) {
    throwIfAborted(signal);
    const name = parseSchemaPath(path);
    if (name === undefined) {
      leftOut.push({ place: path, why: 'its name is not that of a schema: .avsc, .proto, .json or .jsonschema' });
      continue;
    }
    const read = await readText(file, signal);
    if ('why' in read) {
      faults.push({ place: path, why: read.why });
      continue;
    }
    const schema = read.text.replace(/^\uFEFF/, '');
    if (schema.trim() === '') {
      faults.push({ place: path, why: 'it is empty' });
      continue;
    }
    const json = name.schemaType === 'JSON' ? looksLike(schema) : undefined;
    if (json === 'something else') {
      leftOut.push({ place: path, why: 'it is JSON, but nothing in it says that it is a schema' });
      continue;
    }
    if (json === 'avro') warnings.push(`${path} is taken for Avro: it is named .json, and is a type of Avro`);
    files.push({ path, ...name, schemaType: json === 'avro' ? 'AVRO' : name.schemaType, schema });
  }
  return { files, faults, leftOut, warnings };
}

/**
 * `orders/v2.avsc`, `orders.v2.avsc`, `orders-v2.avsc`, `orders_v2.avsc`, `v2/orders.avsc` and `orders/2.avsc` are version 2 of
 * `orders`. Undefined for a name that is no schema's.
 */
export function parseSchemaPath(
  path: string,
): Pick<SchemaFile, 'schemaType' | 'stem' | 'plainPath' | 'version'> | undefined {
  const parts = path.split('/');
  const base = parts.pop() ?? '';
  const [, plain = '', extension = ''] = /^(.+?)(?:\.schema)?\.([A-Za-z]+)$/.exec(base) ?? [];
  const schemaType = EXTENSIONS[extension.toLowerCase()];
  if (schemaType === undefined || !Object.hasOwn(EXTENSIONS, extension.toLowerCase())) return undefined;
  const [, name, digits] = /^(.+)[._-]v([0-9]{1,9})$/i.exec(plain) ?? [];
  const ending = base.slice(plain.length);
  const at = (stem: readonly string[], version: string | undefined) => ({
    schemaType,
    stem,
    plainPath: stem.join('/') + ending,
    ...(version === undefined || Number(version) < 1 ? {} : { version: Number(version) }),
  });
  if (name !== undefined && Number(digits) > 0) return at([...parts, name], digits);
  const alone = /^v?([0-9]{1,9})$/i.exec(plain)?.[1];
  if (alone !== undefined && parts.length > 0 && Number(alone) > 0) return at(parts, alone);
  const above = /^v([0-9]{1,9})$/i.exec(parts.at(-1) ?? '')?.[1];
  if (above !== undefined && Number(above) > 0) return at([...parts.slice(0, -1), plain], above);
  return at([...parts, plain], undefined);
}

/** Keywords that a document has which is a schema, and nothing else has together with an object for its root. */
const KEYWORDS = [
  '$schema',
  '$id',
  '$ref',
  '$defs',
  'definitions',
  'properties',
  'patternProperties',
  'items',
  'oneOf',
  'anyOf',
  'allOf',
  'enum',
  'const',
];
const JSON_TYPES: ReadonlySet<JsonValue> = new Set([
  'object',
  'array',
  'string',
  'number',
  'integer',
  'boolean',
  'null',
]);

/** What is no JSON at all is left to whoever reads it as a schema. */
function looksLike(text: string): 'avro' | 'schema' | 'something else' {
  let json: JsonValue;
  try {
    json = JSON.parse(text);
  } catch {
    return 'schema';
  }
  if (!isJsonObject(json)) return 'something else';
  const { type, name, fields, symbols, size } = json;
  const isNamed = typeof name === 'string';
  if (isNamed && type === 'record' && Array.isArray(fields)) return 'avro';
  if (isNamed && type === 'enum' && Array.isArray(symbols)) return 'avro';
  if (isNamed && type === 'fixed' && typeof size === 'number') return 'avro';
  const isTyped = typeof type === 'string' && JSON_TYPES.has(type);
  return isTyped || KEYWORDS.some((keyword) => Object.hasOwn(json, keyword)) ? 'schema' : 'something else';
}
