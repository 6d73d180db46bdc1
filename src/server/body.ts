/**
 * Reading request bodies as the Java server's JSON binding does: unknown members are ignored, scalars are turned into
 * the type that is wanted, other shapes are 400. Message texts as observed.
 */
import type { JsonObject, JsonValue } from '../model/json.ts';
import { isJsonObject } from '../model/json.ts';
import type { Metadata, Rule, RuleSet } from '../model/schema-version.ts';
import type { RequestedSchema } from '../semantics/candidate.ts';
import { internalError, isRefusal, type Refusal } from '../semantics/decision.ts';
import { normalMetadata, readMetadata } from '../semantics/metadata.ts';
import type { RequestedReference } from '../semantics/references.ts';
import type { TagEdits, TaggedEntity } from '../semantics/schema-tags.ts';

/** Remembers the first thing wrong with a body, so that readers can stay plain functions. */
export interface Faults {
  first?: Refusal;
}

function fault(faults: Faults, message: string): undefined {
  faults.first ??= badRequest(message);
  return undefined;
}

function badRequest(message: string): Refusal {
  return { status: 400, errorCode: 400, refusal: message };
}

/**
 * The body as an object.
 *
 * @param operation the server's name for the call, shown when there is no body.
 * @param type its name for the body's type.
 */
export function parseBody(text: string, operation: string, type: string): JsonObject | Refusal {
  const body = text.startsWith('\ufeff') ? text.slice(1) : text;
  const missing: Refusal = { status: 422, errorCode: 422, refusal: `${operation}.request must not be null (was null)` };
  if (body.trim() === '') return missing;
  if (isTooDeep(body)) {
    return badRequest(
      `Document nesting depth (${DEPTH_LIMIT + 1}) exceeds the maximum allowed (${DEPTH_LIMIT}, from \`StreamReadConstraints.getMaxNestingDepth()\`)`,
    );
  }
  let value: JsonValue;
  try {
    value = JSON.parse(body);
  } catch {
    return badRequest(describeSyntax(body));
  }
  if (value === null) return missing;
  return isJsonObject(value) ? value : badRequest(describeShape(value, type));
}

/** The Java server's JSON parser goes no deeper; neither do we, so that nothing after it has to fear recursion. */
const DEPTH_LIMIT = 1000;

/** Counts brackets outside of strings. */
function isTooDeep(text: string): boolean {
  let depth = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) at = endOfString(text, at);
    else if (code === OPEN_OBJECT || code === OPEN_ARRAY) depth++;
    else if (code === CLOSE_OBJECT || code === CLOSE_ARRAY) depth--;
    if (depth > DEPTH_LIMIT) return true;
  }
  return false;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;
const OPEN_ARRAY = 0x5b;
const CLOSE_ARRAY = 0x5d;

/** Index of the quote that closes the string begun at `start`, or of the text's end. */
function endOfString(text: string, start: number): number {
  let at = start + 1;
  while (at < text.length && text.charCodeAt(at) !== QUOTE) at += text.charCodeAt(at) === BACKSLASH ? 2 : 1;
  return at;
}

const SOURCE = '[Source: REDACTED (`StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION` disabled); line: 1, column: 1]';

