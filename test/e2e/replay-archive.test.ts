/** The whole story: schemas restored into a registry that gives its own ids, then the records of a backup with them, into Kafka. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openKafka } from '../../src/kafka/open-kafka.ts';
import { computeGuid } from '../../src/semantics/guid.ts';
import { cliEntry, runCli, runCliJson } from '../support/cli.ts';
import { FIXTURES } from '../support/data.ts';
import { record, register } from '../support/embedded-registry.ts';
import { repository } from '../support/git.ts';
import type { KafkaAddress } from '../support/kafka-broker.ts';
import { type KafkaEye, startKafkaEye } from '../support/kafka-broker-eye.ts';
import { sharedKafka } from '../support/kafka-broker-shared.ts';
import { schemas } from '../support/known-schemas.ts';
import { strictRegistryDuringTest } from '../support/restoring.ts';
import { writeTree } from '../support/trees.ts';

const ARCHIVE = join(FIXTURES, 'backup-archives/zstd');
const START_MS = 300_000;
const TEST_MS = 180_000;

let eye: KafkaEye;
let address: KafkaAddress;

beforeAll(async () => {
  [eye, address] = await Promise.all([startKafkaEye(), sharedKafka(), cliEntry()]);
}, START_MS);

afterAll(() => eye?.stop());

/** A repository with a tree of the archive's schemas, and a registry where other ids are taken already. */
async function stage(prefix: string) {
  const cwd = repository();
  const all = schemas({ '.': { 'orders-value': [1, 2, 3, 5, 7, 70_000, 100_001], 'orders-key': [11] } });
  const contexts = all.contexts.map((context) => ({
    ...context,
    subjects: context.subjects.map((subject) => ({
      ...subject,
      config: { compatibility: 'NONE', fields: {} },
      versions: subject.versions.map((row) => {
        const schema = JSON.stringify(record(`R${row.id}`));
        return { ...row, schema, guid: computeGuid({ ...row, schema }) };
      }),
    })),
  }));
  await writeTree(join(cwd, 'schemas'), { ...all, contexts });
  const registry = await strictRegistryDuringTest();
  for (const name of ['A', 'B', 'C']) await register(registry.url, `other-${name}`, record(name));
  writeFileSync(
    join(cwd, 'srgit.yaml'),
    `registries: { dr: { url: "${registry.url}" } }
kafka: { dr: { bootstrap_servers: "${address.bootstrap}" } }
replay: { topic_mapping: { "*": "${prefix}-*" } }
`,
  );
  return { cwd, registry };
}

