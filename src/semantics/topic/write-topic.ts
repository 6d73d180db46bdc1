/**
 * A registry's state as the records of a new `_schemas` topic: final shapes only, in an order that every registry takes
 * (Karapace drops a schema that comes before one it refers to), in the exact key bytes that Confluent writes.
 */
import type { ConfigRecord } from '../../model/schema-version.ts';
import { compareCodeUnits, formatSubjectName } from '../../model/subject-name.ts';
import type { Association } from '../association-index.ts';
import { computeGuid } from '../guid.ts';
import { GLOBAL_KEY, GLOBAL_LEVEL, referencedSubject } from '../names.ts';
import { findRow, type RegistryState, type Row } from '../state.ts';
import type { RegistryKey } from './decode-key.ts';

export interface TopicWrite {
  readonly key: Buffer;
  readonly value: Buffer;
  /** Milliseconds since 1970; absent where the state does not know one. */
  readonly timestamp?: number;
}

export interface WriteTopicOptions {
  /**
   * Keeps ids of deleted schemas from being given out again: where the highest id of a context is that of no row, a row
   * that is deleted from the beginning holds it. See `PIN_SUBJECT`.
   */
  readonly pinIds?: boolean;
  /** Ids that were given out once, by context, beside those that the state knows of. */
  readonly maxIds?: Readonly<Record<string, number>>;
  /** For registries before Confluent 8.3, which do not start on a topic with associations. */
  readonly withoutAssociations?: boolean;
}

/** The subject of the row that holds a context's highest id. */
export const PIN_SUBJECT = 'srgit-highest-id';
const PIN_SCHEMA = '"null"';

export function* writeTopic(state: RegistryState, options: WriteTopicOptions = {}): Generator<TopicWrite> {
  for (const context of [...state.contexts].sort(compareCodeUnits)) {
    yield write({ keytype: 'CONTEXT', context }, { tenant: 'default', context });
  }
  const levels = [...new Set([...state.configs.keys(), ...state.modes.keys()])].sort(compareCodeUnits);
  for (const level of levels) if (isWide(level)) yield* settings(state, level);
  for (const row of inReferenceOrder(state)) yield schemaWrite(row);
  if (options.pinIds === true) yield* pins(state, options.maxIds ?? {});
  for (const level of levels) if (!isWide(level)) yield* settings(state, level);
  if (options.withoutAssociations === true) return;
  for (const all of state.associations.bySubject.values()) for (const one of all) yield associationWrite(one);
}

/** The registry, and contexts: their settings come before the schemas. */
function isWide(level: string): boolean {
  return level === GLOBAL_KEY || level === GLOBAL_LEVEL || (level.startsWith(':.') && level.endsWith(':'));
}

function* settings(state: RegistryState, level: string): Generator<TopicWrite> {
  const subject = level === GLOBAL_KEY ? {} : { subject: level };
  const config = state.configs.get(level);
  if (config !== undefined) yield write({ keytype: 'CONFIG', ...subject }, { ...subject, ...configJson(config) });
  const mode = state.modes.get(level);
  if (mode !== undefined) yield write({ keytype: 'MODE', ...subject }, { ...subject, mode });
}

/** Confluent's order of fields. */
function configJson({ compatibility, fields }: ConfigRecord): object {
  const { alias, aliasForDeks, normalize, validateFields, validateNewSchemas, validateRules, ...rest } = fields;
  const level = compatibility === undefined ? {} : { compatibilityLevel: compatibility };
  return { alias, aliasForDeks, normalize, validateFields, validateNewSchemas, validateRules, ...level, ...rest };
}

function schemaWrite(row: Row): TopicWrite {
  const { subject, version, id, schemaType, references, metadata, ruleSet, schema, deleted } = row;
  // Where the content is not what the guid was computed from (encrypted metadata), the hash is kept.
  const isOwn = computeGuid(row) === row.guid;
  const value = {
    subject,
    version,
    id,
    ...(isOwn ? {} : { md5: Buffer.from(row.guid.replaceAll('-', ''), 'hex').toString('base64') }),
    // Registries before version 8 leave it out for Avro, and every one reads it so.
    ...(schemaType === 'AVRO' ? {} : { schemaType }),
    ...(references.length === 0 ? {} : { references }),
    ...(metadata === undefined ? {} : { metadata }),
    ...(ruleSet === undefined ? {} : { ruleSet }),
    schema,
    deleted,
  };
  return write({ keytype: 'SCHEMA', subject, version }, value, row.registeredAt);
}

