/** Topics that a real registry wrote, printed as kcat, a console consumer and Karapace's tool print them: the same state each time. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadConfig } from '../../../src/config/load-config.ts';
import { snapshotFromState } from '../../../src/semantics/snapshot-state.ts';
import { reduceTopic } from '../../../src/semantics/topic/reduce-topic.ts';
import type { TopicRecord } from '../../../src/semantics/topic/topic-record.ts';
import { readTopics, recordBytes } from '../../semantics/recorded-topics.ts';
import { temporaryFolder } from '../../support/trees.ts';
import { importHere, soundTree } from './support.ts';

const TEST_MS = 120_000;

const PRINTED: Readonly<Record<string, (records: readonly TopicRecord[]) => string>> = {
  kcat: (records) =>
    records
      .map(({ offset, timestamp, key, value }) =>
        JSON.stringify({
          topic: '_schemas',
          partition: 0,
          offset: Number(offset),
          tstype: 'create',
          ts: timestamp,
          key: key?.toString() ?? null,
          payload: value?.toString() ?? null,
        }),
      )
      .map((line) => `${line}\n`)
      .join(''),
  console: (records) =>
    records
      .map(({ timestamp, key, value }) => `CreateTime:${timestamp}\t${key ?? 'null'}\t${value ?? 'null'}\n`)
      .join(''),
  karapace: (records) => {
    const hex = (bytes: Buffer | null): string => bytes?.toString('hex').toUpperCase() ?? 'null';
    return `/V2\n${records.map(({ key, value }) => `${hex(key)}\t${hex(value)}\n`).join('')}`;
  },
};

const topics = readTopics().filter(({ records }) => records.length > 0);

describe.each(Object.entries(PRINTED))('%s', (kind, print) => {
  it('gives the state that a registry has of the topic', { timeout: TEST_MS }, async () => {
    let compared = 0;
    for (const topic of topics) {
      const records = topic.records.map(recordBytes);
      const { state, findings } = reduceTopic(records);
      const wanted = snapshotFromState(state, { kind: kind === 'karapace' ? 'karapace' : 'unknown' });
      if (wanted.contexts.every(({ subjects }) => subjects.length === 0)) continue;
      const cwd = temporaryFolder();
      const file = join(cwd, 'topic');
      writeFileSync(file, print(records));
      const result = await importHere(cwd, `${kind}:${file}`, {
        skipDamaged: true,
        config: loadConfig({ includeSensitive: true }, {}, cwd, { registry: false }),
      });
      const lossless = findings.every(({ effect }) => effect === 'risk') && result.faults.length === 0;
      if (!lossless) continue;
      expect(result.outcome, topic.name).toBe('written');
      const { snapshot } = await soundTree(cwd);
      const times = kind !== 'karapace';
      expect(withTimes(snapshot, times), topic.name).toEqual(withTimes(wanted, times));
      compared++;
    }
    expect(compared).toBeGreaterThan(10);
  });
});

/** As JSON, so that what is absent and what is undefined are one; a config that sets nothing is none to a tree. */
function withTimes(snapshot: object, times: boolean): unknown {
  return JSON.parse(
    JSON.stringify(snapshot, (name, value: unknown) => {
      if (name === 'registeredAt' && !times) return undefined;
      return name === 'config' && JSON.stringify(value) === '{"fields":{}}' ? undefined : value;
    }),
  );
}