/** The commonest syntax errors in the parser's words. */
function describeSyntax(text: string): string {
  const trailing = /\}\s*([A-Za-z_$][\w$]*)\s*$/.exec(text)?.[1];
  if (trailing !== undefined) {
    return `Unrecognized token '${trailing}': was expecting (JSON String, Number (or 'NaN'/'+INF'/'-INF'), Array, Object or token 'null', 'true' or 'false')`;
  }
  if (/^\s*\{\s*'/.test(text)) {
    return "Unexpected character (''' (code 39)): was expecting double-quote to start field name";
  }
  if (/^\s*\{\s*$/.test(text)) {
    return `Unexpected end-of-input: expected close marker for Object (start marker at ${SOURCE})`;
  }
  if (/[:,]\s*$/.test(text)) return 'Unexpected end-of-input within/between Object entries';
  return 'The body is not well-formed JSON';
}

function describeShape(value: JsonValue, type: string): string {
  if (Array.isArray(value)) {
    return `Cannot deserialize value of type \`${type}\` from Array value (token \`JsonToken.START_ARRAY\`)`;
  }
  if (isJsonObject(value)) {
    return `Cannot deserialize value of type \`${type}\` from Object value (token \`JsonToken.START_OBJECT\`)`;
  }
  const creator = `Cannot construct instance of \`${type}\` (although at least one Creator exists)`;
  if (typeof value === 'string') {
    return `${creator}: no String-argument constructor/factory method to deserialize from String value ('${value}')`;
  }
  if (typeof value === 'number') {
    return `${creator}: no int/Int-argument constructor/factory method to deserialize from Number value (${value})`;
  }
  return `${creator}: no boolean/Boolean-argument constructor/factory method to deserialize from boolean value (${value})`;
}

export function readString(faults: Faults, value: JsonValue | undefined): string | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value === 'object') return fault(faults, describeShape(value, 'String'));
  return String(value);
}

export function readInteger(faults: Faults, value: JsonValue | undefined): number | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value === 'object' || typeof value === 'boolean') return fault(faults, describeShape(value, 'Integer'));
  const number = typeof value === 'string' && !/^[+-]?\d+$/.test(value.trim()) ? Number.NaN : Math.trunc(Number(value));
  if (Number.isNaN(number)) {
    return fault(
      faults,
      `Cannot deserialize value of type \`Integer\` from String "${value}": not a valid \`java.lang.Integer\` value`,
    );
  }
  if (number > 0x7fff_ffff || number < -0x8000_0000) {
    return fault(faults, `Numeric value (${value}) out of range of int (-2147483648 - 2147483647)`);
  }
  return number;
}

export function readBoolean(faults: Faults, value: JsonValue): boolean | undefined {
  if (typeof value === 'boolean') return value;
  if (typeof value === 'number') return value !== 0;
  const text = typeof value === 'string' ? value.trim().toLowerCase() : undefined;
  if (text === 'true' || text === 'false') return text === 'true';
  return fault(
    faults,
    typeof value === 'string'
      ? `Cannot deserialize value of type \`Boolean\` from String "${value}": only "true" or "false" recognized`
      : describeShape(value, 'Boolean'),
  );
}

function readObject(faults: Faults, value: JsonValue | undefined, type: string): JsonObject | undefined {
  if (value === undefined || value === null) return undefined;
  return isJsonObject(value) ? value : fault(faults, describeShape(value, type));
}

export function readMetadataBody(faults: Faults, value: JsonValue | undefined): Metadata | undefined {
  const object = readObject(faults, value, 'Metadata');
  if (object === undefined) return undefined;
  const { properties } = object;
  // The server fails on a null property value (observed).
  if (isJsonObject(properties) && Object.values(properties).includes(null)) faults.first ??= internalError();
  return normalMetadata(readMetadata(object));
}

export function readRuleSet(faults: Faults, value: JsonValue | undefined): RuleSet | undefined {
  const object = readObject(faults, value, 'RuleSet');
  if (object === undefined) return undefined;
  const rules = (name: string): readonly Rule[] | undefined => {
    const list = object[name];
    return Array.isArray(list) ? list.filter(isJsonObject).map((rule) => rule as Rule) : undefined;
  };
  const migrationRules = rules('migrationRules');
  const domainRules = rules('domainRules');
  const encodingRules = rules('encodingRules');
  const enableAt = readString(faults, object['enableAt']);
  return {
    ...(migrationRules === undefined ? {} : { migrationRules }),
    ...(domainRules === undefined ? {} : { domainRules }),
    ...(encodingRules === undefined ? {} : { encodingRules }),
    ...(enableAt === undefined ? {} : { enableAt }),
  };
}

