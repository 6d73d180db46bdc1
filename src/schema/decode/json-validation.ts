/**
 * Holds JSON against a JSON Schema, drafts 4 to 2020-12. `format` says nothing, as in the registry's own clients; a
 * `pattern` is matched as Java does, within a budget.
 */
import type { AnySchemaObject, Options } from 'ajv';
import { Ajv2019 } from 'ajv/dist/2019.js';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { Ajv } from 'ajv/dist/ajv.js';
import type { JsonValue } from '../../model/json.ts';
import { type Draft, draftOf } from '../json/drafts.ts';
import { findsPattern } from '../json/java-pattern.ts';
import type { JsonNode } from '../json/json-node.ts';
import { readJson } from '../json/read-json.ts';
import { resolveAddress } from '../json/reference-uri.ts';
import { collectReferencedTexts } from '../json/resolved-texts.ts';
import type { ResolvedSchema } from '../language.ts';
import { formatPath, type Step, setMember } from './decode-fault.ts';
import { stepOf } from './json-record.ts';

export interface JsonViolation {
  /** As in remarks. */
  readonly path: string;
  readonly message: string;
}

export interface JsonValidator {
  /** `error`: that it could not be told. */
  validate(value: unknown): { readonly violations: readonly JsonViolation[] } | { readonly error: string };
}

/** `error`: the schema cannot be used. */
export type JsonCheck = JsonValidator | { readonly error: string };

export function compileJsonSchema({ schema, references }: Pick<ResolvedSchema, 'schema' | 'references'>): JsonCheck {
  const root = readJson(schema);
  const draft = root === undefined ? undefined : draftOf(root);
  if (root === undefined || draft === undefined) return { error: 'it is no JSON Schema' };
  try {
    const ajv = createAjv(draft);
    const base = idOf(root, draft);
    for (const [name, text] of collectReferencedTexts(references)) {
      const referenced = readJson(text);
      if (referenced !== undefined) ajv.addSchema(toAjv(referenced, draft), resolveAddress(base, name));
    }
    const validate = ajv.compile(toAjv(root, draft));
    return {
      validate(value) {
        try {
          if (validate(value)) return { violations: [] };
        } catch (error) {
          return { error: messageOf(error) };
        }
        return { violations: (validate.errors ?? []).slice(0, MOST_VIOLATIONS).map(toViolation) };
      },
    };
  } catch (error) {
    // Whatever the schema does to the compiler, the record's text can be shown.
    return { error: messageOf(error) };
  }
}

const MOST_VIOLATIONS = 100;

function createAjv(draft: Draft): Ajv {
  const patterns = {};
  // Expressions of a schema must not be able to hang us.
  const regExp = (pattern: string) => ({ test: (text: string) => findsPattern(patterns, pattern, text) });
  const options: Options = {
    allErrors: true,
    strict: false,
    validateFormats: false,
    validateSchema: false,
    meta: false,
    logger: false,
    addUsedSchema: false,
    code: { regExp: Object.assign(regExp, { code: 'regExp' }) },
  };
  const ajv = makeAjv(draft, options);
  // Other drafts' word for `$id` is nobody's.
  ajv.removeKeyword('id');
  ajv.removeKeyword('uniqueItems');
  // Its own takes the square of the items' count.
  ajv.addKeyword({
    keyword: 'uniqueItems',
    type: 'array',
    schemaType: 'boolean',
    validate: (wanted: boolean, items: readonly JsonValue[]) =>
      !wanted || new Set(items.map((item) => JSON.stringify(sorted(item)))).size === items.length,
    error: { message: 'must NOT have duplicate items' },
  });
  return ajv;
}

function makeAjv(draft: Draft, options: Options): Ajv {
  if (draft === '2020-12') return new Ajv2020(options);
  return draft === '2019-09' ? new Ajv2019(options) : new Ajv({ ...options, ignoreKeywordsWithRef: true } as Options);
}

