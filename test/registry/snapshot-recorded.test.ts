/** Snapshots of states recorded on Confluent 8.3.1 have exactly the recorded rows. */
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { isJsonObject, type JsonValue } from '../../src/model/json.ts';
import type { RegistrySnapshot } from '../../src/model/registry-snapshot.ts';
import { formatSubjectName } from '../../src/model/subject-name.ts';
import { probeCapabilities } from '../../src/registry/capabilities.ts';
import { readSnapshot } from '../../src/registry/snapshot.ts';
import type { SnapshotOptions } from '../../src/registry/snapshot-types.ts';
import { readLines, realSchemasFolder } from '../support/data.ts';
import { plainSnapshot } from '../support/plain-snapshot.ts';
import { during, failureOf, makeClient } from '../support/registry-client.ts';
import { type PlayedRow, playState, type RecordedTopic, readRecordedTopics } from '../support/scenario-player.ts';

/** States whose topic was written by hand so that they cannot be held: the code, and what the message has to name. */
const UNREADABLE: Readonly<Record<string, readonly [string, string]>> = {
  'damaged-value-no-version': ['SRGIT_REGISTRY_BAD_ANSWER', 'subject "c"'],
  'damaged-invalid-schema-text': ['SRGIT_SNAPSHOT_UNREPRESENTABLE', 'subject "badt" version 1'],
};

async function snapshotOf(topic: RecordedTopic, maxPage = 1000, options: SnapshotOptions = {}) {
  const server = await during(playState(topic, { maxPage }));
  const client = makeClient({ urls: [server.url] });
  const capabilities = await probeCapabilities(client);
  const probes = server.requests.length;
  const { snapshot, stats } = await readSnapshot(client, capabilities, options);
  return { capabilities, probes, snapshot: plainSnapshot(snapshot), stats };
}

/** The snapshot as the rows of GET /schemas, in its order. */
function rowsOf(snapshot: RegistrySnapshot): readonly JsonValue[] {
  return snapshot.contexts.flatMap((context) =>
    context.subjects.flatMap((subject) =>
      subject.versions.map(({ registeredAt, references, ...row }) => ({
        subject: formatSubjectName({ context: context.name, subject: subject.name }),
        ...JSON.parse(JSON.stringify(row)),
        ...(references.length === 0 ? {} : { references }),
        ts: registeredAt,
      })),
    ),
  );
}

function byRow(a: JsonValue, b: JsonValue): number {
  const key = (row: JsonValue): string => (isJsonObject(row) ? `${row['subject']} ${row['version']}` : '');
  return key(a) < key(b) ? -1 : 1;
}

describe('snapshots of recorded Confluent 8.3.1 states', () => {
  const topics = readRecordedTopics();

  it('are of many states', () => expect(topics.length).toBeGreaterThan(50));

  it.each(topics.map((topic) => [topic.name, topic] as const))('%s', async (name, topic) => {
    const unreadable = UNREADABLE[name];
    if (unreadable !== undefined) {
      const error = await failureOf(snapshotOf(topic));
      expect(error.code).toBe(unreadable[0]);
      expect(error.message).toContain(unreadable[1]);
      return;
    }
    const { snapshot, stats, capabilities, probes } = await snapshotOf(topic);
    expect(capabilities).toMatchObject({ kind: 'confluent', version: '8.3.1', bulk: 'complete', contexts: true });
    expect(capabilities).toMatchObject({ modes: 'per-subject', subjectConfig: 'explicit', guids: true });
    expect(probes).toBeLessThanOrEqual(6);
    expect([...rowsOf(snapshot)].sort(byRow)).toEqual([...topic.schemas].sort(byRow));
    expect(snapshot.contexts.map((context) => context.name)).toEqual(expect.arrayContaining([...topic.contexts]));
    expect(snapshot.gaps).toEqual([]);
    expect(stats).toMatchObject({ source: 'bulk', fetched: 0, passes: 1, warnings: [] });
    const { length } = topic.subjectsWithDeleted;
    expect(stats.requests).toBeLessThanOrEqual(
      topic.schemas.length / 1000 + 2 * length + 10 + 2 * snapshot.contexts.length,
    );

    for (const { name: context, subjects } of snapshot.contexts) {
      for (const subject of subjects) {
        const level = formatSubjectName({ context, subject: subject.name });
        const config = topic.config[level];
        const { compatibility, fields } = subject.config ?? {};
        const told = compatibility === undefined ? undefined : { ...fields, compatibilityLevel: compatibility };
        if (subject.name !== '') expect(told).toEqual(typeof config?.['status'] === 'number' ? undefined : config);
        const mode = topic.modes[level];
        if (subject.name !== '') expect(subject.mode).toBe(mode?.['mode']);
      }
    }
  });

  it.each([1, 2, 3])('are the same when a page has at most %d rows', async (maxPage) => {
    for (const topic of topics.filter((one) => UNREADABLE[one.name] === undefined && one.schemas.length > 5)) {
      const { snapshot } = await snapshotOf(topic, maxPage);
      expect([...rowsOf(snapshot)].sort(byRow)).toEqual([...topic.schemas].sort(byRow));
    }
  });
});