function readReferences(faults: Faults, value: JsonValue | undefined): readonly RequestedReference[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) {
    fault(faults, describeShape(value, 'SchemaReference>'));
    return [];
  }
  return value.map((item: JsonValue) => {
    const object = readObject(faults, item, 'SchemaReference') ?? {};
    const name = readString(faults, object['name']);
    const subject = readString(faults, object['subject']);
    const version = readInteger(faults, object['version']);
    return {
      ...(name === undefined ? {} : { name }),
      ...(subject === undefined ? {} : { subject }),
      ...(version === undefined ? {} : { version }),
    };
  });
}

export interface SchemaBody extends RequestedSchema {
  readonly id?: number;
  readonly version?: number;
  /** `schemaTagsToAdd` and `schemaTagsToRemove`. */
  readonly tagEdits?: TagEdits;
  readonly propagateTags?: boolean;
}

/** The body of registrations, look-ups and compatibility tests. */
export function readSchemaBody(text: string, operation: string, normalize: boolean): SchemaBody | Refusal {
  const body = parseBody(text, operation, 'RegisterSchemaRequest');
  return isRefusal(body) ? body : readSchemaObject(body, normalize);
}

/** The same from a body that is read already. */
export function readSchemaObject(body: JsonObject, normalize: boolean): SchemaBody | Refusal {
  const faults: Faults = {};
  const schema = readString(faults, body['schema']);
  const schemaType = readString(faults, body['schemaType']);
  const references = readReferences(faults, body['references']);
  const metadata = readMetadataBody(faults, body['metadata']);
  const ruleSet = readRuleSet(faults, body['ruleSet']);
  const id = readInteger(faults, body['id']);
  const version = readInteger(faults, body['version']);
  const tagEdits = readTagEdits(faults, body, { add: 'schemaTagsToAdd', remove: 'schemaTagsToRemove' });
  const propagateTags = body['propagateSchemaTags'] === true;
  return (
    faults.first ?? {
      references,
      normalize,
      ...(schema === undefined ? {} : { schema }),
      ...(schemaType === undefined ? {} : { schemaType }),
      ...(metadata === undefined ? {} : { metadata }),
      ...(ruleSet === undefined ? {} : { ruleSet }),
      ...(id === undefined ? {} : { id }),
      ...(version === undefined ? {} : { version }),
      ...(tagEdits === undefined ? {} : { tagEdits }),
      ...(propagateTags ? { propagateTags } : {}),
    }
  );
}

/**
 * Edits of inline tags, which a registration and a tag request name differently; undefined when there are none.
 *
 * @param names members with the tags to add and to remove.
 */
export function readTagEdits(
  faults: Faults,
  body: JsonObject,
  names: { readonly add: string; readonly remove: string },
): TagEdits | undefined {
  const add = readTaggedEntities(faults, body[names.add]);
  const remove = readTaggedEntities(faults, body[names.remove]);
  return add.length + remove.length === 0 ? undefined : { add, remove };
}

function readTaggedEntities(faults: Faults, value: JsonValue | undefined): readonly TaggedEntity[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) {
    fault(faults, describeShape(value, 'SchemaTags>'));
    return [];
  }
  return value.flatMap((edit: JsonValue) => {
    const entity = isJsonObject(edit) ? edit['schemaEntity'] : undefined;
    if (!isJsonObject(edit) || !isJsonObject(entity)) {
      // The server fails on an edit that names no entity (observed).
      faults.first ??= internalError();
      return [];
    }
    const entityType = entity['entityType'];
    if (entityType !== 'sr_record' && entityType !== 'sr_field') {
      fault(
        faults,
        `Cannot deserialize value of type \`EntityType\` from String "${describeWord(entityType)}": not one of the values accepted for Enum class: [sr_record, sr_field]`,
      );
      return [];
    }
    const { tags } = edit;
    const words = Array.isArray(tags) ? tags.filter((tag: JsonValue) => typeof tag === 'string') : [];
    return [{ schemaEntity: { entityPath: describeWord(entity['entityPath']), entityType }, tags: words }];
  });
}

const describeWord = (value: JsonValue | undefined): string => (typeof value === 'string' ? value : 'null');
