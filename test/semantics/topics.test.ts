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
import { findRow, type RegistryState, type Row } from '../../src/semantics/state.ts';
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

describe('a part of a wrong type', () => {
  const row = { subject: 'a', version: 1, id: 1, schema: '"int"', deleted: false };
  const rowKey = { keytype: 'SCHEMA', subject: 'a', version: 1, magic: 1 };
  const settings = (keytype: string, more: object = {}) => ({ keytype, subject: 'a', magic: 0, ...more });

  it.each([
    { schema: {} },
    { schema: ['"int"'] },
    { id: 2 ** 31 },
    { id: true },
    { version: 'x' },
    { version: 3_000_000_000 },
    { version: {} },
    { deleted: 'x' },
    { deleted: 1.5 },
    { subject: [] },
    { references: 'x' },
    { references: {} },
    { references: [{ name: 'r', subject: 's', version: 'x' }] },
    { metadata: 'x' },
    { metadata: { properties: [] } },
    { metadata: { properties: { p: {} } } },
    { metadata: { tags: { t: 'x' } } },
    { metadata: { sensitive: [null] } },
    { ruleSet: { domainRules: [{ kind: 'SOMETHING' }] } },
    { ts: 'x' },
  ])('of a schema: %j', (part) => {
    const { state, findings } = reduceTopic([record(0n, rowKey, { ...row, ...part })]);
    expect(state.subjects.size).toBe(0);
    expect(findings).toMatchObject([{ code: 'VALUE_MALFORMED', effect: 'lost', subject: 'a', version: 1 }]);
    expect(findings[0]?.detail).toMatch(/^\w+ is /);
  });

  it.each([
    ['CONFIG', { compatibilityLevel: 'FOO' }],
    ['CONFIG', { compatibilityLevel: 'none' }],
    ['CONFIG', { compatibilityLevel: '' }],
    ['CONFIG', { compatibilityLevel: 7 }],
    ['CONFIG', { normalize: 'x' }],
    ['CONFIG', { overrideMetadata: { tags: [] } }],
    ['MODE', { mode: 'FOO' }],
    ['MODE', { mode: 'readonly' }],
    ['MODE', { mode: '' }],
    ['MODE', { mode: 1.5 }],
  ])('of %s: %j', (keytype, value) => {
    const { state, findings } = reduceTopic([record(0n, settings(keytype), value)]);
    expect([state.configs.size, state.modes.size]).toEqual([0, 0]);
    expect(findings.map(({ code }) => code)).toEqual(['VALUE_MALFORMED']);
  });

  it.each([
    { ...rowKey, version: 'x' },
    { ...rowKey, version: true },
    { ...rowKey, version: {} },
    { ...rowKey, version: 2 ** 31 },
    { ...rowKey, magic: 'x' },
    settings('CONFIG', { subject: {} }),
    settings('MODE', { subject: [] }),
    settings('MODE', { magic: {} }),
  ])('of a key: %j', (key) => {
    const { state, findings } = reduceTopic([record(0n, key, { ...row, mode: 'IMPORT' })]);
    expect([state.subjects.size, state.configs.size, state.modes.size]).toEqual([0, 0, 0]);
    expect(findings).toMatchObject([{ code: 'KEY_MALFORMED', effect: 'lost' }]);
  });

  it('is none where a registry makes the right one of it', () => {
    const odd = { ...row, version: ' 1 ', id: 1.5, schema: 5, deleted: 'TRUE', metadata: { properties: { p: 1 } } };
    const { state, findings } = reduceTopic([
      record(0n, { ...rowKey, version: '1', magic: '1' }, odd),
      record(1n, settings('MODE'), { mode: '1' }),
      record(2n, settings('MODE', { subject: 'b' }), { mode: 3 }),
      record(3n, settings('CONFIG'), { compatibilityLevel: 5, normalize: 'True', validateFields: '' }),
    ]);
    expect(findings).toEqual([]);
    expect(findRow(state, 'a', 1)).toMatchObject({
      id: 1,
      schema: '5',
      deleted: true,
      metadata: { properties: { p: '1' } },
    });
    expect([...state.modes]).toEqual([
      ['a', 'READONLY'],
      ['b', 'IMPORT'],
    ]);
    expect(state.configs.get('a')).toEqual({ compatibility: 'FULL', fields: { normalize: true } });
  });
});

