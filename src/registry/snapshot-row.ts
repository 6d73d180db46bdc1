/** One row of a listing or one version answer → `SchemaVersion`; everything that is not one is refused here. */
import { SrgitError } from '../errors.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../model/json.ts';
import { isSchemaType, type Metadata, type Reference } from '../model/schema-version.ts';
import { computeGuid } from '../semantics/guid.ts';
import { CollectedVersion } from './collected-version.ts';
import { readRuleSet } from './snapshot-rules.ts';
import type { TextSpill } from './text-spill.ts';

const INT32_MAX = 2 ** 31 - 1;
const INT32_MIN = -(2 ** 31);

const GUID_OF_NOTHING = computeGuid({ schema: '' });

export interface RegistryRow {
  /** As the registry names it: qualified outside the default context. */
  readonly subject: string;
  readonly version: number;
  /** Undefined where the answer has no `deleted` (older servers, Karapace, Apicurio): a listing has to tell. */
  readonly deleted: boolean | undefined;
  /** The row, or why this row cannot be held: thrown only if the row turns out to be wanted. */
  readonly content: CollectedVersion | SrgitError;
  /** True when the server gave a guid and it is not the one computed from its own answer. */
  readonly guidDiffers: boolean;
}

/**
 * Reads one row. `call` names the request for error messages.
 * Throws SRGIT_REGISTRY_BAD_ANSWER when subject, version, id or text are missing or of another type.
 */
export function readRow(value: JsonValue | undefined, call: string, texts: TextSpill): RegistryRow {
  if (!isJsonObject(value)) throw badRow(call, 'a row is not an object');
  const { subject, version, id, guid } = value;
  const schema = value['schema'] ?? emptyText(value);
  if (typeof subject !== 'string') throw badRow(call, 'a row has no subject');
  const where = `subject ${JSON.stringify(subject)}`;
  if (!isInteger(version) || version < 1) throw badRow(call, `${where} has a row with no valid version`);
  const what = `${where} version ${version}`;
  if (!isInteger(id)) throw badRow(call, `${what} has no valid id`);
  if (typeof schema !== 'string') throw badRow(call, `${what} has no schema text`);
  const deleted = typeof value['deleted'] === 'boolean' ? value['deleted'] : undefined;

  const refusal = findUnrepresentable(value, subject, what);
  if (refusal !== undefined) return { subject, version, deleted, content: refusal, guidDiffers: false };

  // Confluent up to 7.x leaves the type out for Avro.
  const schemaType = isSchemaType(value['schemaType']) ? value['schemaType'] : 'AVRO';
  const references = readReferences(value['references'], call, what);
  const metadata = readMetadata(value['metadata'], call, what);
  const ruleSet = readRuleSet(value['ruleSet'], () => badRow(call, `${what} has a malformed rule set`));
  const identity = {
    schema,
    references,
    ...(metadata === undefined ? {} : { metadata }),
    ...(ruleSet === undefined ? {} : { ruleSet }),
  };
  const computed = computeGuid(identity);
  const registeredAt = value['ts'];
  return {
    subject,
    version,
    deleted,
    content: CollectedVersion.hold(
      {
        version,
        id,
        guid: computed,
        schemaType,
        ...identity,
        deleted: deleted ?? false,
        ...(typeof registeredAt === 'number' && Number.isSafeInteger(registeredAt) ? { registeredAt } : {}),
      },
      texts,
    ),
    guidDiffers: typeof guid === 'string' && guid.toLowerCase() !== computed,
  };
}

/** Confluent leaves empty values out, an empty text too. Its guid tells that from an answer that lost the text. */
function emptyText(row: JsonObject): '' | undefined {
  return row['guid'] === GUID_OF_NOTHING ? '' : undefined;
}

function findUnrepresentable(row: JsonObject, subject: string, what: string): SrgitError | undefined {
  const type = row['schemaType'];
  if (type !== undefined && type !== null && !isSchemaType(type)) {
    return new SrgitError(
      'SRGIT_SNAPSHOT_UNREPRESENTABLE',
      `${what} has the unknown schema type ${JSON.stringify(type)}`,
      {
        hint: 'srgit holds AVRO, JSON and PROTOBUF. Leave this subject out with --exclude.',
        details: { subject: subject.toWellFormed() },
      },
    );
  }
  if (!subject.isWellFormed()) {
    return new SrgitError(
      'SRGIT_SNAPSHOT_UNREPRESENTABLE',
      `${what}: the name is not well-formed Unicode, so no request can ask for it`,
      {
        hint: 'Leave this subject out with --exclude, or register it anew without the broken characters.',
        details: { subject: subject.toWellFormed() },
      },
    );
  }
  return undefined;
}

function readReferences(value: JsonValue | undefined, call: string, what: string): readonly Reference[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) throw badRow(call, `${what} has references that are no list`);
  return value.map((entry: JsonValue) => {
    if (!isJsonObject(entry)) throw badRow(call, `${what} has a malformed reference`);
    const { name, subject, version } = entry;
    if (typeof name !== 'string' || typeof subject !== 'string' || !isInteger(version)) {
      throw badRow(call, `${what} has a malformed reference`);
    }
    return { name, subject, version };
  });
}

function readMetadata(value: JsonValue | undefined, call: string, what: string): Metadata | undefined {
  if (value === undefined || value === null) return undefined;
  const malformed = () => badRow(call, `${what} has malformed metadata`);
  if (!isJsonObject(value)) throw malformed();
  const { tags, properties, sensitive } = value;
  return {
    ...(tags === undefined || tags === null ? {} : { tags: readRecord(tags, readTexts, malformed) }),
    ...(properties === undefined || properties === null
      ? {}
      : { properties: readRecord(properties, (text) => (typeof text === 'string' ? text : undefined), malformed) }),
    ...(sensitive === undefined || sensitive === null ? {} : { sensitive: readTexts(sensitive) ?? raise(malformed()) }),
  };
}

function readRecord<T>(
  value: JsonValue,
  read: (entry: JsonValue) => T | undefined,
  malformed: () => SrgitError,
): Readonly<Record<string, T>> {
  if (!isJsonObject(value)) throw malformed();
  return Object.fromEntries(
    Object.entries(value).map(([key, entry]) => [key, read(entry) ?? raise(malformed())] as const),
  );
}

function readTexts(value: JsonValue): readonly string[] | undefined {
  return Array.isArray(value) && value.every((text): text is string => typeof text === 'string') ? value : undefined;
}

function isInteger(value: JsonValue | undefined): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= INT32_MIN && value <= INT32_MAX;
}

function raise(error: SrgitError): never {
  throw error;
}

function badRow(call: string, why: string): SrgitError {
  return new SrgitError('SRGIT_REGISTRY_BAD_ANSWER', `${call} gave an answer that is no schema listing: ${why}`, {
    hint: 'check that the URL is that of a schema registry and that nothing in between changes its answers',
  });
}
