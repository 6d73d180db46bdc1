/** The reducer: how each record changes the state. The only place that mutates it. */
import { parseSubjectName } from '../model/subject-name.ts';
import { putAssociation, removeAssociation } from './association-index.ts';
import { computeGuid } from './guid.ts';
import { canonicalSubject, contextOf, GLOBAL_KEY, GLOBAL_LEVEL, referencedSubject } from './names.ts';
import type { RegistryRecord, SchemaValue } from './records.ts';
import {
  type ContextIds,
  entriesInScope,
  nameIndex,
  type RegistryState,
  type Row,
  rowIndex,
  type Scope,
  type SubjectEntry,
} from './state.ts';
import { SubjectsOfId } from './subjects-of-id.ts';

export function applyRecord(state: RegistryState, record: RegistryRecord): void {
  if (isOf(record, 'SCHEMA')) {
    const { key, value } = record;
    if (value === null) removeRow(state, canonicalSubject(key.subject), key.version);
    else putRow(state, rowOf(value, record.timestamp));
  } else if (isOf(record, 'CONFIG')) {
    setOrDelete(state.configs, settingsKey(record.key.subject), record.value);
  } else if (isOf(record, 'MODE')) {
    setOrDelete(state.modes, settingsKey(record.key.subject), record.value?.mode ?? null);
  } else if (isOf(record, 'DELETE_SUBJECT')) {
    if (record.value !== null) softDelete(state, canonicalSubject(record.value.subject), record.value.version);
  } else if (isOf(record, 'CLEAR_SUBJECT')) {
    if (record.value !== null) clearDeleted(state, settingsScopeOf(record.value.subject));
  } else if (isOf(record, 'CONTEXT')) {
    if (record.value === null) state.contexts.delete(record.key.context);
    else state.contexts.add(record.key.context);
  } else if (isOf(record, 'ASSOC')) {
    const subject = canonicalSubject(record.key.subject);
    if (record.value === null) removeAssociation(state.associations, { ...record.key, subject });
    else putAssociation(state.associations, { ...record.value, subject }, record.timestamp);
  }
}

export function applyRecords(state: RegistryState, records: Iterable<RegistryRecord>): void {
  for (const record of records) applyRecord(state, record);
}

/** What the name of a config, mode or CLEAR_SUBJECT record covers. */
export function settingsScopeOf(name: string | undefined): Scope {
  const subject = settingsKey(name);
  if (subject === GLOBAL_KEY || subject === GLOBAL_LEVEL) return { kind: 'all' };
  const parsed = parseSubjectName(subject);
  return parsed.subject === '' ? { kind: 'context', context: parsed.context } : { kind: 'subject', subject };
}

type RecordOf<Type extends RegistryRecord['key']['keytype']> = Extract<
  RegistryRecord,
  { readonly key: { readonly keytype: Type } }
>;

function isOf<Type extends RegistryRecord['key']['keytype']>(
  record: RegistryRecord,
  keytype: Type,
): record is RecordOf<Type> {
  return record.key.keytype === keytype;
}

function settingsKey(subject: string | undefined): string {
  return subject === undefined ? GLOBAL_KEY : canonicalSubject(subject);
}

function setOrDelete<Value>(map: Map<string, Value>, key: string, value: Value | null): void {
  if (value === null) map.delete(key);
  else map.set(key, value);
}

function rowOf(value: SchemaValue, timestamp: number | undefined): Row {
  const { md5, ...content } = value;
  return {
    ...content,
    subject: canonicalSubject(value.subject),
    guid: (md5 === undefined ? undefined : guidOfMd5(md5)) ?? computeGuid(value),
    ...(timestamp === undefined ? {} : { registeredAt: timestamp }),
  };
}

