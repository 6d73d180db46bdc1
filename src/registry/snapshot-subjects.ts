/** Subjects read one by one: the whole registry where there is no bulk listing, otherwise what moved meanwhile. */
import { CollectedVersion } from './collected-version.ts';
import { mapConcurrent } from './map-concurrent.ts';
import { versionPath } from './paths.ts';
import { addGap, listVersions } from './snapshot-listing.ts';
import { readRow } from './snapshot-row.ts';
import {
  CALLS_AT_ONCE,
  type CollectedRow,
  type CollectedRows,
  putRow,
  type SnapshotReading,
  splitSubject,
} from './snapshot-types.ts';

export interface SubjectReadOptions {
  /** Whether any version is live, as the listing of live subjects says: saves asking for live versions in vain. */
  readonly isLive: (subject: string) => boolean;
  /** Rows that were read a moment ago and need not be fetched again. */
  readonly have?: CollectedRows;
  /** Of these versions only; default all that are listed. */
  readonly only?: ((versions: VersionListing, subject: string) => Iterable<number>) | undefined;
  readonly onSubject?: (() => void) | undefined;
}

/** Reads each subject and replaces what `reading.rows` holds of it; one that is gone is removed there. */
export async function readSubjects(
  reading: SnapshotReading,
  subjects: readonly string[],
  options: SubjectReadOptions,
): Promise<void> {
  const jobs: ListedVersion[] = [];
  await mapConcurrent(
    // Under the empty name there is no path to ask: `/subjects//versions` is another resource.
    subjects.filter((subject) => subject !== ''),
    CALLS_AT_ONCE,
    async (subject, signal) => {
      const versions = await listAllVersions(reading, subject, options.isLive(subject), signal);
      options.onSubject?.();
      reading.rows.delete(subject);
      if (versions === undefined) return;
      for (const version of options.only?.(versions, subject) ?? versions.all) {
        const deleted = !versions.live.has(version);
        const row = options.have?.get(subject)?.get(version);
        if (row === undefined) jobs.push({ subject, version, deleted });
        else putRow(reading.rows, subject, version, { content: row.content, deleted });
      }
    },
    reading.signal,
  );
  await mapConcurrent(
    jobs,
    CALLS_AT_ONCE,
    async ({ subject, version, deleted }, signal) => {
      const content = await readVersion(reading, subject, version, signal);
      if (content !== undefined) putRow(reading.rows, subject, version, { content, deleted });
      else if (!(await isUnreadable(reading, { subject, version, deleted }, signal))) {
        reading.warnings.add(`${subject} version ${version} was deleted while the registry was read`);
      }
    },
    reading.signal,
  );
}

interface ListedVersion {
  readonly subject: string;
  readonly version: number;
  readonly deleted: boolean;
}

/** Of one subject. */
export interface VersionListing {
  /** Soft-deleted ones included. */
  readonly all: ReadonlySet<number>;
  readonly live: ReadonlySet<number>;
}

async function listAllVersions(
  reading: SnapshotReading,
  subject: string,
  isLive: boolean,
  signal: AbortSignal,
): Promise<VersionListing | undefined> {
  const nothing: ReadonlySet<number> = new Set();
  const [all, live] = await Promise.all([
    reading.capabilities.deleted ? listVersions(reading, subject, true, signal) : undefined,
    isLive ? listVersions(reading, subject, false, signal) : undefined,
  ]);
  if (all === undefined) return live === undefined ? undefined : { all: live, live };
  return { all: live === undefined ? all : all.union(live), live: live ?? nothing };
}

/**
 * Apicurio lists the versions of a soft-deleted subject and answers 404 for each (observed, 2.6.13 and 3.3.3). That is
 * no change meanwhile but something that cannot be had.
 */
async function isUnreadable(
  reading: SnapshotReading,
  { subject, version, deleted }: ListedVersion,
  signal: AbortSignal,
): Promise<boolean> {
  if (reading.unreadable.has(subject)) return true;
  if (!deleted) return false;
  const listed = await listVersions(reading, subject, true, signal);
  if (listed?.has(version) !== true) return false;
  reading.unreadable.add(subject);
  addGap(reading, 'deleted', subject, 'the registry lists its soft-deleted versions but does not show them');
  return true;
}

/** One version's content from the caller or the registry; undefined when it is gone or cannot be had. */
async function readVersion(
  reading: SnapshotReading,
  subject: string,
  version: number,
  signal: AbortSignal,
): Promise<CollectedRow['content'] | undefined> {
  const { known, full } = reading.options;
  if (known !== undefined && full !== true) {
    const name = splitSubject(reading, subject);
    const row = await known(name.context, name.subject, version);
    if (row !== undefined) {
      reading.reused++;
      return CollectedVersion.hold(row, reading.texts);
    }
  }
  const path = versionPath(subject, version);
  const answer = await reading.client.get(path, {
    ...(reading.capabilities.deleted ? { query: { deleted: true } } : {}),
    signal,
    allow: [404],
  });
  reading.fetched++;
  if (!answer.ok) return undefined;
  const row = readRow(answer.body, `GET ${path}`, reading.texts);
  if (row.subject !== subject || row.version !== version) {
    reading.unreadable.add(subject);
    // An alias, or the search through other contexts that Confluent makes for unqualified names.
    addGap(
      reading,
      'versions',
      subject,
      `asked for version ${version} the registry answered with ${row.subject} version ${row.version}`,
    );
    return undefined;
  }
  if (row.guidDiffers) reading.guidDiffers.push(`${subject} version ${version}`);
  return row.content;
}