function idOf(root: JsonNode, draft: Draft): string | undefined {
  const id = root.kind === 'object' ? root.members.get(draft === 'draft-04' ? 'id' : '$id') : undefined;
  return id?.kind === 'string' ? id.value.replace(/#$/, '') : undefined;
}

function toAjv(root: JsonNode, draft: Draft): AnySchemaObject | boolean {
  const schema = adapt(toPlain(root), draft);
  if (typeof schema === 'boolean') return schema;
  if (typeof schema !== 'object' || schema === null || Array.isArray(schema)) throw new Error('it is no JSON Schema');
  const { $schema: _, ...rest } = schema as AnySchemaObject;
  return rest;
}

function toPlain(node: JsonNode): JsonValue {
  switch (node.kind) {
    case 'object':
      return Object.fromEntries([...node.members].map(([name, member]) => [name, toPlain(member)]));
    case 'array':
      return node.items.map(toPlain);
    case 'number':
      return Number(node.text);
    case 'null':
      return null;
    default:
      return node.value;
  }
}

/** Keywords whose values are no schemas, and those whose members are named by people. */
const DATA = new Set(['enum', 'const', 'default', 'examples', 'required']);
const NAMED = new Set(['properties', 'patternProperties', 'definitions', 'dependencies', '$defs', 'dependentSchemas']);

/**
 * The schema in words that the validator takes: draft 4's `id` as `$id`, its exclusive limits as numbers, and without
 * OpenAPI's `nullable`, which JSON Schema does not know.
 */
function adapt(schema: JsonValue, draft: Draft, isNamed = false): JsonValue {
  if (Array.isArray(schema)) return schema.map((item: JsonValue) => adapt(item, draft));
  if (typeof schema !== 'object' || schema === null) return schema;
  const adapted: Record<string, JsonValue> = {};
  for (const [name, value] of Object.entries(schema)) {
    if (isNamed) setMember(adapted, name, adapt(value, draft));
    else if (DATA.has(name)) adapted[name] = value;
    else if (name === 'id' && draft === 'draft-04' && typeof value === 'string') adapted['$id'] = value;
    else if (name !== 'nullable') setMember(adapted, name, adapt(value, draft, NAMED.has(name)));
  }
  if (!isNamed && draft === 'draft-04') {
    exclude(adapted, 'minimum', 'exclusiveMinimum');
    exclude(adapted, 'maximum', 'exclusiveMaximum');
  }
  return adapted;
}

function exclude(schema: Record<string, JsonValue>, limit: string, word: string): void {
  const value = schema[limit];
  if (typeof schema[word] !== 'boolean') return;
  if (schema[word] && typeof value === 'number') {
    schema[word] = value;
    delete schema[limit];
  } else delete schema[word];
}

interface AjvError {
  readonly instancePath: string;
  readonly message?: string;
  readonly keyword: string;
  readonly params: Readonly<Record<string, unknown>>;
}

function toViolation({ instancePath, message, params }: AjvError): JsonViolation {
  const steps = instancePath
    .split('/')
    .slice(1)
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'));
  const { additionalProperty, unevaluatedProperty, allowedValues } = params;
  const extra = additionalProperty ?? unevaluatedProperty;
  const which =
    typeof extra === 'string'
      ? `: ${JSON.stringify(extra)}`
      : Array.isArray(allowedValues)
        ? `: ${JSON.stringify(allowedValues).slice(0, 200)}`
        : '';
  return { path: pathOf(steps), message: `${message ?? 'does not fit the schema'}${which}` };
}

/** A pointer does not say whether a number is an item's; nearly always it is. */
function pathOf(steps: readonly string[]): string {
  return formatPath(steps.map((step): Step => (/^(0|[1-9]\d*)$/.test(step) ? Number(step) : stepOf(step))));
}

function sorted(value: JsonValue): JsonValue {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, member]) => [name, sorted(member)]),
  );
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : `${error}`;
}
