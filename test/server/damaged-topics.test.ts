/** Damaged topics, served: what a registry that read one answers, and what it does with a registration then. */
import { describe, expect, it } from 'vitest';
import { reduceTopic } from '../../src/semantics/topic/reduce-topic.ts';
import { type RecordedTopic, readAllTopics, recordBytes } from '../semantics/recorded-topics.ts';
import { startRegistry } from './client.ts';

/** By topic and path: why it is answered otherwise. One that is equal fails the test as one that differs and is not here. */
const OTHERWISE: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'damaged-key-missing-fields': {
    '/subjects/a/versions?deleted=true': 'a row without a version in its key has that of its value, and is served',
    '/subjects/a/versions/latest': 'the same row',
  },
  'damaged-key-value-mismatch': {
    '/subjects/k/versions?deleted=true': 'a row is found where its value says; Confluent finds it where its key says',
  },
  'damaged-value-no-version': {
    '/subjects/c/versions?deleted=true': 'a row without a version has that of its key; Confluent fails on it',
    '/subjects/c/versions/latest': 'the same row',
  },
};

const REGISTRATION = {
  schema: '{"type":"record","name":"AfterStart","fields":[{"name":"id","type":"string"}]}',
};

const served = readAllTopics().filter(({ kind, starts }) => kind === 'damaged' && starts === true);

describe('damaged topics', () => {
  it('are all there', () => {
    const answers = served.reduce((count, { probes = [] }) => count + probes.length + 1, 0);
    expect([served.length, answers]).toEqual([20, 210]);
  });

  it.each(served.map((topic) => [topic.name, topic] as const))('%s', async (name, topic) => {
    const differ = await differences(topic);
    expect(differ.map(({ path }) => path).sort(), JSON.stringify(differ, null, 1)).toEqual(
      Object.keys(OTHERWISE[name] ?? {}).sort(),
    );
  });
});

async function differences({ records, probes = [], registerAfterStart }: RecordedTopic) {
  const { state } = reduceTopic(records.map(recordBytes));
  const registry = await startRegistry({ state, strictConfluent: true });
  const found: { path: string; got: unknown; wanted: unknown }[] = [];
  const ask = async (method: string, path: string, wanted: RecordedTopic['registerAfterStart'], body?: unknown) => {
    const { type: _type, body: response, ...got } = await registry.call(method, path, body);
    const text = JSON.stringify({ ...got, response });
    if (text !== JSON.stringify({ status: wanted?.status, response: wanted?.response })) {
      found.push({ path, got: { ...got, response }, wanted });
    }
  };
  try {
    for (const { path, ...wanted } of probes) await ask('GET', path, wanted);
    await ask('POST', '/subjects/after-start/versions', registerAfterStart, REGISTRATION);
  } finally {
    await registry.close();
  }
  return found;
}