/** A record's stored hash as a guid; undefined when it is not 16 bytes. */
function guidOfMd5(md5: string): string | undefined {
  const hex = Buffer.from(md5, 'base64').toString('hex');
  if (hex.length !== 32) return undefined;
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

function putRow(state: RegistryState, row: Row): void {
  const entry = ensureEntry(state, row.subject);
  replaceRow(state, entry, row);
  const ids = ensureIds(state, entry.context);
  let subjects = ids.subjectsById.get(row.id);
  if (subjects === undefined) {
    subjects = new SubjectsOfId();
    ids.subjectsById.set(row.id, subjects);
  }
  subjects.set(row.subject, row.version);
  ids.idByGuid.set(row.guid, row.id);
  ids.lastId = Math.max(ids.lastId, row.id);
}

function ensureEntry(state: RegistryState, subject: string): SubjectEntry {
  const known = state.subjects.get(subject);
  if (known !== undefined) return known;
  const entry: SubjectEntry = { subject, context: contextOf(subject), rows: [] };
  state.subjects.set(subject, entry);
  state.sortedSubjects.splice(nameIndex(state.sortedSubjects, subject), 0, subject);
  return entry;
}

function ensureIds(state: RegistryState, context: string): ContextIds {
  let ids = state.ids.get(context);
  if (ids === undefined) {
    ids = { subjectsById: new Map(), idByGuid: new Map(), lastId: 0 };
    state.ids.set(context, ids);
  }
  return ids;
}

/** Raises a context's high-water mark: ids up to it are never given out again. */
export function raiseLastId(state: RegistryState, context: string, id: number): void {
  const ids = ensureIds(state, context);
  ids.lastId = Math.max(ids.lastId, id);
}

function replaceRow(state: RegistryState, entry: SubjectEntry, row: Row): void {
  const at = rowIndex(entry.rows, row.version);
  const old = entry.rows[at];
  if (old?.version === row.version) {
    dropReferrer(state, old);
    entry.rows[at] = row;
  } else {
    entry.rows.splice(at, 0, row);
  }
  addReferrer(state, row);
  state.listings.clear();
}

function removeRow(state: RegistryState, subject: string, version: number): void {
  const entry = state.subjects.get(subject);
  if (entry === undefined) return;
  const at = rowIndex(entry.rows, version);
  const row = entry.rows[at];
  if (row?.version !== version) return;
  entry.rows.splice(at, 1);
  dropReferrer(state, row);
  state.listings.clear();
  if (entry.rows.length === 0) {
    state.subjects.delete(subject);
    state.sortedSubjects.splice(nameIndex(state.sortedSubjects, subject), 1);
  }
  forgetId(state.ids.get(entry.context), entry, row);
}

function forgetId(ids: ContextIds | undefined, entry: SubjectEntry, row: Row): void {
  const subjects = ids?.subjectsById.get(row.id);
  if (ids === undefined || subjects?.get(row.subject) !== row.version) return;
  const other = entry.rows.findLast((candidate) => candidate.id === row.id);
  if (other !== undefined) subjects.set(row.subject, other.version);
  else subjects.delete(row.subject);
  if (subjects.size === 0) ids.subjectsById.delete(row.id);
}

function softDelete(state: RegistryState, subject: string, upTo: number): void {
  const entry = state.subjects.get(subject);
  if (entry === undefined) return;
  for (const row of [...entry.rows]) {
    // Confluent counts from 1: what stands below it is left.
    if (row.version >= 1 && row.version <= upTo && !row.deleted) replaceRow(state, entry, { ...row, deleted: true });
  }
}

function clearDeleted(state: RegistryState, scope: Scope): void {
  for (const entry of [...entriesInScope(state, scope)]) {
    for (const row of [...entry.rows]) if (row.deleted) removeRow(state, entry.subject, row.version);
  }
}

function addReferrer(state: RegistryState, row: Row): void {
  for (const reference of row.references) {
    const target = referencedSubject(row.subject, reference.subject);
    let versions = state.referrers.get(target);
    if (versions === undefined) {
      versions = new Map();
      state.referrers.set(target, versions);
    }
    let rows = versions.get(reference.version);
    if (rows === undefined) {
      rows = new Set();
      versions.set(reference.version, rows);
    }
    rows.add(row);
  }
}

function dropReferrer(state: RegistryState, row: Row): void {
  for (const reference of row.references) {
    const target = referencedSubject(row.subject, reference.subject);
    const versions = state.referrers.get(target);
    const rows = versions?.get(reference.version);
    rows?.delete(row);
    if (rows?.size === 0) versions?.delete(reference.version);
    if (versions?.size === 0) state.referrers.delete(target);
  }
}
