/**
 * Files of `kcat -J` lines: what kcat itself wrote (`fixtures/kcat-1.7.1.json`), random records written and read back, lines
 * that are odd, and lines that are broken.
 */
import { readFileSync } from 'node:fs';
import { access, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { FolderStorage } from '../../src/archive/folder-storage.ts';
import { type KcatOptions, openKcat } from '../../src/archive/kcat.ts';
import { KcatLine } from '../../src/archive/kcat-line.ts';
import { createKcat } from '../../src/archive/kcat-write.ts';
import type { Storage } from '../../src/archive/storage.ts';
import { DEFAULT_LIMITS } from '../../src/records/limits.ts';
import { sliceRecord } from '../../src/records/plain-records.ts';
import { RecordError } from '../../src/records/record-error.ts';
import type { PlainRecord } from '../../src/records/record-slices.ts';
import type { RecordSource } from '../../src/records/record-source.ts';
import { asText, plainRecord, records as randomRecords, seedOf } from '../records/random-records.ts';
import { makeFiles, readWhole, removeFolder } from '../support/log-files.ts';
import { randomNumbers } from '../support/random-numbers.ts';

const RUNS = Number(process.env['SRGIT_RUNS'] ?? 60);
const MUTATIONS = Number(process.env['SRGIT_MUTATIONS'] ?? 4000);
const FACTS = { topics: [], createdAt: 1_700_000_000_000 };

const folders: string[] = [];
afterEach(async () => {
  for (const folder of folders.splice(0)) await removeFolder(folder);
});

async function storageOf(content?: Buffer | string): Promise<FolderStorage> {
  const folder = await makeFiles(content === undefined ? {} : { 'f.jsonl': content });
  folders.push(folder);
  return new FolderStorage(folder);
}

async function openText(content: Buffer | string, options: KcatOptions = {}): Promise<RecordSource> {
  return openKcat(await storageOf(content), 'f.jsonl', options);
}

type Log = readonly { readonly topic: string; readonly partition: number; readonly records: readonly PlainRecord[] }[];

async function writeLog(storage: Storage, log: Log, facts: { rewrittenBy?: string } = {}): Promise<Buffer> {
  const sink = await createKcat(storage, 'f.jsonl');
  const parts = await Promise.all(
    log.map(async (part) => ({ ...part, sink: await sink.open(part.topic, part.partition) })),
  );
  const longest = Math.max(0, ...log.map(({ records }) => records.length));
  for (let i = 0; i < longest; i++) {
    for (const part of parts) {
      const record = part.records[i];
      if (record === undefined) continue;
      const { bytes, slices } = sliceRecord(record);
      await part.sink.append(bytes, slices, record.offset);
    }
  }
  for (const part of parts) await part.sink.close();
  await sink.finish({ ...FACTS, ...facts });
  return readFile(join(storage.location, 'f.jsonl'));
}

const line = (offset: number | undefined, payload: string | null = 'v', more: object = {}): string =>
  JSON.stringify({
    topic: 't',
    partition: 0,
    ...(offset === undefined ? {} : { offset }),
    key: null,
    payload,
    ...more,
  });

describe('what kcat wrote', () => {
  const golden = JSON.parse(readFileSync(join(import.meta.dirname, 'fixtures/kcat-1.7.1.json'), 'utf8')) as {
    readonly lines: string;
    readonly records: readonly { readonly partition: number; readonly record: unknown }[];
  };
  const lines = Buffer.from(golden.lines, 'base64');

  it('is read as the records that it was given, binary data and all', async () => {
    const source = await openText(lines);
    for (const partition of [0, 1]) {
      const { records } = await readWhole(source, 'odd', partition);
      expect(asText(records)).toEqual(
        golden.records.filter((each) => each.partition === partition).map(({ record }) => record),
      );
    }
    const [topic] = await source.topics();
    expect(topic?.partitions.map(({ firstOffset, endOffset, records }) => [firstOffset, endOffset, records])).toEqual([
      [0n, 6n, 6],
      [0n, 6n, 6],
    ]);
  });

  it('is what srgit writes, but for the number of the broker', async () => {
    const source = await openText(lines);
    const log = [];
    for (const partition of [0, 1]) {
      log.push({ topic: 'odd', partition, records: (await readWhole(source, 'odd', partition)).records });
    }
    const written = await writeLog(await storageOf(), log);
    const expected = lines.toString('latin1').replaceAll('"broker":1,', '"broker":-1,');
    expect(written.toString('latin1').split('\n').sort()).toEqual(expected.split('\n').sort());
  });

  it('is refused when a program took it for text on the way', async () => {
    const asJq = Buffer.from(lines.toString('utf8'));
    await expect(openText(asJq)).rejects.toMatchObject({
      code: 'SRGIT_RECORDS_DAMAGED',
      message: expect.stringMatching(/line \d+: binary data was replaced by U\+FFFD/),
    });
    const source = await openText(asJq, { allowReplaced: true });
    expect((await readWhole(source, 'odd')).records).toHaveLength(6);
  });
});

describe('kcat lines', () => {
  const seed = seedOf('kcat lines');

  it(`carry all records exactly, ${RUNS} times`, async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(
          fc.record({
            topic: fc.constantFrom('orders', 'a.b-c_0', 'other'),
            partition: fc.nat(3),
            records: randomRecords,
          }),
          { selector: ({ topic, partition }) => `${topic}/${partition}`, maxLength: 5 },
        ),
        async (log) => {
          const storage = await storageOf();
          await writeLog(storage, log);
          const source = await openKcat(storage, 'f.jsonl', { allowReplaced: true });
          const topics = await source.topics();
          expect(
            topics.flatMap(({ name, partitions }) => partitions.map((each) => `${name}/${each.partition}`)),
          ).toEqual(log.map(({ topic, partition }) => `${topic}/${partition}`).sort());
          for (const { topic, partition, records } of log) {
            expect(asText((await readWhole(source, topic, partition)).records)).toEqual(asText(records));
            const from = records[Math.floor(records.length / 3)]?.offset ?? 0n;
            const to = records[Math.floor((2 * records.length) / 3)]?.offset ?? 0n;
            const some = records.filter(({ offset }) => offset >= from && offset < to);
            expect(asText((await readWhole(source, topic, partition, { from, to })).records)).toEqual(asText(some));
          }
        },
      ),
      { seed, numRuns: RUNS },
    );
  }, 120_000);

  it('are read where they lie in a file of many blocks, whatever is between them', async () => {
    const text: string[] = [];
    const expected: string[] = [];
    for (let i = 0; i < 3000; i++) {
      text.push(JSON.stringify({ topic: 'u', partition: i % 7, offset: i, key: null, payload: 'x'.repeat(1500) }));
      if (i % 1000 < 3 || i === 2999) {
        text.push(line(i, `mine ${i}`));
        expected.push(`mine ${i}`);
      }
    }
    const content = `${text.join('\n')}\n`;
    expect(content.length).toBeGreaterThan(4 << 20);
    const source = await openText(content);
    const { records } = await readWhole(source, 't');
    expect(records.map(({ value }) => String(value))).toEqual(expected);
    const { records: others } = await readWhole(source, 'u', 3);
    expect(others.map(({ offset }) => Number(offset))).toEqual(
      Array.from({ length: 3000 }, (_, i) => i).filter((i) => i % 7 === 3),
    );
  });

  it('may be written otherwise than kcat does', async () => {
    const source = await openText(
      [
        `\ufeff ${line(0, 'first')}\r`,
        '',
        '{ "payload" : "\\u00e9\\ud83d\\ude00\\/" , "key":"k", "offset": 1 , "other":[1,{"a":null}],"partition":0,"topic":"\\u0074"}',
        line(2, 'v', { headers: { a: ['1', null], b: ['2'] }, ts: -5, extra: 1.5e3 }),
        line(9_007_199_254, '').replace('9007199254', '9223372036854775806'),
      ].join('\n'),
    );
    const { records } = await readWhole(source, 't');
    expect(asText(records)).toEqual(
      asText([
        plainRecord({ offset: 0n, timestamp: -1n, value: Buffer.from('first') }),
        plainRecord({ offset: 1n, timestamp: -1n, key: Buffer.from('k'), value: Buffer.from('é\u{1f600}/') }),
        plainRecord({
          offset: 2n,
          timestamp: -5n,
          value: Buffer.from('v'),
          headers: [
            [Buffer.from('a'), Buffer.from('1')],
            [Buffer.from('a'), null],
            [Buffer.from('b'), Buffer.from('2')],
          ],
        }),
        plainRecord({ offset: 2n ** 63n - 2n, timestamp: -1n, value: Buffer.alloc(0) }),
      ]),
    );
  });

  it('without offsets are counted', async () => {
    const source = await openText([line(undefined, 'a'), line(undefined, 'b'), line(undefined, 'c')].join('\n'));
    const { records } = await readWhole(source, 't', 0, { from: 1n });
    expect(records.map(({ offset, value }) => `${offset} ${value}`)).toEqual(['1 b', '2 c']);
  });

  it.each([
    ['offsets that descend', [line(5), line(4)], /line 2: offset 4 of t-0 comes after 5/],
    ['an offset twice', [line(5), line(5)], /line 2: offset 5 of t-0 comes after 5/],
    ['offsets in some lines only', [line(5), line(undefined)], /line 2: some lines/],
  ])('with %s are refused', async (_, lines, message) => {
    await expect(openText(lines.join('\n'))).rejects.toMatchObject({
      code: 'SRGIT_ARCHIVE_INVALID',
      message: expect.stringMatching(message),
    });
  });

  it.each([
    ['no JSON', 'nothing', /line 2: a line is no JSON object/],
    ['no topic', '{"partition":0,"offset":1,"payload":"x"}', /"topic" is missing/],
    [
      'no payload',
      '{"topic":"t","partition":0,"offset":1,"key":"x"}',
      /"payload" is missing: null would be a tombstone/,
    ],
    ['a payload that kcat deserialized', line(1, null).replace('"payload":null', '"payload":{"a":1}'), /neither text/],
    ['a schema id of kcat', line(1, 'x', { value_schema_id: 7 }), /deserialized/],
    ['half a surrogate pair', line(1).replace('"v"', '"\\ud83d"'), /half a surrogate pair/],
    ['an offset that is no whole number', line(1).replace(':1,', ':1.5,'), /whole number/],
    ['more behind the object', `${line(1)} {}`, /something follows/],
    ['a header without a value', line(1, 'x', { headers: ['a'] }), /a header has no value/],
  ])('with %s are an error that names the line, and can be passed over', async (_, bad, message) => {
    const text = [line(0, 'before'), bad, line(3, 'after')].join('\n');
    const source = await openText(text);
    await expect(readWhole(source, 't')).rejects.toMatchObject({
      code: 'SRGIT_RECORDS_DAMAGED',
      message: expect.stringMatching(message),
    });
    const { records, skipped } = await readWhole(source, 't', 0, { skipDamaged: true });
    expect(records.map(({ value }) => String(value))).toEqual(['before', 'after']);
    expect(skipped).toMatchObject([{ reason: 'damaged', firstOffset: 1n, lastOffset: 1n }]);
    expect(skipped[0]?.detail).toMatch(/^line 2: /);
  });

  it('that end within the last one are read up to there, with a warning', async () => {
    const warnings: string[] = [];
    const source = await openText(`${line(0)}\n${line(1).slice(0, -4)}`, {
      onWarning: (text) => void warnings.push(text),
    });
    expect((await readWhole(source, 't')).records).toHaveLength(1);
    expect(warnings).toEqual([expect.stringMatching(/line 2: .*the file ends inside this line/)]);
  });

  it('have a limit', async () => {
    const limits = { ...DEFAULT_LIMITS, maxBatchBytes: 200_000 };
    const fits = `${line(0, 'x'.repeat(199_000))}\n${line(1)}`;
    expect((await readWhole(await openText(fits, { limits }), 't')).records).toHaveLength(2);
    await expect(openText(`${line(0)}\n${line(1, 'x'.repeat(300_000))}\n`, { limits })).rejects.toMatchObject({
      code: 'SRGIT_ARCHIVE_INVALID',
      message: expect.stringMatching(/line 2: a line is longer/),
    });
  });

  it('may not change meanwhile', async () => {
    const storage = await storageOf(line(0));
    const source = await openKcat(storage, 'f.jsonl');
    await storage.write('f.jsonl', Buffer.from(`${line(0)}\n${line(1)}`));
    await expect(readWhole(source, 't')).rejects.toMatchObject({ code: 'SRGIT_ARCHIVE_INVALID' });
  });

  it('end with the signal', async () => {
    const source = await openText(Array.from({ length: 20_000 }, (_, i) => line(i, 'x'.repeat(200))).join('\n'));
    const stop = new AbortController();
    const reading = source.read('t', 0, { signal: stop.signal })[Symbol.asyncIterator]();
    await reading.next();
    stop.abort();
    await expect(
      (async () => {
        while (!(await reading.next()).done);
      })(),
    ).rejects.toMatchObject({ code: 'SRGIT_INTERRUPTED' });
  });
});