function* pins(state: RegistryState, maxIds: Readonly<Record<string, number>>): Generator<TopicWrite> {
  const highest = new Map<string, number>();
  for (const { context, rows } of state.subjects.values()) {
    for (const { id } of rows) highest.set(context, Math.max(highest.get(context) ?? 0, id));
  }
  const contexts = new Set([...state.ids.keys(), ...Object.keys(maxIds)]);
  for (const context of [...contexts].sort(compareCodeUnits)) {
    const id = Math.max(state.ids.get(context)?.lastId ?? 0, maxIds[context] ?? 0);
    if (id <= (highest.get(context) ?? 0)) continue;
    const subject = formatSubjectName({ context, subject: PIN_SUBJECT });
    const version = (state.subjects.get(subject)?.rows.at(-1)?.version ?? 0) + 1;
    yield write({ keytype: 'SCHEMA', subject, version }, { subject, version, id, schema: PIN_SCHEMA, deleted: true });
  }
}

function associationWrite({ createTs: _created, updateTs, ...value }: Association): TopicWrite {
  const { resourceName, resourceNamespace, resourceType, associationType, subject, guid, ...rest } = value;
  const address = { resourceName, resourceNamespace, resourceType, associationType, subject };
  const { resourceId, lifecycle, frozen } = rest;
  const content = {
    guid,
    tenant: 'default',
    resourceName,
    resourceNamespace,
    resourceId,
    resourceType,
    associationType,
    subject,
    lifecycle,
    frozen,
  };
  return write({ keytype: 'ASSOC', ...address }, content, updateTs);
}

function write(key: RegistryKey, value: object, timestamp?: number): TopicWrite {
  return {
    key: encodeKey(key),
    value: Buffer.from(JSON.stringify(value)),
    ...(timestamp === undefined ? {} : { timestamp }),
  };
}

/** The exact bytes that Confluent writes: compaction works on bytes. */
export function encodeKey(key: RegistryKey): Buffer {
  const { keytype } = key;
  if (keytype === 'SCHEMA') return json({ keytype, subject: key.subject, version: key.version, magic: 1 });
  if (keytype === 'CONTEXT') return json({ keytype, tenant: 'default', context: key.context, magic: 0 });
  if (keytype === 'ASSOC') {
    const { resourceName, resourceNamespace, resourceType, associationType, subject } = key;
    const address = { resourceName, resourceNamespace, resourceType, associationType, subject };
    return json({ keytype, tenant: 'default', ...address, magic: 0 });
  }
  return json({ keytype, subject: key.subject, magic: 0 });
}

function json(value: object): Buffer {
  return Buffer.from(JSON.stringify(value));
}

/** Every row after those that it refers to; where they go in a circle, as they come. By context, subject and version else. */
function inReferenceOrder(state: RegistryState): readonly Row[] {
  const ordered: Row[] = [];
  const seen = new Set<Row>();
  for (const name of state.sortedSubjects) {
    for (const row of state.subjects.get(name)?.rows ?? []) visit(state, row, seen, ordered);
  }
  return ordered;
}

function visit(state: RegistryState, first: Row, seen: Set<Row>, ordered: Row[]): void {
  if (seen.has(first)) return;
  seen.add(first);
  const open = [{ row: first, next: 0 }];
  for (let top = open.at(-1); top !== undefined; top = open.at(-1)) {
    const reference = top.row.references[top.next++];
    if (reference === undefined) {
      ordered.push(top.row);
      open.pop();
      continue;
    }
    const target = findRow(state, referencedSubject(top.row.subject, reference.subject), reference.version);
    if (target === undefined || seen.has(target)) continue;
    seen.add(target);
    open.push({ row: target, next: 0 });
  }
}
