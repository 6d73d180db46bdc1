/** Collects the rows a snapshot needs, from the bulk listing or subject by subject. */
import { readBulk } from './snapshot-bulk.ts';
import { settleListings } from './snapshot-consistency.ts';
import type { SubjectListing } from './snapshot-listing.ts';
import { latestVersion, type Selection, selectRows, wantedSubjects, wantsSubject } from './snapshot-selection.ts';
import { readSubjects, type SubjectReadOptions } from './snapshot-subjects.ts';
import type { SnapshotReading } from './snapshot-types.ts';

/** Rows between two reports of progress. */
const PROGRESS_STEP = 1000;

/** Fills `reading.rows` and answers how often the listings were compared with it. */
export async function readRows(reading: SnapshotReading, listing: SubjectListing): Promise<number> {
  const { options } = reading;
  const isLive = (subject: string): boolean => listing.live.has(subject);
  if (reading.capabilities.bulk === 'complete') {
    const { surelyComplete } = await readBulk(reading, (done) => {
      if (done % PROGRESS_STEP === 0) options.onProgress?.({ phase: 'versions', done });
    });
    if (!surelyComplete) await readSubjects(reading, [...reading.rows.keys()], { isLive, have: new Map(reading.rows) });
    const everything = options.includeReferences !== false;
    return settleListings(reading, {
      concerns: (subject) => everything || wantsSubject(reading, subject),
      // Without soft-deleted subjects the listing names fewer than the rows are of.
      ...(options.includeDeleted === false ? {} : { before: listing.all }),
    });
  }
  let done = 0;
  const subjects = wantedSubjects(reading, listing);
  const onSubject = (): void => options.onProgress?.({ phase: 'versions', done: ++done, total: subjects.length });
  const only = versionsToFetch(reading);
  await readSubjects(reading, subjects, { isLive, only, onSubject });
  return settleListings(reading, { concerns: (subject) => wantsSubject(reading, subject), only });
}

/** The versions that the options select anyway, so that no other is fetched only to be left out. */
function versionsToFetch(reading: SnapshotReading): SubjectReadOptions['only'] {
  const { includeDeleted, versions } = reading.options;
  return ({ all, live }) => {
    const candidates = includeDeleted === false ? live : all;
    if (versions !== 'latest') return candidates;
    const latest = latestVersion(live.size > 0 ? live : candidates);
    return latest === undefined ? [] : [latest];
  };
}

/** Selects, and reads what references need and is not there yet, until nothing is missing or cannot be had. */
export async function completeReferences(reading: SnapshotReading): Promise<Selection> {
  const tried = new Set<string>();
  for (;;) {
    const selection = selectRows(reading);
    const needed = new Map<string, Set<number>>();
    for (const { subject, version } of selection.missing) {
      const key = `${version} ${subject}`;
      if (tried.has(key)) continue;
      tried.add(key);
      const versions = needed.get(subject);
      if (versions === undefined) needed.set(subject, new Set([version]));
      else versions.add(version);
    }
    if (needed.size === 0) {
      for (const { subject, version, by } of selection.missing) {
        reading.warnings.add(`${by} references ${subject} version ${version}, which the registry does not have`);
      }
      return selection;
    }
    const have = new Map(reading.rows);
    await readSubjects(reading, [...needed.keys()], {
      isLive: () => true,
      have,
      only: ({ all }, subject) => {
        const held = have.get(subject);
        return [...all].filter((version) => held?.has(version) === true || needed.get(subject)?.has(version) === true);
      },
    });
  }
}