function topic(name: string): RecordedTopic {
  const found = readRecordedTopics().find((one) => one.name === name);
  if (found === undefined) throw new Error(`no recorded state ${name}`);
  return found;
}

const realSchemas = realSchemasFolder();
if (realSchemas === undefined)
  console.warn('snapshot-recorded: the real schemas are not there (SRGIT_REAL_SCHEMAS), one test is skipped');

it.skipIf(realSchemas === undefined)('a recorded registry of real schemas is read row for row', async () => {
  const schemas = readLines<PlayedRow>(join(realSchemas ?? '', 'observed-state.ndjson'));
  const { snapshot, stats } = await snapshotOf({ ...topic('config-levels'), schemas });
  expect(schemas.length).toBeGreaterThan(500);
  expect([...rowsOf(snapshot)].sort(byRow)).toEqual([...schemas].sort(byRow));
  // Every guid that Confluent gave is the one computed.
  expect(stats.warnings).toEqual([]);
});

describe('a subject that cannot be held', () => {
  it('is no hindrance when it is left out', async () => {
    const subjects = (_context: string, subject: string): boolean => subject !== 'badt';
    const { snapshot } = await snapshotOf(topic('damaged-invalid-schema-text'), 1000, { subjects });
    const rows = topic('damaged-invalid-schema-text').schemas.filter((row) => row.subject !== 'badt');
    // One of them has the empty text, which Confluent leaves out of the row.
    const empty = rows.find((row) => row.subject === 'empty');
    const expected = rows.map((row) => (row === empty ? { ...row, schema: '' } : row));
    expect([...rowsOf(snapshot)].sort(byRow)).toEqual([...expected].sort(byRow));
  });
});

describe('the settings above subjects', () => {
  it('are those of the default context, of each other context and of :.__GLOBAL:', async () => {
    const { snapshot } = await snapshotOf(topic('damaged-context-records'));
    expect(snapshot.global).toEqual({ mode: 'IMPORT' });
    const [first] = snapshot.contexts;
    // READWRITE is shown, but subjects inherit IMPORT: the default context sets no mode.
    expect(first).toMatchObject({ name: '.', config: { compatibility: 'BACKWARD', fields: {} } });
    expect(first).not.toHaveProperty('mode');
  });

  it('leave :.__GLOBAL: unset when it shows what is built in', async () => {
    const { snapshot } = await snapshotOf(topic('context-config-mode-inherit'));
    expect(snapshot.global).toEqual({});
    expect(snapshot.contexts.map(({ name, config, mode }) => ({ name, config, mode }))).toEqual([
      { name: '.', config: { compatibility: 'BACKWARD', fields: {} }, mode: 'READWRITE' },
      { name: '.x', config: undefined, mode: undefined },
    ]);
  });

  it('keep every field but the level under its own name', async () => {
    const { snapshot } = await snapshotOf(topic('config-default-override-metadata'));
    expect(snapshot.contexts[0]?.config).toEqual({
      compatibility: 'BACKWARD',
      fields: { defaultMetadata: { properties: { g: 'global' } } },
    });
  });
});
