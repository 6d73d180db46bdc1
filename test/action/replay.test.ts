import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { PlainRecord } from '../../src/records/record-slices.ts';
import { framed, plainRecord } from '../records/random-records.ts';
import { writeArchive } from '../support/archives.ts';
import { record, register, registryDuringTest } from '../support/embedded-registry.ts';
import { type KafkaEye, startKafkaEye } from '../support/kafka-broker-eye.ts';
import { sharedKafka } from '../support/kafka-broker-shared.ts';
import { schemas } from '../support/known-schemas.ts';
import { temporaryFolder, writeTree } from '../support/trees.ts';
import { type BundleResult, builtBundle, runBundle } from './run-bundle.ts';

const START_MS = 300_000;
const TIMEOUT = 180_000;

let eye: KafkaEye;
let bootstrap: string;
let topics = 0;

beforeAll(async () => {
  const [started, address] = await Promise.all([startKafkaEye(), sharedKafka(), builtBundle()]);
  eye = started;
  bootstrap = address.bootstrap;
}, START_MS);

afterAll(async () => {
  await eye?.stop();
});

/** Frames of ids 1 and 2 that tell partition and number. */
function partition(number: number, count: number, pad = 0): PlainRecord[] {
  return Array.from({ length: count }, (_, at) =>
    plainRecord({ offset: BigInt(at), value: framed(1 + (at % 2), `${number}:${at}${' '.repeat(pad)}`) }),
  );
}

async function stage(partitions: readonly (readonly PlainRecord[])[], map: object = { 1: 101, 2: 102 }) {
  const workspace = temporaryFolder();
  const topic = `action-replay-${process.pid}-${Date.now()}-${++topics}`;
  mkdirSync(join(workspace, 'backup'));
  await writeArchive(join(workspace, 'backup'), { [topic]: { partitions, config: { 'retention.ms': '-1' } } });
  await writeTree(join(workspace, 'schemas'), schemas({ '.': { Any: [1, 2] } }));
  writeFileSync(join(workspace, 'map.json'), JSON.stringify(map));
  writeFileSync(
    join(workspace, 'srgit.yaml'),
    `kafka: { dr: { bootstrap_servers: "${bootstrap}" }, old: { bootstrap_servers: "${bootstrap}", client: kafkajs } }\n`,
  );
  return { workspace, topic };
}

const INPUTS = { command: 'replay', from: 'kbak:backup', to: 'kafka:dr', map: 'map.json', offline: 'true' };

function counts({ outputs }: BundleResult): Readonly<Record<string, unknown>> {
  return JSON.parse(outputs['summary'] ?? '{}');
}

async function read(topic: string): Promise<readonly string[]> {
  const { records } = await eye.read(bootstrap, topic, 'read_committed');
  return records.map(({ value }) => `${value?.readInt32BE(1)} ${value?.subarray(5).toString().trimEnd()}`).sort();
}

