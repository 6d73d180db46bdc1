/** Values of the topic as the registry's typed records: what is unknown is passed over, what is missing is a finding. */
import { isJsonObject, type JsonObject, type JsonValue } from '../../model/json.ts';
import { isSchemaType, type Reference, type RuleSet, type SchemaType } from '../../model/schema-version.ts';
import { readMetadata } from '../metadata.ts';
import { canonicalSubject } from '../names.ts';
import type { RegistryRecord, SchemaRecord } from '../records.ts';
import { type RegistryKey, show } from './decode-key.ts';
import { type TopicFinding, type TopicFindingCode, topicFinding } from './findings.ts';
import { readBoolean, readInteger, readObject, readText } from './read-json.ts';
import type { TopicRecord } from './topic-record.ts';

export interface DecodedValue {
  /** Undefined when a registry would pass the record over. */
  readonly record: RegistryRecord | undefined;
  readonly findings: readonly TopicFinding[];
}

export interface DecodeValueOptions {
  /** What an empty value is: nothing, as Confluent has it, or a deletion, as Karapace writes it. */
  readonly emptyValues: 'skip' | 'tombstone';
}

/** The config fields that a registry knows; others are lost when it writes the record again. */
const CONFIG_FIELDS: ReadonlySet<string> = new Set([
  'alias',
  'aliasForDeks',
  'normalize',
  'validateFields',
  'validateNewSchemas',
  'validateRules',
  'compatibilityPolicy',
  'compatibilityGroup',
  'defaultMetadata',
  'overrideMetadata',
  'defaultRuleSet',
  'overrideRuleSet',
]);

export function decodeValue(record: TopicRecord, key: RegistryKey, options: DecodeValueOptions): DecodedValue {
  const { value, offset, timestamp } = record;
  const place = { offset, ...placeOf(key) };
  if (value === null) return { record: { key, value: null, timestamp } as RegistryRecord, findings: [] };
  if (value.length === 0) {
    const isDeletion = options.emptyValues === 'tombstone';
    return {
      record: isDeletion ? ({ key, value: null, timestamp } as RegistryRecord) : undefined,
      findings: [topicFinding('VALUE_EMPTY', place)],
    };
  }
  const json = readObject(value);
  if (json === undefined) {
    // The word null reads as no value at all.
    const isNull = value.toString('latin1').trim() === 'null';
    return {
      record: isNull ? ({ key, value: null, timestamp } as RegistryRecord) : undefined,
      findings: [topicFinding('VALUE_MALFORMED', { ...place, detail: show(value) })],
    };
  }
  switch (key.keytype) {
    case 'SCHEMA':
      return schemaValue(json, key, record);
    case 'CONFIG':
      return found({ key, value: configOf(json), timestamp });
    case 'MODE':
      return found({ key, value: { mode: readText(json['mode']) ?? '' }, timestamp });
    case 'DELETE_SUBJECT':
      return found({ key, value: { version: readInteger(json['version']) ?? 0 }, timestamp });
    case 'CLEAR_SUBJECT':
      return found({ key, value: {}, timestamp });
    case 'CONTEXT':
      return found({ key, value: { context: key.context }, timestamp });
    case 'ASSOC': {
      const { keytype: _keytype, ...address } = key;
      const lifecycle = json['lifecycle'] === 'STRONG' ? 'STRONG' : 'WEAK';
      const rest = { guid: readText(json['guid']) ?? '', resourceId: readText(json['resourceId']) ?? '' };
      return found({ key, value: { ...address, ...rest, lifecycle, frozen: readBoolean(json['frozen']) }, timestamp });
    }
  }
}

function found(record: RegistryRecord, findings: readonly TopicFinding[] = []): DecodedValue {
  return { record, findings };
}

function schemaValue(json: JsonObject, key: SchemaRecord['key'], { offset, timestamp }: TopicRecord): DecodedValue {
  const findings: TopicFinding[] = [];
  const add = (code: TopicFindingCode, detail?: string): void => {
    findings.push(topicFinding(code, { offset, ...placeOf(key), ...(detail === undefined ? {} : { detail }) }));
  };
  const id = readInteger(json['id']);
  if (id === undefined) {
    add('VALUE_INCOMPLETE');
    return { record: undefined, findings };
  }
  const subject = readText(json['subject']);
  if (subject === undefined) add('VALUE_NO_SUBJECT');
  const version = readInteger(json['version']);
  if (version === undefined) add('VALUE_NO_VERSION');
  const isElsewhere = subject !== undefined && canonicalSubject(subject) !== canonicalSubject(key.subject);
  if (isElsewhere || (version !== undefined && key.version > 0 && version !== key.version)) {
    add('KEY_VALUE_MISMATCH', `the value says ${subject} version ${version}`);
  }
  const type = readText(json['schemaType']) ?? 'AVRO';
  if (!isSchemaType(type)) add('TYPE_UNKNOWN', type);
  const md5 = readText(json['md5']);
  const metadata = isJsonObject(json['metadata']) ? readMetadata(json['metadata']) : undefined;
  if (metadata?.properties?.['__enc__'] === 'true' || md5 !== undefined) add('METADATA_ENCODED');
  const value = {
    subject: subject ?? key.subject,
    version: version ?? key.version,
    id,
    ...(md5 === undefined ? {} : { md5 }),
    // An unknown type is kept: the registry shows it, too.
    schemaType: type as SchemaType,
    references: referencesOf(json['references']),
    ...(metadata === undefined ? {} : { metadata }),
    ...(isJsonObject(json['ruleSet']) ? { ruleSet: json['ruleSet'] as RuleSet } : {}),
    schema: readText(json['schema']) ?? '',
    deleted: readBoolean(json['deleted']),
  };
  return found({ key, value, timestamp }, findings);
}

function referencesOf(value: JsonValue | undefined): readonly Reference[] {
  if (!Array.isArray(value)) return [];
  return value.filter(isJsonObject).map((reference) => ({
    name: readText(reference['name']) ?? '',
    subject: readText(reference['subject']) ?? '',
    version: readInteger(reference['version']) ?? 0,
  }));
}

function configOf(json: JsonObject) {
  const compatibility = readText(json['compatibilityLevel']);
  const fields = Object.entries(json).filter(([name, value]) => CONFIG_FIELDS.has(name) && value !== null);
  return { ...(compatibility === undefined ? {} : { compatibility }), fields: Object.fromEntries(fields) };
}

function placeOf(key: RegistryKey): Pick<TopicFinding, 'subject' | 'version'> {
  return {
    ...('subject' in key && key.subject !== undefined ? { subject: key.subject } : {}),
    ...(key.keytype === 'SCHEMA' ? { version: key.version } : {}),
  };
}