describe('a backup of schemas and records', { timeout: TEST_MS }, () => {
  it('comes back with the ids of the registry there, exactly once, with its groups', async () => {
    const prefix = `story-${process.pid}-${Date.now()}`;
    const { cwd, registry } = await stage(prefix);
    const command = ['replay', ARCHIVE, '--to', 'kafka:dr', '--registry', 'dr', '-t', 'orders', '--create-topics'];

    // Records before their schemas: refused, and said what to do.
    const early = await runCli(command, { cwd });
    expect([early.code, early.stderr]).toEqual([1, expect.stringContaining('there is no id map of dr')]);

    const restored = await runCliJson(['restore'], { cwd });
    expect([restored.code, restored.stderr]).toEqual([0, '']);
    const scan = await runCliJson(['scan', ARCHIVE, '--to-registry', 'dr', '-t', 'orders'], { cwd });
    expect([scan.code, scan.json]).toMatchObject([0, { covered: true, records: 3000 }]);
    const { ids } = (scan.json as { topics: { ids: { id: string; target: string; verdict: string }[] }[] })
      .topics[0] ?? { ids: [] };
    expect(new Set(ids.map(({ verdict }) => verdict))).toEqual(new Set(['mapped']));

    const { code, json, stderr } = await runCliJson([...command, '--restore-groups'], { cwd });
    expect([
      code,
      stderr.replace(/^Warning: (ids in keys of orders change|topic .* keeps its records for ever).*\n/gm, ''),
    ]).toEqual([0, '']);
    const topic = `${prefix}-orders`;
    expect(json).toMatchObject({
      records: 3000,
      proof: { checked: 8, unproven: 0 },
      kafka: { guarantee: 'exactly-once', created: [topic], settingsHeld: [topic] },
    });

    const { records } = await eye.read(address.bootstrap, topic, 'read_committed');
    expect(records.length).toBe(3000);
    const there = new Map<number, string>();
    for (const { id } of ids) there.set(Number(ids.find((entry) => entry.id === id)?.target), id);
    const seen = new Map<number, number>();
    for (const { value } of records) {
      if (value !== null && value.length >= 5 && value[0] === 0) {
        const id = value.readInt32BE(1);
        seen.set(id, (seen.get(id) ?? 0) + 1);
      }
    }
    // Every id in the records is one that the registry has for the schema; none of the source's is left.
    expect([...seen.keys()].every((id) => there.has(id))).toBe(true);
    for (const id of seen.keys()) {
      const answer = (await (await fetch(`${registry.url}/schemas/ids/${id}`)).json()) as { schema: string };
      expect(answer.schema).toContain(`"R${there.get(id)}"`);
    }

    const client = await openKafka({ client: 'platformatic', bootstrapServers: [address.bootstrap] });
    try {
      const { groups } = (json as { kafka: { groups: { group: string }[] } }).kafka;
      expect(groups.length).toBeGreaterThan(0);
      const { offsets } = await client.admin.groupOffsets(groups[0]?.group ?? '');
      const ours = offsets.filter((entry) => entry.topic === topic);
      // The archive says 500, 501 and 502, and no record before these is missing in it.
      expect(ours.map(({ offset }) => offset).sort()).toEqual([500n, 501n, 502n]);
    } finally {
      await client.close();
    }

    const again = await runCliJson(command, { cwd });
    expect([again.code, again.json]).toMatchObject([0, { records: 0, kafka: { doneBefore: 3 } }]);
    expect((await eye.read(address.bootstrap, topic, 'read_committed')).records.length).toBe(3000);
  });

  it('is not replayed with a map that the registry does not bear out', async () => {
    const prefix = `story2-${process.pid}-${Date.now()}`;
    const { cwd } = await stage(prefix);
    writeFileSync(
      join(cwd, 'map.json'),
      '{"1": 1, "2": 2, "3": 3, "5": 1, "7": 2, "70000": 3, "100001": 999, "11": 1}',
    );
    const command = ['replay', ARCHIVE, '--to', 'kafka:dr', '--registry', 'dr', '--map', 'map.json', '--create-topics'];
    const { code, stderr } = await runCli(command, { cwd });
    expect(code).toBe(1);
    expect(stderr).toBe(
      'Error: Schema ID 999 not found in target registry: id 100001 would become it\n' +
        'Restore the schemas first (srgit restore), or build the id map anew (srgit idmap).\n(SRGIT_SCHEMA_UNKNOWN)\n',
    );
    const scanned = await runCli(['scan', 'kafka:dr', '--map', 'map.json', '-t', `${prefix}-*`], { cwd });
    expect([scanned.code, scanned.stdout]).toEqual([0, expect.stringContaining('0 records in 0 topics')]);
  });

  it('comes back in one command, schemas first', async () => {
    const prefix = `one-${process.pid}-${Date.now()}`;
    const { cwd, registry } = await stage(prefix);
    const command = ['replay', ARCHIVE, '--to', 'kafka:dr', '--registry', 'dr', '-t', 'orders', '--create-topics'];
    const first = await runCliJson([...command, '--with-schemas'], { cwd });
    expect([first.code, first.json]).toMatchObject([0, {}]);
    expect(registry.writes.length).toBeGreaterThan(0);
    const writes = registry.writes.length;
    // The registry has them now; the records are there already.
    const second = await runCli([...command, '--with-schemas'], { cwd });
    expect([second.code, second.stdout]).toEqual([0, expect.stringContaining('the registry has them')]);
    expect(registry.writes.length).toBe(writes);
    const refused = await runCli([...command, '--with-schemas', '--no-map'], { cwd });
    expect(refused.code).toBe(2);
  });
});
