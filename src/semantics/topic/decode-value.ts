/** Values of the topic as the registry's typed records: what is unknown is passed over, what is missing is a finding. */
import type { JsonObject, JsonValue } from '../../model/json.ts';
import {
  COMPATIBILITY_LEVELS,
  type ConfigRecord,
  isSchemaType,
  type Metadata,
  MODES,
  type Reference,
  type RuleSet,
  type SchemaType,
} from '../../model/schema-version.ts';
import { readMetadata } from '../metadata.ts';
import { canonicalSubject } from '../names.ts';
import type { ClearSubjectRecord, DeleteSubjectRecord, RegistryRecord, SchemaRecord } from '../records.ts';
import { type RegistryKey, show } from './decode-key.ts';
import { type TopicFinding, type TopicFindingCode, topicFinding } from './findings.ts';
import {
  readBoolean,
  readInteger,
  readLong,
  readMember,
  readMembers,
  readName,
  readObject,
  readText,
  readTexts,
  WrongType,
} from './read-json.ts';
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

/** The config fields that a registry knows, each as it reads it; others are lost when it writes the record again. */
const CONFIG_FIELDS: Readonly<Record<string, (json: JsonObject, name: string) => JsonValue | undefined>> = {
  alias: readText,
  aliasForDeks: readBoolean,
  normalize: readBoolean,
  validateFields: readBoolean,
  validateNewSchemas: readBoolean,
  validateRules: readBoolean,
  compatibilityPolicy: readText,
  compatibilityGroup: readText,
  defaultMetadata: checkedMetadata,
  overrideMetadata: checkedMetadata,
  defaultRuleSet: checkedRuleSet,
  overrideRuleSet: checkedRuleSet,
};

/** In Confluent's order: a number is the place of one. */
const RULE_KINDS = ['TRANSFORM', 'CONDITION'] as const;
const RULE_MODES = ['UPGRADE', 'DOWNGRADE', 'UPDOWN', 'WRITE', 'READ', 'WRITEREAD'] as const;
const LIFECYCLES = ['STRONG', 'WEAK'] as const;

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
  try {
    return readValue(json, key, record);
  } catch (error) {
    if (!(error instanceof WrongType)) throw error;
    return skipped(topicFinding('VALUE_MALFORMED', { ...place, detail: error.message }));
  }
}

/** What is read and not used is read for its type: a wrong one makes the whole value void. */
function readValue(json: JsonObject, key: RegistryKey, record: TopicRecord): DecodedValue {
  const { timestamp } = record;
  for (const name of ['offset', 'ts']) readLong(json, name);
  switch (key.keytype) {
    case 'SCHEMA':
      return schemaValue(json, key, record);
    case 'CONFIG':
      readText(json, 'subject');
      return found({ key, value: configOf(json), timestamp });
    case 'MODE':
      readText(json, 'subject');
      return found({ key, value: { mode: readName(json, 'mode', MODES) ?? '' }, timestamp });
    case 'DELETE_SUBJECT':
      return deletionValue(json, key, record);
    case 'CLEAR_SUBJECT': {
      const subject = readText(json, 'subject');
      const value = subject === undefined ? {} : { subject };
      return found({ key, value, timestamp }, otherSubject(subject, key, record));
    }
    case 'CONTEXT':
      for (const name of ['tenant', 'context']) readText(json, name);
      return found({ key, value: { context: key.context }, timestamp });
    case 'ASSOC': {
      const { keytype: _keytype, ...address } = key;
      for (const name of ['tenant', ...Object.keys(address)]) readText(json, name);
      const lifecycle = readName(json, 'lifecycle', LIFECYCLES) ?? 'WEAK';
      const rest = { guid: readText(json, 'guid') ?? '', resourceId: readText(json, 'resourceId') ?? '' };
      const frozen = readBoolean(json, 'frozen') ?? false;
      return found({ key, value: { ...address, ...rest, lifecycle, frozen }, timestamp });
    }
  }
}

/** What it deletes is the value's alone: where that says nothing, nothing is. */
function deletionValue(json: JsonObject, key: DeleteSubjectRecord['key'], record: TopicRecord): DecodedValue {
  const subject = readText(json, 'subject');
  const version = readInteger(json, 'version');
  if (subject === undefined || version === undefined) {
    return skipped(topicFinding('VALUE_INCOMPLETE', { offset: record.offset, ...placeOf(key) }));
  }
  const findings = key.subject === undefined ? [] : otherSubject(subject, key, record);
  return found({ key, value: { subject, version }, timestamp: record.timestamp }, findings);
}

/** A note where a deletion's value names another subject than its key, or none where the key has one. */
function otherSubject(
  subject: string | undefined,
  key: DeleteSubjectRecord['key'] | ClearSubjectRecord['key'],
  { offset }: TopicRecord,
): readonly TopicFinding[] {
  const spelling = (name: string | undefined) => (name === undefined ? undefined : canonicalSubject(name));
  if (spelling(subject) === spelling(key.subject)) return [];
  const detail = subject === undefined ? 'the value says no subject, which is all' : `the value says ${subject}`;
  return [topicFinding('KEY_VALUE_MISMATCH', { offset, ...placeOf(key), detail })];
}

