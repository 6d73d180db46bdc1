/** Backups of Karapace's tool in its three versions, as its own writer lays them out. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import xxhash from 'xxhash-wasm';
import { openKarapaceBackup } from '../../src/archive/karapace/open-karapace.ts';
import type { TopicRecord } from '../../src/semantics/topic/topic-record.ts';
import { temporaryFolder } from '../support/trees.ts';

const KEY = '{"keytype":"SCHEMA","subject":"a","version":1,"magic":1}';

async function readAll(file: string): Promise<TopicRecord[]> {
  const records: TopicRecord[] = [];
  for await (const record of (await openKarapaceBackup(file)).records()) records.push(record);
  return records;
}

function fileOf(content: string | Buffer, name = 'backup'): string {
  const folder = temporaryFolder();
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, name), content);
  return join(folder, name);
}

describe('version 1', () => {
  it('is a list of pairs', async () => {
    const file = fileOf(
      JSON.stringify([
        [JSON.parse(KEY), { id: 1 }],
        [KEY, 'null'],
        [{ keytype: 'NOOP' }, null],
      ]),
    );
    expect(await openKarapaceBackup(file)).toMatchObject({ version: 1 });
    const records = await readAll(file);
    expect(records.map(({ key, value }) => [key?.toString(), value?.toString() ?? null])).toEqual([
      [KEY, '{"id":1}'],
      [KEY, null],
      ['{"keytype":"NOOP"}', null],
    ]);
  });

  it.each(['not json', '{}', '[[1]]', '[5]'])('is not %s', async (text) => {
    await expect(readAll(fileOf(text))).rejects.toMatchObject({ code: 'SRGIT_ARCHIVE_INVALID' });
  });
});

describe('version 2', () => {
  it('has hexadecimal lines', async () => {
    const hex = Buffer.from(KEY).toString('hex').toUpperCase();
    const records = await readAll(fileOf(`/V2\n${hex}\t7B7D\n${hex}\tnull\nnull\t\n`));
    expect(
      records.map(({ offset, key, value }) => [offset, key?.toString() ?? null, value?.toString() ?? null]),
    ).toEqual([
      [0n, KEY, '{}'],
      [1n, KEY, null],
      [2n, null, ''],
    ]);
  });

  it.each([
    ['7B\t7', 'ends inside'],
    ['7B\n', 'line 2'],
    ['7X\t7B\n', 'not hexadecimal'],
    ['7B\t7B\t7B\n', 'line 2'],
  ])('names the line of %j', async (text, message) => {
    await expect(readAll(fileOf(`/V2\n${text}`))).rejects.toThrow(message);
  });
});

describe('version 3', () => {
  const records: TopicRecord[] = Array.from({ length: 250 }, (_, at) => ({
    offset: BigInt(at * 3),
    timestamp: 1_700_000_000_000 + at,
    key: at % 7 === 0 ? null : Buffer.from(`${KEY}${at}`),
    value: at % 5 === 0 ? null : Buffer.alloc(at, at),
    headers: at % 3 === 0 ? [[Buffer.from('h'), Buffer.from([at])]] : [],
  }));

  it('has times, offsets, headers and checksums', async () => {
    const file = await writeV3(records);
    expect(await openKarapaceBackup(file)).toMatchObject({
      version: 3,
      topic: '_schemas',
      config: { 'cleanup.policy': 'compact' },
      replicationFactor: 3,
    });
    expect(await readAll(file)).toEqual(records);
  });

  it('of an empty topic has no data file', async () => {
    expect(await readAll(await writeV3([]))).toEqual([]);
  });

  const seed = Number(process.env['SRGIT_SEED'] ?? Date.now() % 1_000_000_007);

  it(`is read whole or refused, whatever byte is another (SRGIT_SEED=${seed})`, async () => {
    const bytes = (await writeV3Files(records)).data;
    const runs = { numRuns: 200, seed };
    await fc.assert(
      fc.asyncProperty(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), async (at, by) => {
        const damaged = Buffer.from(bytes);
        damaged[at] = (damaged[at] ?? 0) ^ by;
        const file = await writeV3(records, damaged);
        await expect(readAll(file)).rejects.toMatchObject({ code: 'SRGIT_ARCHIVE_INVALID' });
      }),
      runs,
    );
    await expect(readAll(await writeV3(records, bytes.subarray(0, -1)))).rejects.toThrow('cut off');
    await expect(readAll(await writeV3(records, Buffer.concat([bytes, bytes])))).rejects.toThrow('behind its last');
  });

  it('does not follow a name out of its folder', async () => {
    const file = await writeV3(records, undefined, '../x');
    await expect(readAll(file)).rejects.toThrow('outside its folder');
  });
});

/** As the tool writes it, from its Avro schemas. */
async function writeV3(records: readonly TopicRecord[], data?: Buffer, name = '_schemas:0.data'): Promise<string> {
  const files = await writeV3Files(records, name);
  const file = fileOf(files.metadata, '_schemas.metadata');
  if (records.length > 0) writeFileSync(join(file, '..', '_schemas:0.data'), data ?? files.data);
  return file;
}

