/** `srgit scan` and `srgit replay` as they are typed, on archives that the backup tool itself has written. */
import { cpSync, existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { openArchiveAt } from '../../src/archive/open-archive.ts';
import { copyRecord, type PlainRecord } from '../../src/records/record-slices.ts';
import { asText } from '../records/random-records.ts';
import { cliEntry, runCli, runCliJson } from '../support/cli.ts';
import { FIXTURES } from '../support/data.ts';
import { schemas } from '../support/known-schemas.ts';
import { temporaryFolder, writeTree } from '../support/trees.ts';

const ARCHIVES = join(FIXTURES, 'backup-archives');
const TEST_MS = 120_000;

beforeAll(async () => {
  await cliEntry();
});

/** A folder with a tree of the archive's schemas but for one, and maps of ids. */
async function stage(): Promise<string> {
  const cwd = temporaryFolder();
  const tree = schemas({ '.': { 'orders-value': [1, 2, 3, 5, 7, 70_000, 100_001], 'orders-key': [11] } });
  await writeTree(join(cwd, 'schemas'), tree);
  const ids = { 1: 2, 2: 1, 3: 3, 5: 50, 7: 70, 70000: 6, 100001: 9, 11: 12 };
  writeFileSync(join(cwd, 'map.json'), JSON.stringify(ids));
  writeFileSync(join(cwd, 'part.json'), JSON.stringify({ ...ids, 7: undefined, 11: undefined }));
  return cwd;
}

async function readTopic(folder: string, topic: string): Promise<PlainRecord[][]> {
  const source = await openArchiveAt(folder, { kind: 'kbak' });
  const found = (await source.topics()).find(({ name }) => name === topic);
  const partitions: PlainRecord[][] = [];
  for (const { partition } of found?.partitions ?? []) {
    const records: PlainRecord[] = [];
    for await (const piece of source.read(topic, partition)) {
      if (piece.kind !== 'records') continue;
      while (piece.cursor.next()) {
        records.push(copyRecord(piece.cursor.bytes, piece.cursor, piece.baseOffset + BigInt(piece.cursor.offsetDelta)));
      }
    }
    partitions[partition] = records;
  }
  await source.close();
  return partitions;
}

function rewritten(record: PlainRecord, ids: ReadonlyMap<number, number>): PlainRecord {
  const swap = (part: Buffer | null): Buffer | null => {
    const target = part !== null && part.length >= 5 && part[0] === 0 ? ids.get(part.readInt32BE(1)) : undefined;
    if (part === null || target === undefined) return part;
    const copy = Buffer.from(part);
    copy.writeInt32BE(target, 1);
    return copy;
  };
  return { ...record, key: swap(record.key), value: swap(record.value) };
}

describe.each(['none', 'zstd'])('an archive of the backup tool, %s', { timeout: TEST_MS }, (codec) => {
  const archive = join(ARCHIVES, codec);

  it('is scanned: every id with its counts, and markers left out', async () => {
    const cwd = await stage();
    const { code, json, stderr } = await runCliJson(['scan', `kbak:${archive}`, '--map', 'map.json'], { cwd });
    expect([code, stderr]).toEqual([
      1,
      expect.stringMatching(/^Warning: .* offset 7 ends an aborted transaction; [^\n]*\n$/),
    ]);
    expect(json).toMatchObject({ covered: false, source: { kind: 'kbak', id: `sample-${codec}` } });
    const topics = (
      json as {
        topics: {
          topic: string;
          records: number;
          ids: { side: string; id: string; target?: string }[];
          missing: unknown[];
          skipped: { reason: string }[];
        }[];
      }
    ).topics;
    // One record there has a guid in a header that nobody knows.
    expect(topics.filter(({ missing }) => missing.length > 0).map(({ topic }) => topic)).toEqual(['edge']);
    const orders = topics.find(({ topic }) => topic === 'orders');
    expect(orders?.records).toBe(3000);
    const pairs = orders?.ids.map(({ side, id, target }) => `${side} ${id} ${target ?? '='}`);
    expect(pairs).toEqual(
      expect.arrayContaining([
        'key 11 12',
        'value 1 2',
        'value 2 1',
        'value 3 =',
        'value 5 50',
        'value 7 70',
        'value 70000 6',
        'value 100001 9',
      ]),
    );
    expect(topics.find(({ topic }) => topic === 'txn')?.skipped.map(({ reason }) => reason)).toContain('control');
    const text = await runCli(['scan', archive, '--map', 'map.json', '-t', 'orders'], { cwd });
    expect(text.stdout).toContain('✓ orders: 3,000 records, 3 partitions');
    expect(text.stdout).toMatch(/value 70000 → 6, [\d,]+ records, /);
    expect(text.stdout).toContain(`✓ 8 schema ids, every one in ${join(cwd, 'map.json')}`);
  });

  it('with schemas missing ends with 1, or with 3 where that is asked for', async () => {
    const cwd = await stage();
    const plain = await runCli(['scan', `kbak:${archive}`, '--map', 'part.json', '-t', 'orders'], { cwd });
    expect([plain.code, plain.stderr]).toEqual([1, '']);
    expect(plain.stdout).toMatch(/key 11 ✗ MISSING in the target, /);
    expect(plain.stdout).toMatch(/✗ 2 missing schemas in [\d,]+ records/);
    const detailed = ['scan', `kbak:${archive}`, '--map', 'part.json', '-t', 'orders', '--detailed-exitcode'];
    expect((await runCli(detailed, { cwd })).code).toBe(3);
  });

  it('is rewritten into another archive, record for record, once', async () => {
    const cwd = await stage();
    const target = join(cwd, 'out');
    const command = [
      'replay',
      `kbak:${archive}`,
      '--to',
      'kbak:out',
      '--map',
      'map.json',
      '--offline',
      '-t',
      'orders',
      '-t',
      'edge',
      '--on-unknown',
      'pass',
    ];
    const dry = await runCli([...command, '--dry-run'], { cwd });
    expect([dry.code, existsSync(target)]).toEqual([0, false]);
    expect(dry.stdout).toContain('Nothing was written to kbak:out');
    const { code, json, stderr } = await runCliJson(command, { cwd });
    expect([code, stderr.replace(/^Warning: ids in keys of (orders|edge) change: .*\n/gm, '')]).toEqual([0, '']);
    expect(json).toMatchObject({ outcome: 'done', records: 3011, proof: { skipped: '--offline' } });
    expect(readdirSync(target)).toEqual([`sample-${codec}-rewritten`]);

    const ids = new Map([
      [1, 2],
      [2, 1],
      [5, 50],
      [7, 70],
      [70_000, 6],
      [100_001, 9],
      [11, 12],
    ]);
    const before = await readTopic(archive, 'orders');
    const after = await readTopic(target, 'orders');
    expect(before.flat().length).toBe(3000);
    for (const [number, records] of before.entries()) {
      expect(asText(after[number] ?? [])).toEqual(asText(records.map((record) => rewritten(record, ids))));
    }

    const again = await runCli(['replay', 'kbak:out', '--to', 'kbak:twice', '--map', 'map.json', '--offline'], { cwd });
    expect([again.code, again.stderr]).toEqual([
      1,
      expect.stringContaining('were rewritten by this very id map already'),
    ]);
    expect(existsSync(join(cwd, 'twice'))).toBe(false);
  });

  it('is not written at all where a schema is missing', async () => {
    const cwd = await stage();
    const command = [
      'replay',
      `kbak:${archive}`,
      '--to',
      'kbak:out',
      '--map',
      'part.json',
      '--offline',
      '-t',
      'orders',
    ];
    const { code, stderr } = await runCli(command, { cwd });
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /^Error: Schema ID 11 not found in target registry: key in orders, partition \d, offset \d+ \([\d,]+ records, 3 partitions\)\n/,
    );
    expect(stderr).toContain('Schema ID 7 not found in target registry: value in orders');
    expect(stderr).toContain('(SRGIT_SCHEMA_UNKNOWN)');
    expect(existsSync(join(cwd, 'out'))).toBe(false);
  });
});

