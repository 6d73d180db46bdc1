/** Recorded topics, record by record into a state, against what the registry answered at their end. */
import { describe, expect, it } from 'vitest';
import { applyRecord } from '../../src/semantics/apply.ts';
import { findById } from '../../src/semantics/by-id.ts';
import { configToJson, readConfig } from '../../src/semantics/config.ts';
import { listContexts } from '../../src/semantics/contexts.ts';
import { isRefusal, type Refusal } from '../../src/semantics/decision.ts';
import { listRows, listSubjects } from '../../src/semantics/listing.ts';
import { readMode } from '../../src/semantics/mode.ts';
import { createState, type RegistryState, type Row } from '../../src/semantics/state.ts';
import { decodeRecord, type RecordedTopic, readTopics } from './recorded-topics.ts';

const topics = readTopics();

describe('recorded topics', () => {
  it('are all there', () => {
    expect(topics.length).toBe(45);
  });

  it.each(topics.map((topic) => [topic.name, topic] as const))('%s', (_name, topic) => {
    const state = load(topic);
    expect(listContexts(state)).toEqual(topic.state.contexts);
    expect(listSubjects(state, ':*:', 'live')).toEqual(topic.state.subjects);
    expect(listSubjects(state, ':*:', 'all')).toEqual(topic.state.subjectsWithDeleted);
    const rows = listRows(state, { prefix: ':*:', includeDeleted: true, latestOnly: false });
    expect(rows.map(rowJson)).toEqual(topic.state.schemas);
    for (const [name, expected] of Object.entries(topic.state.config)) {
      const config = readConfig(state, name, false);
      expect(isRefusal(config) ? refusalJson(config) : configToJson(config, 'compatibilityLevel')).toEqual(expected);
    }
    for (const [name, expected] of Object.entries(topic.state.modes)) {
      const mode = readMode(state, name, false);
      expect(isRefusal(mode) ? refusalJson(mode) : { mode }).toEqual(expected);
    }
    for (const [context, ids] of Object.entries(topic.state.ids)) {
      for (const [id, expected] of Object.entries(ids)) {
        const row = findById(state, Number(id), `:${context}:`);
        const { subject, version, guid, schemaType, deleted, status } = expected;
        if (status === 404) expect(row).toBeUndefined();
        else expect(row).toMatchObject({ subject, version, guid, schemaType, deleted });
      }
    }
  });
});

function load(topic: RecordedTopic): RegistryState {
  const state = createState();
  for (const raw of topic.records) {
    const record = decodeRecord(raw);
    if (record !== undefined) applyRecord(state, record);
  }
  return state;
}

function rowJson(row: Row): unknown {
  const { references, registeredAt, ...rest } = row;
  return { ...rest, ...(references.length === 0 ? {} : { references }), ts: registeredAt };
}

function refusalJson({ status, errorCode, refusal }: Refusal): unknown {
  return { status, body: { error_code: errorCode, message: refusal } };
}