describe('a sink of kcat lines', () => {
  const log: Log = [{ topic: 't', partition: 0, records: [plainRecord({ value: Buffer.from('x') })] }];

  it('says beside the file that it was rewritten', async () => {
    const storage = await storageOf();
    await writeLog(storage, log, { rewrittenBy: 'abc' });
    const source = await openKcat(storage, 'f.jsonl');
    expect(source.rewrittenBy).toBe('abc');
    expect((await openKcat(storage, 'f.jsonl')).id).toBe(source.id);
    // Another file in its place is another archive.
    await storage.write('f.jsonl', Buffer.from(line(0)));
    expect((await openKcat(storage, 'f.jsonl')).rewrittenBy).toBeUndefined();
  });

  it('writes over nothing', async () => {
    const storage = await storageOf('{}');
    await expect(createKcat(storage, 'f.jsonl')).rejects.toMatchObject({ code: 'SRGIT_STORAGE_WRITE' });
    expect(await readFile(join(storage.location, 'f.jsonl'), 'utf8')).toBe('{}');
  });

  it('leaves nothing when it is given up', async () => {
    const storage = await storageOf();
    const sink = await createKcat(storage, 'f.jsonl');
    const part = await sink.open('t', 0);
    const { bytes, slices } = sliceRecord(plainRecord({ value: Buffer.alloc(300_000) }));
    for (let i = 0n; i < 40n; i++) await part.append(bytes, slices, i);
    await sink.abort();
    expect(await readdir(storage.location)).toEqual([]);
  });

  it('tells who appends that the storage failed, and does not hang', async () => {
    const storage = await storageOf();
    await access(storage.location);
    const failing: Storage = Object.assign(Object.create(storage) as Storage, {
      write: async (_key: string, content: AsyncIterable<Buffer>) => {
        for await (const _ of content) throw new Error('no space');
        throw new Error('no chunk');
      },
    });
    const sink = await createKcat(failing, 'f.jsonl');
    const part = await sink.open('t', 0);
    const { bytes, slices } = sliceRecord(plainRecord({ value: Buffer.alloc(1 << 20, 'x') }));
    const append = async (): Promise<void> => {
      for (let i = 0n; i < 100n; i++) await part.append(bytes, slices, i);
    };
    await expect(append()).rejects.toThrow('no space');
    await expect(sink.finish(FACTS)).rejects.toThrow('no space');
  });
});

