/** Deleting versions and subjects: softly first, then for good. */

import { configRecord } from './config.ts';
import {
  type Decided,
  isRefusal,
  type Refusal,
  type Rules,
  referenceExists,
  subjectHasAssociation,
  subjectNotFound,
  subjectNotSoftDeleted,
  subjectSoftDeleted,
  versionNotFound,
  versionNotSoftDeleted,
  versionSoftDeleted,
} from './decision.ts';
import { getVersion } from './lookup.ts';
import { modeRecord, modeRefusal } from './mode.ts';
import { canonicalSubject } from './names.ts';
import type { RegistryRecord } from './records.ts';
import { referrersOf } from './references.ts';
import { schemaRecord } from './schema-record.ts';
import { hasSubject, hasVersions, type RegistryState, type Row } from './state.ts';

export interface DeleteSubject {
  readonly subject: string;
  readonly permanent: boolean;
  /** Epoch milliseconds. */
  readonly now: number;
}

/**
 * `DELETE /subjects/{s}`. The answer is the versions deleted, ascending. A subject that a resource is associated with
 * stays (observed).
 *
 * @param command.unlinked its associations are ended by the same decision and do not count.
 */
export function decideDeleteSubject(
  state: RegistryState,
  command: DeleteSubject & { readonly unlinked?: boolean },
  rules: Rules,
): Decided<number[]> {
  const subject = canonicalSubject(command.subject);
  const { permanent, now } = command;
  if (!hasVersions(state, subject, true)) return subjectNotFound(command.subject);
  if (!permanent && !hasVersions(state, subject, false)) return subjectSoftDeleted(command.subject);
  const refusal = modeRefusal(state, subject, rules);
  if (refusal !== undefined) return refusal;
  if (command.unlinked !== true && state.associations.bySubject.has(subject)) {
    return subjectHasAssociation(command.subject);
  }

  const rows = (state.subjects.get(subject)?.rows ?? []).filter((row) => permanent || !row.deleted);
  for (const row of rows) {
    // References among the subject's own versions do not count: they go together (observed).
    if (isReferenced(state, row, permanent, subject)) return referenceExists(subject, row.version);
    if (permanent && !row.deleted) return subjectNotSoftDeleted(command.subject);
  }
  const answer = rows.map((row) => row.version);
  if (permanent) {
    return {
      records: [...rows.toReversed().map((row) => tombstone(row, now)), ...settingsGone(state, subject, now)],
      answer,
    };
  }
  const version = answer.at(-1) ?? 0;
  const value = { subject, version };
  return { records: [{ key: { keytype: 'DELETE_SUBJECT', subject }, value, timestamp: now }], answer };
}

export interface DeleteVersion extends DeleteSubject {
  /** -1 is the highest live one. */
  readonly version: number;
}

/** `DELETE /subjects/{s}/versions/{v}`. The answer is the version deleted. */
export function decideDeleteVersion(state: RegistryState, command: DeleteVersion, rules: Rules): Decided<number> {
  const subject = canonicalSubject(command.subject);
  const row = deletable(state, subject, command);
  if (isRefusal(row)) return row;
  const refusal = modeRefusal(state, subject, rules);
  if (refusal !== undefined) return refusal;
  const { permanent, now } = command;
  if (isReferenced(state, row, permanent)) return referenceExists(subject, row.version);
  if (!permanent) {
    return { records: [schemaRecord(subject, row.version, row.id, row, true, now)], answer: row.version };
  }
  if (!row.deleted) return versionNotSoftDeleted(command.subject, row.version);
  const isLast = state.subjects.get(subject)?.rows.length === 1;
  const records = [tombstone(row, now), ...(isLast ? settingsGone(state, subject, now) : [])];
  return { records, answer: row.version };
}

function deletable(state: RegistryState, subject: string, command: DeleteVersion): Row | Refusal {
  const row = getVersion(state, subject, command.version, true);
  if (row === undefined) {
    return hasSubject(state, subject, true) ? versionNotFound(command.version) : subjectNotFound(command.subject);
  }
  return row.deleted && !command.permanent ? versionSoftDeleted(command.subject, row.version) : row;
}

/** Whether another schema is built on this row: for a soft delete a live one, for a hard delete any. */
function isReferenced(state: RegistryState, row: Row, permanent: boolean, except?: string): boolean {
  for (const referrer of referrersOf(state, row.subject, row.version)) {
    if ((permanent || !referrer.deleted) && referrer.subject !== except) return true;
  }
  return false;
}

function tombstone(row: Row, timestamp: number): RegistryRecord {
  return { key: { keytype: 'SCHEMA', subject: row.subject, version: row.version }, value: null, timestamp };
}

/** With its last version a subject loses its own mode and config (observed). */
function settingsGone(state: RegistryState, subject: string, now: number): RegistryRecord[] {
  return [
    ...(state.modes.has(subject) ? [modeRecord(subject, null, now)] : []),
    ...(state.configs.has(subject) ? [configRecord(subject, null, now)] : []),
  ];
}
