/**
 * Every recorded conversation with Confluent 8.3.1, replayed over HTTP against the embedded registry. Twice: with the
 * languages' part taken from the recording, which holds the rules and the server to it step by step, and with the
 * languages as they are.
 */
import { Agent } from 'node:http';
import { describe, expect, it } from 'vitest';
import { type SchemaPort, schemaLanguages } from '../../src/schema/schema-port.ts';
import type { RegistryRecord } from '../../src/semantics/records.ts';
import { createState } from '../../src/semantics/state.ts';
import { startServer } from '../../src/server/server.ts';
import { decodeRecord, readTopics } from '../semantics/recorded-topics.ts';
import { recordedLanguages } from './recorded-languages.ts';
import { type Comparison, compare, readScenarios, type Scenario, type Step, send } from './scenario.ts';

/** Scenario to step number to reason. A listed step that is equal fails the test as one that differs and is not. */
type Expected = Readonly<Record<string, Readonly<Record<string, string>>>>;

/** The same with the languages taken from the recording and with them as they are. */
const LISTED: Expected = {
  'reference-protobuf': {
    16: 'Confluent answers from a cache of parsed schemas that a reference to a soft-deleted version still is in',
    17: 'follows step 16',
  },
};

/** Scenarios whose log differs because of a listed step. */
const OTHER_RECORDS = new Set(['reference-protobuf']);

const scenarios = readScenarios();
const topics = readTopics();

describe('recorded scenarios', () => {
  it('are all there', () => {
    expect(scenarios.length).toBe(53);
    expect(scenarios.reduce((steps, scenario) => steps + scenario.steps.length, 0)).toBe(1846);
  });

  for (const scenario of scenarios) {
    it(`${scenario.name}: rules`, async () => {
      let current: Step | undefined;
      const languages = recordedLanguages(() => {
        if (current === undefined) throw new Error('no step is running');
        return current;
      });
      const written: RegistryRecord[] = [];
      const results = await replay(
        scenario,
        languages,
        (step) => {
          current = step;
        },
        (records) => written.push(...records),
      );
      expectListed(scenario, results, LISTED);
      expectRecords(scenario, written);
      const messages = results.filter(({ difference, message }) => difference === undefined && message);
      expect(messages, 'error messages that differ').toEqual([]);
    });

    it(`${scenario.name}: as it is`, async () => {
      const results = await replay(scenario, schemaLanguages, () => {});
      expectListed(scenario, results, LISTED);
    });
  }

  it('tells how many steps are equal', () => {
    const listed = Object.values(LISTED).reduce((count, steps) => count + Object.keys(steps).length, 0);
    // Every scenario's own tests have failed if this does not hold.
    console.log(`scenario steps equal: ${1846 - listed}/1846`);
    expect(Object.keys(LISTED).filter((name) => !scenarios.some((s) => s.name === name))).toEqual([]);
  });
});

async function replay(
  scenario: Scenario,
  schemas: SchemaPort,
  begin: (step: Step) => void,
  onRecords: (records: readonly RegistryRecord[]) => void = () => {},
): Promise<readonly Comparison[]> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const server = await startServer({ state: createState(), strictConfluent: true, schemas, onRecords });
  try {
    const results: Comparison[] = [];
    for (const step of scenario.steps) {
      begin(step);
      results.push(compare(step, await send(server.port, step, agent)));
    }
    return results;
  } finally {
    agent.destroy();
    await server.close();
  }
}

/** The log of the replay is the topic that Confluent wrote in the recorded conversation, record for record. */
function expectRecords(scenario: Scenario, written: readonly RegistryRecord[]): void {
  const topic = topics.find((candidate) => candidate.scenario === scenario.name);
  if (topic === undefined || OTHER_RECORDS.has(scenario.name)) return;
  const expected = topic.records.map(decodeRecord).filter((record) => record !== undefined);
  const withoutTime = ({ key, value }: RegistryRecord) => ({ key, value });
  expect(written.map(withoutTime)).toEqual(expected.map(withoutTime));
}

function expectListed(scenario: Scenario, results: readonly Comparison[], expected: Expected): void {
  const listed = expected[scenario.name] ?? {};
  const wrong = results.flatMap(({ difference }, at) => {
    const step = scenario.steps[at];
    const where = `step ${at} ${step?.method} ${step?.path}`;
    if (difference !== undefined && listed[at] === undefined) return [`${where}: ${difference}`];
    if (difference === undefined && listed[at] !== undefined) return [`${where}: equal, though listed: ${listed[at]}`];
    return [];
  });
  expect(wrong).toEqual([]);
}