describe('broken lines', () => {
  it(`are refused, or are JSON with the same content, ${MUTATIONS} times`, () => {
    const next = randomNumbers(seedOf('broken kcat lines'));
    const random = (below: number): number => Math.floor(next() * below);
    const sound = [
      line(7, 'pay\u0000lo\\ad"', { ts: 5, headers: ['a', 'b', 'c', null], broker: 1 }),
      line(0, null, { other: [1, -2.5e3, true, { x: [null] }], headers: { a: ['1'] } }),
      '{ "topic" : "\\u0074\\ud83d\\ude00", "partition":1, "offset":2 ,"payload":"\\n\\u00e9" }',
    ];
    const parser = new KcatLine();
    let accepted = 0;
    for (let i = 0; i < MUTATIONS; i++) {
      const text = [...(sound[random(sound.length)] ?? '')];
      for (let times = random(3); times >= 0; times--) {
        const at = random(text.length);
        const piece =
          ['"', '\\', '{', '}', '[', ']', ',', ':', '0', '-', 'u', 'n', ' ', '\u0001', 'é'][random(15)] ?? '';
        text.splice(at, random(3), ...(random(4) === 0 ? [] : [piece]));
      }
      const mutated = text.join('');
      const bytes = Buffer.from(mutated);
      try {
        parser.parse(bytes, 0, bytes.length);
      } catch (error) {
        expect(error, mutated).toBeInstanceOf(RecordError);
        continue;
      }
      accepted++;
      const json = JSON.parse(mutated) as Record<string, unknown>;
      expect(json['topic'], mutated).toBe(parser.topic);
      // -0 is 0.
      expect(Number(json['partition']) + 0, mutated).toBe(parser.partition);
      const payload =
        parser.valueLength < 0
          ? null
          : bytes.toString('utf8', parser.valueStart, parser.valueStart + parser.valueLength);
      expect(json['payload'], mutated).toBe(payload);
    }
    expect(accepted).toBeGreaterThan(MUTATIONS / 50);
    expect(accepted).toBeLessThan(MUTATIONS);
  });
});
