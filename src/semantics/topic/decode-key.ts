/** Keys of the topic: compact JSON in a fixed order of fields, and the spellings that other registries gave them. */
import type { JsonObject } from '../../model/json.ts';
import { canonicalSubject } from '../names.ts';
import type { RegistryRecord } from '../records.ts';
import { type TopicFinding, topicFinding } from './findings.ts';
import { readInteger, readObject, readText, WrongType } from './read-json.ts';
import type { TopicRecord } from './topic-record.ts';

export type RegistryKey = RegistryRecord['key'];

export type DecodedKey =
  | {
      readonly kind: 'key';
      readonly key: RegistryKey;
      /** The same for every spelling of the key. */
      readonly name: string;
      readonly findings: readonly TopicFinding[];
    }
  /** An election marker. */
  | { readonly kind: 'noop' }
  | { readonly kind: 'unreadable'; readonly findings: readonly TopicFinding[] };

/** The version that a key without one stands for. */
const NO_VERSION = 0;
const TENANT = 'default';

export function decodeKey({ key, offset }: Pick<TopicRecord, 'key' | 'offset'>): DecodedKey {
  if (key === null) return unreadable(topicFinding('KEY_NULL', { offset }));
  const json = readObject(key);
  if (json === undefined) {
    // The word null is a key that is not there.
    if (key.toString('latin1').trim() === 'null') return unreadable(topicFinding('KEY_NULL', { offset }));
    return unreadable(topicFinding('KEY_MALFORMED', { offset, detail: show(key) }));
  }
  try {
    return readKey(json, key, offset);
  } catch (error) {
    if (!(error instanceof WrongType)) throw error;
    return unreadable(topicFinding('KEY_MALFORMED', { offset, detail: `${error.message}: ${show(key)}` }));
  }
}

/** Its members are read by the keytype, as what another keytype calls so does not matter. */
function readKey(json: JsonObject, key: Buffer, offset: bigint): DecodedKey {
  const keytype = json['keytype'];
  switch (keytype) {
    case 'NOOP':
      return { kind: 'noop' };
    case 'SCHEMA':
      return schemaKey(json, offset);
    case 'CONFIG':
    case 'MODE':
    case 'CLEAR_SUBJECT': {
      const { subject } = subjectAndMagic(json);
      return named({ keytype, ...(subject === undefined ? {} : { subject }) });
    }
    case 'DELETE_SUBJECT': {
      const { subject } = subjectAndMagic(json);
      // It deletes what its value says.
      if (subject === undefined) return named({ keytype }, [topicFinding('KEY_INCOMPLETE', { offset })]);
      return named({ keytype, subject });
    }
    case 'CONTEXT':
      return contextKey(json, offset);
    case 'ASSOC':
      return associationKey(json, offset);
    default:
      return unreadable(topicFinding('KEYTYPE_UNKNOWN', { offset, detail: show(key) }));
  }
}

function subjectAndMagic(json: JsonObject) {
  return { subject: readText(json, 'subject'), magic: readInteger(json, 'magic') };
}

function schemaKey(json: JsonObject, offset: bigint): DecodedKey {
  const { subject, magic } = subjectAndMagic(json);
  const version = readInteger(json, 'version');
  // Of schemas only: other keys are taken whatever their magic number is.
  if (magic !== undefined && magic !== 0 && magic !== 1) return badMagic(offset, subject, magic);
  if (subject === undefined) return unreadable(topicFinding('KEY_INCOMPLETE', { offset }, 'lost'));
  const findings = version === undefined ? [topicFinding('KEY_INCOMPLETE', { offset, subject })] : [];
  return named({ keytype: 'SCHEMA', subject, version: version ?? NO_VERSION }, findings);
}

function contextKey(json: JsonObject, offset: bigint): DecodedKey {
  // For its type alone: a wrong one makes the whole key void.
  readInteger(json, 'magic');
  const context = readText(json, 'context');
  if (context === undefined) return unreadable(topicFinding('KEY_INCOMPLETE', { offset }, 'lost'));
  const tenant = readText(json, 'tenant');
  // Contexts are listed by tenant: one without is never come to.
  if (tenant !== TENANT) {
    return unreadable(topicFinding('TENANT_OTHER', { offset, detail: `${tenant ?? 'no tenant:'} ${context}` }));
  }
  return named({ keytype: 'CONTEXT', context });
}

function associationKey(json: JsonObject, offset: bigint): DecodedKey {
  const { subject } = subjectAndMagic(json);
  const part = (name: string): string => readText(json, name) ?? '';
  return named(
    {
      keytype: 'ASSOC',
      resourceName: part('resourceName'),
      resourceNamespace: part('resourceNamespace'),
      resourceType: part('resourceType'),
      associationType: part('associationType'),
      subject: subject ?? '',
    },
    [topicFinding('KEYTYPE_NEWER', { offset, ...(subject === undefined ? {} : { subject }), detail: 'ASSOC' })],
  );
}

function named(key: RegistryKey, findings: readonly TopicFinding[] = []): DecodedKey {
  return { kind: 'key', key, name: keyName(key), findings };
}

/** One name for a key however it is spelt. */
export function keyName(key: RegistryKey): string {
  const subject = 'subject' in key && key.subject !== undefined ? canonicalSubject(key.subject) : null;
  if (key.keytype === 'SCHEMA') return JSON.stringify([key.keytype, subject, key.version]);
  if (key.keytype === 'CONTEXT') return JSON.stringify([key.keytype, key.context]);
  if (key.keytype !== 'ASSOC') return JSON.stringify([key.keytype, subject]);
  const { resourceNamespace, resourceName, resourceType, associationType } = key;
  return JSON.stringify([key.keytype, subject, resourceNamespace, resourceName, resourceType, associationType]);
}

function unreadable(...findings: readonly TopicFinding[]): DecodedKey {
  return { kind: 'unreadable', findings };
}

function badMagic(offset: bigint, subject: string | undefined, magic: number): DecodedKey {
  return unreadable(
    topicFinding('KEY_MAGIC', { offset, ...(subject === undefined ? {} : { subject }), detail: `magic ${magic}` }),
  );
}

/** The first bytes, for people. */
export function show(bytes: Buffer): string {
  const text = JSON.stringify(bytes.toString('utf8', 0, 120));
  return bytes.length > 120 ? `${text}…` : text;
}
