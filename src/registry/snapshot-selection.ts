/** Which of the collected rows a snapshot is of, completed by what they reference. */
import { SrgitError } from '../errors.ts';
import type { SchemaVersion } from '../model/schema-version.ts';
import { formatSubjectName } from '../model/subject-name.ts';
import type { SubjectListing } from './snapshot-listing.ts';
import { type CollectedRow, type SnapshotReading, splitSubject } from './snapshot-types.ts';

export interface Selection {
  /** Qualified subject → version → row. */
  readonly rows: ReadonlyMap<string, ReadonlyMap<number, SchemaVersion>>;
  /** References whose target was not among the collected rows, and the versions that make them. */
  readonly missing: readonly MissingReference[];
}

export interface MissingReference {
  /** Qualified. */
  readonly subject: string;
  readonly version: number;
  /** The first version found that needs it, e.g. `orders-value version 2`. */
  readonly by: string;
}

/** Whether the options ask for a subject at all, by its qualified name. */
export function wantsSubject(reading: SnapshotReading, qualified: string): boolean {
  const { subjects } = reading.options;
  if (subjects === undefined) return true;
  const name = splitSubject(reading, qualified);
  return subjects(name.context, name.subject);
}

/** The listed subjects that the options ask for. */
export function wantedSubjects(reading: SnapshotReading, listing: SubjectListing): readonly string[] {
  const names = reading.options.includeDeleted === false ? listing.live : listing.all;
  return [...names].filter((subject) => wantsSubject(reading, subject));
}

/** Throws SRGIT_SNAPSHOT_UNREPRESENTABLE when a selected row cannot be held. */
export function selectRows(reading: SnapshotReading): Selection {
  const { schemaTypes, includeDeleted = true, versions = 'all', includeReferences = true } = reading.options;
  const rows = new Map<string, Map<number, SchemaVersion>>();
  const missing: MissingReference[] = [];
  const queue: { readonly subject: string; readonly row: SchemaVersion }[] = [];
  const select = (subject: string, row: SchemaVersion): void => {
    const selected = rows.get(subject);
    if (selected === undefined) rows.set(subject, new Map([[row.version, row]]));
    else if (selected.has(row.version)) return;
    else selected.set(row.version, row);
    if (includeReferences && row.references.length > 0) queue.push({ subject, row });
  };

  for (const [subject, collected] of reading.rows) {
    if (!wantsSubject(reading, subject)) continue;
    const candidates = [...collected].filter(([, row]) => includeDeleted || !row.deleted);
    for (const [, candidate] of versions === 'latest' ? latestOf(candidates) : candidates) {
      const { content } = candidate;
      const unwanted =
        schemaTypes !== undefined && !(content instanceof SrgitError) && !schemaTypes.includes(content.schemaType);
      if (!unwanted) select(subject, held(candidate));
    }
  }

  const asked = new Set<string>();
  for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
    for (const reference of next.row.references) {
      const target = referenceTarget(reading, next.subject, reference.subject);
      const key = `${reference.version} ${target}`;
      if (asked.has(key)) continue;
      asked.add(key);
      const found = reading.rows.get(target)?.get(reference.version);
      if (found !== undefined) select(target, held(found));
      else {
        const by = `${next.subject} version ${next.row.version}`;
        missing.push({ subject: target, version: reference.version, by });
      }
    }
  }
  return { rows, missing };
}

/** A reference's subject, qualified: it is relative to the referrer's context unless it says otherwise. */
function referenceTarget(reading: SnapshotReading, referrer: string, subject: string): string {
  if (!reading.capabilities.contexts) return subject;
  const home = splitSubject(reading, referrer).context;
  return formatSubjectName(splitSubject(reading, subject, home));
}

/** The highest live version; the highest of all where none is live. */
function latestOf(rows: readonly (readonly [number, CollectedRow])[]): readonly (readonly [number, CollectedRow])[] {
  const live = rows.filter(([, row]) => !row.deleted);
  const highest = latestVersion((live.length > 0 ? live : rows).map(([version]) => version));
  return rows.filter(([version]) => version === highest);
}

export function latestVersion(versions: Iterable<number>): number | undefined {
  let highest: number | undefined;
  for (const version of versions) if (highest === undefined || version > highest) highest = version;
  return highest;
}

function held({ content, deleted }: CollectedRow): SchemaVersion {
  if (content instanceof SrgitError) throw content;
  return content.withDeleted(deleted);
}