async function writeV3Files(records: readonly TopicRecord[], name = '_schemas:0.data') {
  const { create64 } = await xxhash();
  const running = create64();
  const digest = () => {
    const bytes = Buffer.alloc(8);
    bytes.writeBigUInt64BE(running.digest());
    return bytes;
  };
  const data: Buffer[] = [];
  for (const [at, { key, value, headers = [], offset, timestamp }] of records.entries()) {
    const checkpoint = at % 100 === 99 ? digest() : null;
    const head = headers.map(([one, other]) => Buffer.concat([bytes(one), bytes(other ?? Buffer.alloc(0))]));
    const record = Buffer.concat([
      ...[key, value].map(nullable),
      array(head),
      long(offset),
      long(BigInt(timestamp)),
      nullable(checkpoint),
    ]);
    const sized = Buffer.concat([uint32(record.length), record]);
    running.update(sized);
    data.push(sized);
  }
  const text = (value: string): Buffer => bytes(Buffer.from(value));
  const file = [text(name), long(0n), bytes(digest()), long(BigInt(records.length)), long(0n), long(9n)];
  const metadata = Buffer.concat([
    long(3n),
    text('karapace'),
    text('3.9.0'),
    long(1n),
    long(2n),
    long(BigInt(records.length)),
    text('_schemas'),
    long(1n),
    long(1n),
    long(3n),
    array([Buffer.concat([text('cleanup.policy'), text('compact')])]),
    array(records.length === 0 ? [] : [Buffer.concat(file)]),
    long(1n),
  ]);
  return {
    metadata: Buffer.concat([Buffer.from('/V3\n'), uint32(metadata.length), metadata]),
    data: Buffer.concat(data),
  };
}

function long(value: bigint): Buffer {
  const encoded: number[] = [];
  let rest = BigInt.asUintN(64, (value << 1n) ^ (value >> 63n));
  for (; rest >= 128n; rest >>= 7n) encoded.push(Number(rest & 127n) | 128);
  return Buffer.from([...encoded, Number(rest)]);
}

function bytes(value: Buffer): Buffer {
  return Buffer.concat([long(BigInt(value.length)), value]);
}

function nullable(value: Buffer | null): Buffer {
  return value === null ? long(1n) : Buffer.concat([long(0n), bytes(value)]);
}

function array(items: readonly Buffer[]): Buffer {
  return items.length === 0 ? long(0n) : Buffer.concat([long(BigInt(items.length)), ...items, long(0n)]);
}

function uint32(value: number): Buffer {
  const encoded = Buffer.alloc(4);
  encoded.writeUInt32BE(value);
  return encoded;
}
