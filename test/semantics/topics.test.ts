/** Recorded topics, byte by byte into a state, against what the registry that read them answered; and written anew. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { findById } from '../../src/semantics/by-id.ts';
import { configToJson, readConfig } from '../../src/semantics/config.ts';
import { listContexts } from '../../src/semantics/contexts.ts';
import { isRefusal, type Refusal } from '../../src/semantics/decision.ts';
import { listRows, listSubjects } from '../../src/semantics/listing.ts';
import { readMode } from '../../src/semantics/mode.ts';
import type { RegistryState, Row } from '../../src/semantics/state.ts';
import type { TopicFindingCode } from '../../src/semantics/topic/findings.ts';
import { type ReducedTopic, reduceTopic } from '../../src/semantics/topic/reduce-topic.ts';
import type { TopicRecord } from '../../src/semantics/topic/topic-record.ts';
import { PIN_SUBJECT, type TopicWrite, writeTopic } from '../../src/semantics/topic/write-topic.ts';
import { realSchemasFolder } from '../support/data.ts';
import { type RecordedTopic, readAllTopics, recordBytes } from './recorded-topics.ts';

const topics = readAllTopics();
const named = topics.map((topic) => [topic.name, topic] as const);

/** What a person is told of each damaged topic. */
const FINDINGS: Readonly<Record<string, readonly TopicFindingCode[]>> = {
  'damaged-bom-value': [],
  'damaged-context-records': ['TENANT_OTHER'],
  'damaged-delete-subject-before-schema': [],
  'damaged-delete-subject-compacted': [],
  'damaged-duplicate-id': ['DUPLICATE_ID', 'DUPLICATE_ID'],
  'damaged-empty-value': ['VALUE_EMPTY', 'VALUE_EMPTY'],
  'damaged-id-string': ['DUPLICATE_ID', 'VALUE_INCOMPLETE'],
  'damaged-invalid-schema-text': ['TYPE_UNKNOWN'],
  'damaged-invalid-utf8-value': ['VALUE_MALFORMED'],
  'damaged-key-missing-fields': ['KEY_INCOMPLETE', 'KEY_INCOMPLETE'],
  'damaged-key-value-mismatch': ['KEY_VALUE_MISMATCH', 'KEY_VALUE_MISMATCH'],
  'damaged-malformed-key': Array.from({ length: 6 }, () => 'KEY_MALFORMED' as const),
  'damaged-malformed-value': Array.from({ length: 6 }, () => 'VALUE_MALFORMED' as const),
  'damaged-no-keytype': ['KEYTYPE_UNKNOWN'],
  'damaged-overwrite-version': ['ROW_REPLACED', 'DUPLICATE_ID'],
  'damaged-same-text-two-ids': [],
  'damaged-tombstones': [],
  'damaged-unknown-fields': [],
  'damaged-unknown-keytype': ['KEYTYPE_UNKNOWN'],
  'damaged-value-empty-object': ['VALUE_INCOMPLETE'],
  'damaged-value-no-id': ['VALUE_INCOMPLETE'],
  'damaged-value-no-subject': ['VALUE_NO_SUBJECT'],
  'damaged-value-no-version': ['VALUE_NO_VERSION'],
  // Imports over rows that were there: the registry took them.
  'random-walk-10': ['ROW_REPLACED', 'ROW_REPLACED'],
};

describe('recorded topics', () => {
  it('are all there', () => {
    expect(topics.length).toBe(64);
  });

  it.each(named.filter(([, { state }]) => state !== undefined))('%s', (_name, topic) => {
    expectState(load(topic).state, topic);
  });

  it.each(named)('%s: what a registry would do with it', (name, topic) => {
    const { findings } = load(topic);
    const stops = findings.filter(({ effect }) => effect === 'stops').map(({ code }) => code);
    expect(stops.length === 0, stops.join()).toBe(topic.starts ?? true);
    const codes = findings
      .filter(({ effect }) => topic.kind === 'damaged' || effect !== 'risk')
      .map(({ code }) => code);
    expect(codes).toEqual(FINDINGS[name] ?? []);
  });

  it.each(named)('%s: written anew', (_name, topic) => {
    const { state } = load(topic);
    const again = reduceTopic(asRecords(writeTopic(state)));
    const lasting = again.findings.filter(
      ({ code }) => !['TYPE_UNKNOWN', 'METADATA_ENCODED', 'KEYTYPE_NEWER'].includes(code),
    );
    expect(lasting).toEqual([]);
    expect(plain(again.state)).toEqual(plain(state));
  });
});

const folder = realSchemasFolder();

describe('a real topic', () => {
  it.skipIf(folder === undefined)('is the state that was observed', () => {
    if (folder === undefined) return;
    const records = readLines(join(folder, 'schemas-topic.ndjson')).map(
      (line): TopicRecord => recordBytes(JSON.parse(line)),
    );
    const { state, findings } = reduceTopic(records);
    const rows = listRows(state, { prefix: ':*:', includeDeleted: true, latestOnly: false }).map(rowJson);
    const observed = readLines(join(folder, 'observed-state.ndjson')).map((line) => JSON.parse(line));
    const bare = (row: Record<string, unknown>) => ({ ...row, ts: undefined });
    expect(new Map(rows.map((row) => [`${row['subject']} ${row['version']}`, bare(row)]))).toEqual(
      new Map(observed.map((row) => [`${row.subject} ${row.version}`, bare(row)])),
    );
    expect(findings).toEqual([]);
    const again = reduceTopic(asRecords(writeTopic(state)));
    expect(again.findings).toEqual([]);
    expect(plain(again.state)).toEqual(plain(state));
  });
});