it('says what is wrong with a command line', async () => {
  const cwd = temporaryFolder();
  const told = async (...args: string[]) => (await runCli(args, { cwd })).stderr.replaceAll(cwd, '<cwd>');
  expect(await told('scan')).toMatch(/^Error: no storage is configured\n/);
  expect(await told('scan', 'ftp://x')).toMatch(/^Error: --from ftp:\/\/x is no place that srgit knows\n/);
  expect(await told('scan', 'kbak:nowhere')).toMatch(/^Error: there is no <cwd>\/nowhere\n/);
  expect(await told('scan', 'kafka:prod')).toMatch(/^Error: no Kafka cluster "prod" is configured\n/);
  cpSync(join(ARCHIVES, 'none'), join(cwd, 'b'), { recursive: true });
  expect(await told('replay', 'b', '--to', 'kbak:c')).toMatch(/^Error: it is not said which ids the target has\n/);
  expect(await told('scan', 'b', '--framing', 'orders')).toMatch(/^Error: --framing orders is not TOPICS/);
  expect(await told('scan', 'b', '-t', 'ordres')).toMatch(/the source has no topic ordres\nTopics there: /);
  expect(await told('replay', 'b', '--to', 'kbak:c', '--no-map', '--shard', '3/2')).toMatch(/^Error: /);
});
