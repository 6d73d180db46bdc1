/**
 * Logs as files: those that Kafka's own library made (`test/records/fixtures`), laid out as brokers and copies of tiered
 * storage have them.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { FolderStorage } from '../../src/archive/folder-storage.ts';
import { openKafkaLog } from '../../src/archive/kafka-log.ts';
import { isSrgitError } from '../../src/errors.ts';
import { writePlainRecords } from '../../src/records/plain-records.ts';
import type { PlainRecord } from '../../src/records/record-slices.ts';
import { asText, batchOf, plainRecord } from '../records/random-records.ts';
import { readLines } from '../support/data.ts';
import { addFiles, readWhole, segmentName } from '../support/log-files.ts';
import { open, openFolder, removeFolders, three, v, values } from './kafka-log-made.ts';

afterEach(removeFolders);

describe("logs of Kafka's own library", () => {
  interface Golden {
    readonly name: string;
    readonly bytes: string;
    readonly batches: readonly { readonly control: boolean; readonly records?: readonly unknown[] }[];
  }
  const golden = readLines<Golden>(join(import.meta.dirname, '../records/fixtures/kafka-clients-4.3.1.ndjson'));

  it.each(golden.map((each) => [each.name, each] as const))('%s', async (_, { name, bytes, batches }) => {
    const { source, warnings } = await open({ [`t-0/${segmentName(0)}`]: Buffer.from(bytes, 'base64') });
    const { records, skipped } = await readWhole(source, 't', 0, { isolation: 'read_uncommitted' });
    const isControl = batches.some(({ control }) => control);
    if (isControl) {
      expect(records).toEqual([]);
      expect(skipped).toMatchObject([{ reason: 'control', records: 1 }]);
    } else if (name.startsWith('long-')) expect(records).toHaveLength(200);
    else expect(asText(records)).toEqual(batches.flatMap((batch) => batch.records ?? []));
    const [topic] = await source.topics();
    if (records.length > 0) expect(topic?.partitions[0]?.endOffset).toBeGreaterThan(records.at(-1)?.offset ?? 0n);
    expect(warnings).toEqual([]);
  });

  it('reads parts of messages of versions 0 and 1, compressed or not', async () => {
    for (const { bytes, batches } of golden.filter(({ name }) => /^v[01]-/.test(name))) {
      const { source } = await open({ [`t-0/${segmentName(0)}`]: Buffer.from(bytes, 'base64') });
      const all = batches.flatMap((batch) => batch.records ?? []) as [offset: string][];
      const from = BigInt(all[1]?.[0] ?? 0);
      const to = BigInt(all[3]?.[0] ?? 0);
      const { records } = await readWhole(source, 't', 0, { from, to });
      expect(asText(records)).toEqual(all.slice(1, 3));
      const [topic] = await source.topics();
      expect(topic?.partitions[0]?.firstOffset).toBe(BigInt(all[0]?.[0] ?? 0));
    }
  });
});

describe('a location', () => {
  const ID = 'AbCdEfGhIjKlMnOpQrStUv';

  it('may be laid out in many ways, and says what it leaves out', async () => {
    const gone = '0123456789abcdef0123456789abcdef';
    const { source, warnings } = await open({
      [`disk1/plain-0/${segmentName(0)}`]: three(0),
      'disk1/plain-0/00000000000000000000.timeindex': 'x',
      [`disk1/plain-0/${segmentName(3)}.swap`]: three(3),
      [`disk1/plain-0/${segmentName(6)}.deleted`]: three(6),
      [`disk1/plain-0/${segmentName(6)}.cleaned`]: three(6),
      [`tiered/aiven-${ID}/1/00000000000000000000-${ID}.log`]: three(0),
      [`tiered/aiven-${ID}/1/00000000000000000003-${ID.toLowerCase()}.log`]: three(3),
      [`tiered/0-local-1-${ID}/${ID}.log`]: three(3),
      [`tiered/0-local-1-${ID}/${ID.toLowerCase()}.log`]: three(0),
      [`tiered/${ID}-2-a-9/${ID}-segment`]: three(0),
      [`x-0.${gone}-delete/${segmentName(0)}`]: three(0),
      [`y-0.${gone}-future/${segmentName(0)}`]: three(0),
      [`z-0.${gone}-stray/${segmentName(0)}`]: three(0),
      [`nothing/${segmentName(0)}`]: three(0),
      'nothing/notes.log': 'text',
    });
    expect(
      (await source.topics()).map(({ name, partitions }) => [name, partitions.map(({ partition }) => partition)]),
    ).toEqual([
      ['0-local', [1]],
      ['a-9', [2]],
      ['aiven', [1]],
      ['plain', [0]],
    ]);
    expect(values(await readWhole(source, 'plain'))).toBe(v(0, 1, 2, 3, 4, 5));
    expect(values(await readWhole(source, 'aiven', 1))).toBe(v(0, 1, 2, 3, 4, 5));
    expect(values(await readWhole(source, '0-local', 1))).toBe(v(0, 1, 2, 3, 4, 5));
    expect(values(await readWhole(source, 'a-9', 2))).toBe(v(0, 1, 2));
    expect(warnings.map((text) => text.replace(/^.*\/(?=[^/]+\/ is)/, '')).sort()).toEqual([
      'nothing/ is left out: no topic and partition can be read from its name',
      `x-0.${gone}-delete/ is left out: of a deleted topic`,
      `y-0.${gone}-future/ is left out: a replica that was being moved here`,
      `z-0.${gone}-stray/ is left out: a replica that this broker should not have`,
    ]);
  });

  it("may be one partition's own folder", async () => {
    const { folder } = await open({ [`my-topic-7/${segmentName(0)}`]: three(0) });
    const { source } = await openFolder(join(folder, 'my-topic-7'));
    expect(values(await readWhole(source, 'my-topic', 7))).toBe(v(0, 1, 2));
  });

  it('gives no record that was deleted, although it is still there', async () => {
    const { source } = await open({
      'log-start-offset-checkpoint': '0\n2\nt 0 4\nother 0 9\n',
      [`t-0/${segmentName(0)}`]: Buffer.concat([three(0), three(3), three(6)]),
    });
    expect(values(await readWhole(source, 't'))).toBe(v(4, 5, 6, 7, 8));
    expect((await source.topics())[0]?.partitions[0]).toMatchObject({ firstOffset: 4n, endOffset: 9n });
  });

  it('has an id by its cluster and topics, wherever it lies', async () => {
    const files = {
      'meta.properties': 'version=1\ncluster.id=abc\nnode.id=1\n',
      't-0/partition.metadata': `version: 0\ntopic_id: ${ID}\n`,
      [`t-0/${segmentName(0)}`]: three(0),
    };
    const first = await open(files);
    const copy = await open({ ...files, [`t-0/${segmentName(3)}`]: three(3) });
    expect(copy.source.id).toBe(first.source.id);
    const remade = await open({ ...files, 't-0/partition.metadata': 'version: 0\ntopic_id: other\n' });
    expect(remade.source.id).not.toBe(first.source.id);
  });

  it('without logs is an error', async () => {
    await expect(open({ 'readme.txt': 'x' })).rejects.toMatchObject({ code: 'SRGIT_ARCHIVE_MISSING' });
    const { source } = await open({ [`t-0/${segmentName(0)}`]: three(0) });
    await expect(readWhole(source, 't', 1)).rejects.toMatchObject({ code: 'SRGIT_ARCHIVE_MISSING' });
  });

  it('is read from the middle by its index, if the index is right', async () => {
    const one = (offset: number): Buffer => batchOf([Buffer.alloc(10_000, offset)], BigInt(offset));
    const batches = Array.from({ length: 600 }, (_, offset) => one(offset));
    const size = batches[0]?.length ?? 0;
    const index = Buffer.alloc(8 * 1000);
    for (let entry = 0; entry < 60; entry++) {
      index.writeInt32BE(entry * 10 + 1, entry * 8);
      index.writeInt32BE((entry * 10 + 1) * size, entry * 8 + 4);
    }
    const { folder, source } = await open({
      [`t-0/${segmentName(0)}`]: Buffer.concat(batches),
      't-0/00000000000000000000.index': index,
    });
    const starts: number[] = [];
    const storage = new FolderStorage(folder);
    const watched = Object.assign(Object.create(storage) as FolderStorage, {
      read(key: string, options: { start?: number }) {
        if (key.endsWith('.log')) starts.push(options.start ?? 0);
        return storage.read(key, options);
      },
    });
    const byIndex = await openKafkaLog(watched);
    expect((await readWhole(byIndex, 't', 0, { from: 555n })).records).toHaveLength(45);
    expect(starts).toEqual([551 * size, 551 * size]);
    expect((await byIndex.topics())[0]?.partitions[0]?.endOffset).toBe(600n);
    for (const wrong of [Buffer.alloc(800, 0x11), index.subarray(0, 13), Buffer.from(index).fill(7, 4, 8)]) {
      await addFiles(folder, { 't-0/00000000000000000000.index': wrong });
      expect((await readWhole(source, 't', 0, { from: 555n })).records).toHaveLength(45);
      expect((await source.topics())[0]?.partitions[0]?.endOffset).toBe(600n);
    }
    await readFile(join(folder, 't-0', segmentName(0)));
  });

  it('ends reading with the signal', async () => {
    const { source } = await open({
      [`t-0/${segmentName(0)}`]: Buffer.concat(Array.from({ length: 20_000 }, (_, i) => three(3 * i))),
    });
    const stop = new AbortController();
    const reading = source.read('t', 0, { signal: stop.signal })[Symbol.asyncIterator]();
    await reading.next();
    stop.abort();
    const toTheEnd = async (): Promise<void> => {
      while (!(await reading.next()).done);
    };
    await expect(toTheEnd()).rejects.toSatisfy((error) => isSrgitError(error, 'SRGIT_INTERRUPTED'));
  });
});

describe('offsets of groups', () => {
  const text = (value: string): Buffer => {
    const bytes = Buffer.from(value);
    const length = Buffer.alloc(2);
    length.writeInt16BE(bytes.length);
    return Buffer.concat([length, bytes]);
  };
  const number = (value: number, size: 2 | 4): Buffer => {
    const bytes = Buffer.alloc(size);
    bytes.writeIntBE(value, 0, size);
    return bytes;
  };
  const long = (value: bigint): Buffer => {
    const bytes = Buffer.alloc(8);
    bytes.writeBigInt64BE(value);
    return bytes;
  };
  const keyOf = (group: string, topic: string, partition: number, version = 1): Buffer =>
    Buffer.concat([number(version, 2), text(group), text(topic), number(partition, 4)]);
  const commit = (version: number, offset: bigint, metadata = ''): Buffer =>
    Buffer.concat([
      number(version, 2),
      long(offset),
      ...(version >= 3 ? [number(7, 4)] : []),
      version >= 4 ? Buffer.concat([Buffer.from([metadata.length + 1]), Buffer.from(metadata)]) : text(metadata),
      long(1_700_000_000_000n),
      ...(version === 1 ? [long(1_800_000_000_000n)] : []),
      ...(version >= 4 ? [Buffer.from([0])] : []),
    ]);

  it('are the last ones, in every form that brokers wrote', async () => {
    const record = (key: Buffer, value: Buffer | null): Omit<PlainRecord, 'offset'> => plainRecord({ key, value });
    const list = [
      record(keyOf('old', 't', 0, 0), commit(0, 1n, 'note')),
      record(keyOf('old', 't', 1), commit(1, 2n)),
      record(keyOf('g', 't', 0), commit(2, 3n)),
      record(keyOf('g', 't', 0), commit(3, 4n, 'latest')),
      record(keyOf('g', 'elsewhere', 0), commit(3, 4n)),
      record(keyOf('new', 't', 0), commit(4, 2n ** 40n, 'flexible')),
      record(keyOf('gone', 't', 0), commit(3, 9n)),
      record(keyOf('gone', 't', 0), null),
      record(Buffer.concat([number(2, 2), text('g')]), Buffer.from('members')),
      record(keyOf('from the future', 't', 0), commit(9, 9n)),
      record(Buffer.from([0]), Buffer.from('?')),
    ].map((each, index) => ({ ...each, offset: BigInt(index) }));
    const { source, warnings } = await open({
      [`t-0/${segmentName(0)}`]: three(0),
      [`__consumer_offsets-4/${segmentName(0)}`]: writePlainRecords(list, { codec: 'gzip' }),
    });
    expect(await source.groups()).toEqual([
      { group: 'g', offsets: [{ topic: 't', partition: 0, offset: 4n, metadata: 'latest' }] },
      { group: 'new', offsets: [{ topic: 't', partition: 0, offset: 2n ** 40n, metadata: 'flexible' }] },
      {
        group: 'old',
        offsets: [
          { topic: 't', partition: 0, offset: 1n, metadata: 'note' },
          { topic: 't', partition: 1, offset: 2n },
        ],
      },
    ]);
    expect(warnings).toEqual([expect.stringMatching(/^1 records of __consumer_offsets/)]);
  });
});