describe('ids that were given out', () => {
  it('are held by a row that is deleted, where no other has them', () => {
    const row = { subject: 'a', version: 1, id: 7, schema: '"int"', deleted: false };
    const key = { keytype: 'SCHEMA', subject: 'a', version: 1, magic: 1 };
    const { state, findings } = reduceTopic([record(0n, key, row), record(1n, key, null)]);
    expect(findings).toMatchObject([{ code: 'ID_REUSE', effect: 'risk', id: 7 }]);
    const again = reduceTopic(asRecords(writeTopic(state, { pinIds: true, maxIds: { '.x': 3 } })));
    expect(again.findings).toEqual([]);
    expect(listRows(again.state, { prefix: ':*:', includeDeleted: true, latestOnly: false })).toMatchObject([
      { subject: `:.x:${PIN_SUBJECT}`, id: 3, deleted: true },
      { subject: PIN_SUBJECT, id: 7, deleted: true },
    ]);
  });
});

describe('a topic of another registry', () => {
  it('of Karapace: an empty value is a deletion', () => {
    const key = { subject: 'a', version: 1, magic: 1, keytype: 'SCHEMA' };
    const row = { subject: 'a', version: 1, id: 1, schema: '"int"', deleted: false };
    const empty = { ...record(1n, key, null), value: Buffer.alloc(0) };
    const { state, findings } = reduceTopic([record(0n, key, row), empty]);
    expect([...state.subjects.keys()]).toEqual([]);
    expect(findings.map(({ code }) => code)).toEqual(['VALUE_EMPTY', 'ID_REUSE']);
  });

  it('of Redpanda: each write has key bytes of its own', () => {
    const key = { keytype: 'SCHEMA', subject: 'a', version: 1, magic: 1 };
    const row = { subject: 'a', version: 1, id: 1, schema: '"int"', deleted: false };
    const records = [
      record(0n, { ...key, seq: 0, node: 1 }, row),
      record(1n, { ...key, seq: 1, node: 1 }, { ...row, deleted: true }),
    ];
    const { state, findings, keys, twins } = reduceTopic(records);
    expect(state.subjects.get('a')?.rows).toMatchObject([{ deleted: true }]);
    expect(findings.map(({ code }) => code)).toEqual(['TWIN_KEYS']);
    const [name] = [...twins.keys()];
    expect(keys.get(name ?? '')).toEqual(records[1]?.key);
    expect(twins.get(name ?? '')).toEqual([records[0]?.key]);
  });
});

function load(topic: RecordedTopic): ReducedTopic {
  return reduceTopic(topic.records.map(recordBytes));
}

function record(offset: bigint, key: object, value: object | null): TopicRecord {
  const json = (content: object): Buffer => Buffer.from(JSON.stringify(content));
  return { offset, timestamp: 0, key: json(key), value: value === null ? null : json(value) };
}

function* asRecords(writes: Iterable<TopicWrite>): Generator<TopicRecord> {
  let offset = 0n;
  for (const { key, value, timestamp } of writes) yield { offset: offset++, timestamp: timestamp ?? 0, key, value };
}

function readLines(file: string): readonly string[] {
  return readFileSync(file, 'utf8').trimEnd().split('\n');
}

function expectState(state: RegistryState, { state: expected }: RecordedTopic): void {
  expect(listContexts(state)).toEqual(expected.contexts);
  expect(listSubjects(state, ':*:', 'live')).toEqual(expected.subjects);
  expect(listSubjects(state, ':*:', 'all')).toEqual(expected.subjectsWithDeleted);
  const rows = listRows(state, { prefix: ':*:', includeDeleted: true, latestOnly: false }).map(rowJson);
  // Where a value names no version the registry answers none; here it is the key's.
  const hasVersions = expected.schemas.map(({ version }) => version !== undefined);
  expect(rows.map((row, at) => (hasVersions[at] === false ? { ...row, version: undefined } : row))).toEqual(
    // An empty text is left out of the answer.
    expected.schemas.map((row) => ({ schema: '', ...row })),
  );
  for (const [name, settings] of Object.entries(expected.config)) {
    const config = readConfig(state, name, false);
    expect(isRefusal(config) ? refusalJson(config) : configToJson(config, 'compatibilityLevel')).toEqual(settings);
  }
  for (const [name, settings] of Object.entries(expected.modes)) {
    const mode = readMode(state, name, false);
    expect(isRefusal(mode) ? refusalJson(mode) : { mode }).toEqual(settings);
  }
  for (const [context, ids] of Object.entries(expected.ids)) {
    for (const [id, shown] of Object.entries(ids)) {
      const row = findById(state, Number(id), `:${context}:`);
      const { subject, version, guid, schemaType, deleted, status } = shown;
      if (status === 404) expect(row).toBeUndefined();
      else
        expect(row).toMatchObject({
          subject,
          guid,
          schemaType,
          deleted,
          ...(version === undefined ? {} : { version }),
        });
    }
  }
}

/** All of a state that an answer can show. */
function plain(state: RegistryState): unknown {
  return {
    rows: state.sortedSubjects.flatMap((name) => state.subjects.get(name)?.rows ?? []),
    contexts: [...state.contexts].sort(),
    configs: [...state.configs].sort(),
    modes: [...state.modes].sort(),
  };
}

function rowJson(row: Row): Record<string, unknown> {
  const { references, registeredAt, ...rest } = row;
  return { ...rest, ...(references.length === 0 ? {} : { references }), ts: registeredAt };
}

function refusalJson({ status, errorCode, refusal }: Refusal): unknown {
  return { status, body: { error_code: errorCode, message: refusal } };
}