describe('command replay', () => {
  it(
    'shares a backup between the jobs of a matrix: each record comes once, with the ids of the target',
    async () => {
      const count = 40;
      const { workspace, topic } = await stage(Array.from({ length: 5 }, (_, number) => partition(number, count)));
      const shards = ['1/3', '2/3', '3/3'];
      const inputs = { ...INPUTS, 'create-topics': 'true' };
      const results = await Promise.all(shards.map((shard) => runBundle({ ...inputs, shard }, { workspace })));
      expect(results.map(({ code, stderr, commands }) => [code, stderr, commands])).toEqual(
        shards.map(() => [0, '', []]),
      );
      expect(results.map((result) => counts(result)['partitions'])).toEqual([2, 2, 1]);
      expect(results.map((result) => counts(result)['records'])).toEqual([2 * count, 2 * count, count]);
      expect(results[1]?.summary).toContain('### srgit: Replay into kafka:dr, shard 2/3');
      expect(results[1]?.summary).toContain('exactly once');
      const wanted = Array.from({ length: 5 * count }, (_, at) => {
        const number = at % count;
        return `${101 + (number % 2)} ${Math.floor(at / count)}:${number}`;
      }).sort();
      expect(await read(topic)).toEqual(wanted);

      // A job that is run again has nothing to do.
      const again = await runBundle({ ...inputs, shard: '1/3' }, { workspace });
      expect([again.code, counts(again)['records'], again.outputs['changed']]).toEqual([0, 0, 'false']);
      expect(again.summary).toContain('2 partitions done by an earlier run');
      expect(await read(topic)).toHaveLength(5 * count);
    },
    TIMEOUT,
  );

  it(
    'draws how fast it was',
    async () => {
      const { workspace } = await stage([partition(0, 600, 2_000)]);
      const inputs = { ...INPUTS, to: 'kbak:copy', 'rate-limit': '600kB/s' };
      mkdirSync(join(workspace, 'copy'));
      const { code, summary, commands } = await runBundle(inputs, { workspace });
      expect([code, commands]).toEqual([0, []]);
      expect(summary).toMatch(/^[\d.]+ MB\/s on average, /m);
      expect(summary).toMatch(/^```mermaid\nxychart-beta\n[\s\S]*\n {2}line \[[\d., ]+\]\n```$/m);
    },
    TIMEOUT,
  );

  it(
    'restores the schemas first where it is asked to, and takes the ids that they got',
    async () => {
      const [prod, dr] = [await registryDuringTest(), await registryDuringTest()];
      for (const name of ['First', 'Second']) await register(prod.url, `${name}-value`, record(name));
      await register(dr.url, 'here-already', record('Here'));
      const { workspace, topic } = await stage([partition(0, 10)]);
      rmSync(join(workspace, 'schemas'), { recursive: true });
      expect((await runBundle({ command: 'export', url: prod.url }, { workspace })).code).toBe(0);
      const { map: _map, offline: _offline, ...rest } = INPUTS;
      const inputs = { ...rest, url: dr.url, 'with-schemas': 'true', 'create-topics': 'true' };
      const replayed = await runBundle(inputs, { workspace });
      expect([replayed.code, replayed.commands]).toEqual([0, []]);
      expect(counts(replayed)).toMatchObject({ records: 10, rewritten: 10, 'ids-checked': 2 });
      expect(existsSync(replayed.outputs['id-map'] ?? '')).toBe(true);
      expect((await read(topic)).map((text) => Number(text.split(' ')[0])).sort()).toEqual([
        2, 2, 2, 2, 2, 3, 3, 3, 3, 3,
      ]);
    },
    TIMEOUT,
  );

  it(
    'writes nothing where the target lacks a schema, and says which',
    async () => {
      const { workspace, topic } = await stage([partition(0, 10)], { 1: 101 });
      const refused = await runBundle({ ...INPUTS, 'create-topics': 'true' }, { workspace });
      expect(refused.code).toBe(1);
      expect(refused.commands.join()).toContain('SRGIT_SCHEMA_UNKNOWN');
      expect(refused.commands.join()).toContain('Schema ID 2');
      const dry = await runBundle({ ...INPUTS, 'dry-run': 'true', 'on-unknown': 'skip' }, { workspace });
      expect([dry.code, dry.outputs['changed'], counts(dry)['outcome']]).toEqual([0, 'false', 'dry-run']);
      const skipped = await runBundle(
        { ...INPUTS, 'create-topics': 'true', 'on-unknown': 'skip', rename: '*=*-copy' },
        { workspace },
      );
      expect([skipped.code, counts(skipped)]).toMatchObject([0, { records: 5, 'taken-out': 5 }]);
      expect(await read(`${topic}-copy`)).toHaveLength(5);
    },
    TIMEOUT,
  );

  it.each<[string, Record<string, string>, string]>([
    ['no target', { to: '' }, 'input to is missing'],
    ['no word on the ids', { map: '' }, 'it is not said which ids the target has'],
    ['ids from two places', { 'no-map': 'true' }, 'input map and no-map exclude each other'],
    ['a shard that is none', { shard: '4/3' }, 'SRGIT_USAGE'],
    ['an archive in shards', { to: 'kbak:copy', shard: '1/3' }, 'cannot be written in shards'],
    ['a client that a bundle cannot hold', { to: 'kafka:old' }, 'asks for the client kafkajs'],
    ['a name for nothing', { rename: 'a' }, 'input rename: "a" is not LEFT=RIGHT'],
  ])(
    'refuses %s',
    async (_, more, message) => {
      const { workspace } = await stage([partition(0, 1)]);
      const result = await runBundle({ ...INPUTS, ...more }, { workspace });
      expect([result.code, result.commands.join()]).toEqual([1, expect.stringContaining(message)]);
    },
    TIMEOUT,
  );

  it(
    'is none for a fork',
    async () => {
      const { workspace } = await stage([partition(0, 1)]);
      const pullRequest = { number: 1, base: { ref: 'main', sha: '0'.repeat(40) }, fork: true };
      const result = await runBundle(INPUTS, { workspace, pullRequest });
      expect([result.code, result.commands.join()]).toEqual([1, expect.stringContaining('a run for a fork asks none')]);
    },
    TIMEOUT,
  );
});
