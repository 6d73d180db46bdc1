/** The whole registry from `GET /schemas`, page by page. */
import { SrgitError } from '../errors.ts';
import type { JsonValue } from '../model/json.ts';
import { PageWalk } from './page-walk.ts';
import { type RegistryRow, readRow } from './snapshot-row.ts';
import { type CollectedRows, putRow, type SnapshotReading } from './snapshot-types.ts';

/** Default and maximum of Confluent's `schema.search.*.limit`: a larger limit silently becomes the default. */
const PAGE = 1000;
/** Passes over all pages until one sees no movement. */
const MAX_PASSES = 3;
/** A server that pages no further and whose answer has such a length may have cut it. */
const SUSPICIOUS_MULTIPLE = 100;

export interface BulkReading {
  /** False when the server may have cut its one page: every subject has to be held against its version listing. */
  readonly surelyComplete: boolean;
}

/** Fills `reading.rows`; `onRows` is told the number of rows of this pass so far. */
export async function readBulk(reading: SnapshotReading, onRows: (done: number) => void): Promise<BulkReading> {
  for (let pass = 1; ; pass++) {
    reading.rows.clear();
    reading.guidDiffers.length = 0;
    const { surelyComplete, moved } = await readPass(reading, onRows);
    // A pass that saw movement has every row that was there throughout; another one also has what came meanwhile.
    if (!moved || pass === MAX_PASSES) return { surelyComplete };
  }
}

interface Pass extends BulkReading {
  /** Whether rows were added or removed while the pages were read. */
  readonly moved: boolean;
}

async function readPass(reading: SnapshotReading, onRows: (done: number) => void): Promise<Pass> {
  let flagless = false;
  let done = 0;
  const pass = await readPages(reading, true, (row) => {
    flagless ||= row.deleted === undefined;
    if (row.guidDiffers) reading.guidDiffers.push(`${row.subject} version ${row.version}`);
    putRow(reading.rows, row.subject, row.version, { content: row.content, deleted: row.deleted ?? false });
    onRows(++done);
  });
  // Older servers do not say which rows are soft-deleted: those that the plain listing lacks are.
  if (flagless && reading.capabilities.deleted) await markDeleted(reading);
  return pass;
}

async function markDeleted(reading: SnapshotReading): Promise<void> {
  const live: CollectedRows = new Map();
  await readPages(reading, false, (row) => {
    putRow(live, row.subject, row.version, { content: row.content, deleted: false });
  });
  for (const [subject, versions] of reading.rows) {
    for (const [version, row] of versions) {
      const deleted = !(live.get(subject)?.has(version) ?? false);
      if (deleted) versions.set(version, { content: row.content, deleted });
    }
  }
}

async function readPages(reading: SnapshotReading, deleted: boolean, onRow: (row: RegistryRow) => void): Promise<Pass> {
  const walk = new PageWalk();
  for (;;) {
    const rows = await readPage(reading, deleted, walk.offset);
    const { fresh, over } = walk.take(rows.map((row) => `${row.version} ${row.subject}`));
    for (const index of fresh) {
      const row = rows[index];
      if (row !== undefined) onRow(row);
    }
    if (over === 'end') return { moved: walk.moved, surelyComplete: true };
    if (over === 'repeats' || !reading.capabilities.bulkPaged) {
      return { moved: walk.moved, surelyComplete: walk.size % SUSPICIOUS_MULTIPLE !== 0 };
    }
  }
}

async function readPage(reading: SnapshotReading, deleted: boolean, offset: number): Promise<readonly RegistryRow[]> {
  const call = 'GET /schemas';
  const answer = await reading.client.get('/schemas', {
    query: {
      subjectPrefix: ':*:',
      ...(deleted ? { deleted: true } : {}),
      ...(reading.capabilities.bulkPaged ? { offset, limit: PAGE } : {}),
    },
    signal: reading.signal,
  });
  reading.pages++;
  if (!Array.isArray(answer.body)) {
    throw new SrgitError('SRGIT_REGISTRY_BAD_ANSWER', `${call} gave an answer that is no list`, {
      hint: 'check that the URL is that of a schema registry and that nothing in between changes its answers',
    });
  }
  const rows: readonly JsonValue[] = answer.body;
  return rows.map((row) => readRow(row, call, reading.texts));
}
