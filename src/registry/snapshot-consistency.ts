/** Holds what was read against the registry's own listings and reads again what moved meanwhile. */
import { SrgitError } from '../errors.ts';
import { listSubjects, type SubjectListing } from './snapshot-listing.ts';
import { readSubjects, type SubjectReadOptions } from './snapshot-subjects.ts';
import type { SnapshotReading } from './snapshot-types.ts';

/** Times the listings are compared, the last time only to see whether they agree. */
const MAX_PASSES = 3;
const SHOWN_EXAMPLES = 5;

export interface SettleOptions {
  /** Whether a qualified subject matters to this snapshot. */
  readonly concerns: (subject: string) => boolean;
  readonly only?: SubjectReadOptions['only'];
  /**
   * Subjects listed before the rows were read. Where the rows agree with it nothing was cut off, and no other listing
   * is asked for.
   */
  readonly before?: ReadonlySet<string>;
}

/** Answers the number of comparisons made. Throws SRGIT_SNAPSHOT_INCONSISTENT when the last one still finds a difference. */
export async function settleListings(reading: SnapshotReading, options: SettleOptions): Promise<number> {
  if (options.before !== undefined && agrees(reading, options.before, options.concerns)) return 1;
  for (let pass = 1; ; pass++) {
    const listing = await listSubjects(reading);
    const differing = findDifferences(reading, listing, options.concerns);
    if (differing.length === 0) return pass;
    if (pass === MAX_PASSES) throw inconsistent(differing);
    await readSubjects(
      reading,
      differing.map(({ subject }) => subject),
      { isLive: (subject) => listing.live.has(subject), only: options.only },
    );
  }
}

/** Whether the rows are of just these subjects. */
function agrees(
  reading: SnapshotReading,
  listed: ReadonlySet<string>,
  concerns: (subject: string) => boolean,
): boolean {
  const matters = (subject: string): boolean => concerns(subject) && !reading.unreadable.has(subject);
  for (const subject of listed) if (!reading.rows.has(subject) && matters(subject)) return false;
  for (const subject of reading.rows.keys()) if (!listed.has(subject) && matters(subject)) return false;
  return true;
}

interface Difference {
  readonly subject: string;
  readonly why: string;
}

function findDifferences(
  reading: SnapshotReading,
  listing: SubjectListing,
  concerns: (subject: string) => boolean,
): readonly Difference[] {
  const differing: Difference[] = [];
  const listed =
    reading.options.includeDeleted === false && reading.capabilities.bulk === 'none' ? listing.live : listing.all;
  const add = (subject: string, why: string): void => {
    if (concerns(subject) && !reading.unreadable.has(subject)) differing.push({ subject, why });
  };
  for (const subject of listed) {
    const versions = reading.rows.get(subject);
    if (versions === undefined) {
      add(subject, 'is listed but has no versions');
      continue;
    }
    const live = [...versions.values()].some((row) => !row.deleted);
    if (live !== listing.live.has(subject)) {
      add(subject, live ? 'has live versions but is listed as deleted' : 'is listed as live but has no live version');
    }
  }
  for (const subject of reading.rows.keys()) {
    if (!listed.has(subject)) add(subject, 'has versions but is not listed');
  }
  return differing;
}

function inconsistent(differing: readonly Difference[]): SrgitError {
  const examples = differing.slice(0, SHOWN_EXAMPLES).map(({ subject, why }) => `${subject} ${why}`);
  const more = differing.length > SHOWN_EXAMPLES ? `; and ${differing.length - SHOWN_EXAMPLES} more` : '';
  return new SrgitError(
    'SRGIT_SNAPSHOT_INCONSISTENT',
    `the registry's listings and its versions do not agree after ${MAX_PASSES} readings: ${examples.join('; ')}${more}`,
    {
      hint: 'run it again when fewer subjects are being written; if it stays, the registry or a proxy in front cuts its answers short',
      retriable: true,
      details: { differing: differing.length },
    },
  );
}