describe('what a record does', () => {
  const schema = (offset: bigint, subject: string, id: number, more: object = {}) => {
    const value = { subject, version: 1, id, schema: `"${subject}"`, deleted: false, ...more };
    return record(offset, { keytype: 'SCHEMA', subject, version: 1, magic: 1 }, value);
  };
  const all = (state: RegistryState) => listSubjects(state, ':*:', 'all');

  it('does not hang on the magic number of its key, but for schemas', () => {
    const { state, findings } = reduceTopic([
      schema(0n, 'a', 1),
      record(1n, { keytype: 'CONFIG', subject: 'a', magic: 1 }, { subject: 'a', compatibilityLevel: 'NONE' }),
      record(2n, { keytype: 'MODE', magic: 7 }, { mode: 'READONLY' }),
      record(3n, { keytype: 'DELETE_SUBJECT', subject: 'a', magic: 1 }, { subject: 'a', version: 1 }),
      record(4n, { keytype: 'SCHEMA', subject: 'b', version: 1, magic: 2 }, { subject: 'b', version: 1, id: 2 }),
    ]);
    expect(findings.map(({ code }) => code)).toEqual(['KEY_MAGIC']);
    expect(readMode(state, '', false)).toBe('READONLY');
    expect(state.configs.get('a')?.compatibility).toBe('NONE');
    expect(listSubjects(state, ':*:', 'deleted')).toEqual(['a']);
  });

  it('is not to give an id another text, not even that of its own row', () => {
    const { state, findings } = reduceTopic([
      schema(0n, 'a', 1),
      schema(1n, 'a', 1, { schema: '"other"' }),
      schema(2n, 'a', 1, { deleted: true }),
    ]);
    expect(findings).toMatchObject([{ code: 'DUPLICATE_ID', offset: 1n }]);
    expect(findRow(state, 'a', 1)).toMatchObject({ schema: '"a"', deleted: true });
  });

  it('is held against the first subject that has the id, though its own has it with the same text', () => {
    const text = { schema: '"int"' };
    const { state, findings } = reduceTopic([
      schema(0n, 'o', 1, text),
      schema(1n, 'p', 1, text),
      schema(2n, 'p', 2, { schema: '"long"' }),
      schema(3n, 'o', 1, { ...text, deleted: true }),
    ]);
    expect(findings).toMatchObject([{ code: 'ROW_REPLACED' }, { code: 'DUPLICATE_ID', offset: 3n }]);
    expect(findRow(state, 'o', 1)?.deleted).toBe(false);
  });

  it('in deleting a subject: what its value says', () => {
    const deletion = (offset: bigint, key: object, value: object) =>
      record(offset, { keytype: 'DELETE_SUBJECT', magic: 0, ...key }, value);
    const { state, findings } = reduceTopic([
      ...['a', 'b', 'c'].map((subject, at) => schema(BigInt(at), subject, at + 1)),
      deletion(3n, { subject: 'a' }, { subject: 'b', version: 1 }),
      deletion(4n, { subject: 'a' }, { version: 1 }),
      deletion(5n, { subject: 'a' }, { subject: 'a' }),
      deletion(6n, {}, { subject: 'c', version: 1 }),
    ]);
    expect(listSubjects(state, ':*:', 'live')).toEqual(['a']);
    expect(findings.map(({ code, effect }) => [code, effect])).toEqual([
      ['KEY_VALUE_MISMATCH', 'misleads'],
      ['VALUE_INCOMPLETE', 'lost'],
      ['VALUE_INCOMPLETE', 'lost'],
      ['KEY_INCOMPLETE', 'misleads'],
    ]);
  });

  it('in clearing: what its value says, and everything where it says nothing', () => {
    const deleted = ['a', 'b', ':.x:c'].map((subject, at) => schema(BigInt(at), subject, at + 1, { deleted: true }));
    const clear = (value: object) =>
      all(reduceTopic([...deleted, record(9n, { keytype: 'CLEAR_SUBJECT', subject: 'a', magic: 0 }, value)]).state);
    expect(clear({ subject: 'b' })).toEqual([':.x:c', 'a']);
    expect(clear({ subject: ':.x:' })).toEqual(['a', 'b']);
    expect(clear({})).toEqual([]);
  });

  it('in making a context: nothing without a tenant', () => {
    const key = { keytype: 'CONTEXT', context: '.y', magic: 0 };
    const { state, findings } = reduceTopic([record(0n, key, { context: '.y' })]);
    expect(listContexts(state)).toEqual(['.']);
    expect(findings).toMatchObject([{ code: 'TENANT_OTHER', detail: 'no tenant: .y' }]);
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