function found(record: RegistryRecord, findings: readonly TopicFinding[] = []): DecodedValue {
  return { record, findings };
}

function skipped(...findings: readonly TopicFinding[]): DecodedValue {
  return { record: undefined, findings };
}

function schemaValue(json: JsonObject, key: SchemaRecord['key'], { offset, timestamp }: TopicRecord): DecodedValue {
  const findings: TopicFinding[] = [];
  const add = (code: TopicFindingCode, detail?: string): void => {
    findings.push(topicFinding(code, { offset, ...placeOf(key), ...(detail === undefined ? {} : { detail }) }));
  };
  const { id, subject, version, ...content } = schemaMembers(json);
  if (id === undefined) {
    add('VALUE_INCOMPLETE');
    return skipped(...findings);
  }
  if (subject === undefined) add('VALUE_NO_SUBJECT');
  if (version === undefined) add('VALUE_NO_VERSION');
  const isElsewhere = subject !== undefined && canonicalSubject(subject) !== canonicalSubject(key.subject);
  if (isElsewhere || (version !== undefined && key.version > 0 && version !== key.version)) {
    add('KEY_VALUE_MISMATCH', `the value says ${subject} version ${version}`);
  }
  if (!isSchemaType(content.schemaType)) add('TYPE_UNKNOWN', content.schemaType);
  if (content.metadata?.properties?.['__enc__'] === 'true' || content.md5 !== undefined) add('METADATA_ENCODED');
  const value = { ...content, subject: subject ?? key.subject, version: version ?? key.version, id };
  return found({ key, value, timestamp }, findings);
}

/** All of them before any is judged: one of a wrong type makes the others void. */
function schemaMembers(json: JsonObject) {
  const md5 = readText(json, 'md5');
  const metadata = metadataOf(json, 'metadata');
  const ruleSet = checkedRuleSet(json, 'ruleSet');
  return {
    id: readInteger(json, 'id'),
    subject: readText(json, 'subject'),
    version: readInteger(json, 'version'),
    ...(md5 === undefined ? {} : { md5 }),
    // An unknown type is kept: the registry shows it, too.
    schemaType: (readText(json, 'schemaType') ?? 'AVRO') as SchemaType,
    references: (readMembers(json, 'references') ?? []).map(referenceOf),
    ...(metadata === undefined ? {} : { metadata }),
    ...(ruleSet === undefined ? {} : { ruleSet: ruleSet as RuleSet }),
    schema: readText(json, 'schema') ?? '',
    deleted: readBoolean(json, 'deleted') ?? false,
  };
}

function referenceOf(json: JsonObject): Reference {
  return {
    name: readText(json, 'name') ?? '',
    subject: readText(json, 'subject') ?? '',
    version: readInteger(json, 'version') ?? 0,
  };
}

function metadataOf(json: JsonObject, name: string): Metadata | undefined {
  const metadata = checkedMetadata(json, name);
  return metadata === undefined ? undefined : readMetadata(metadata);
}

/** @throws WrongType when a registry could not read it. */
function checkedMetadata(json: JsonObject, name: string): JsonObject | undefined {
  const metadata = readMember(json, name);
  if (metadata === undefined) return undefined;
  const tags = readMember(metadata, 'tags') ?? {};
  for (const tag of Object.keys(tags)) readTexts(tags, tag);
  checkTexts(metadata, 'properties');
  readTexts(metadata, 'sensitive');
  return metadata;
}

/** @throws WrongType when a registry could not read it. */
function checkedRuleSet(json: JsonObject, name: string): JsonObject | undefined {
  const ruleSet = readMember(json, name);
  if (ruleSet === undefined) return undefined;
  for (const list of ['migrationRules', 'domainRules', 'encodingRules']) readMembers(ruleSet, list)?.forEach(checkRule);
  readText(ruleSet, 'enableAt');
  return ruleSet;
}

function checkRule(rule: JsonObject): void {
  for (const name of ['name', 'doc', 'type', 'expr', 'onSuccess', 'onFailure']) readText(rule, name);
  readName(rule, 'kind', RULE_KINDS);
  readName(rule, 'mode', RULE_MODES);
  readTexts(rule, 'tags');
  checkTexts(rule, 'params');
  readBoolean(rule, 'disabled');
}

function checkTexts(json: JsonObject, name: string): void {
  const texts = readMember(json, name) ?? {};
  for (const key of Object.keys(texts)) readText(texts, key);
}

function configOf(json: JsonObject): ConfigRecord {
  const compatibility = readName(json, 'compatibilityLevel', COMPATIBILITY_LEVELS);
  const fields: Record<string, JsonValue> = {};
  for (const [name, read] of Object.entries(CONFIG_FIELDS)) {
    const value = read(json, name);
    if (value !== undefined) fields[name] = value;
  }
  return { ...(compatibility === undefined ? {} : { compatibility }), fields };
}

function placeOf(key: RegistryKey): Pick<TopicFinding, 'subject' | 'version'> {
  return {
    ...('subject' in key && key.subject !== undefined ? { subject: key.subject } : {}),
    ...(key.keytype === 'SCHEMA' ? { version: key.version } : {}),
  };
}
