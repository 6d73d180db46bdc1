/** What names of files say, and which lines of a console are records. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseCcloudName } from '../../../src/archive/import/ccloud.ts';
import { readConsoleDump } from '../../../src/archive/import/console-dump.ts';
import { parseSchemaPath } from '../../../src/archive/import/schema-files.ts';
import { temporaryFolder } from '../../support/trees.ts';

describe('a file of ccloud-schema-exporter', () => {
  it.each([
    ['orders-value-1-100001-AVRO', ['orders-value', 1, 100001, 'AVRO']],
    ['a-2-3-4-5-JSON', ['a-2-3', 4, 5, 'JSON']],
    ['with+space%2B%C3%A9-1-2-PROTOBUF', ['with space+é', 1, 2, 'PROTOBUF']],
    ['100%-1-2-AVRO', ['100%', 1, 2, 'AVRO']],
    ['older+tool-1-2', ['older+tool', 1, 2, 'AVRO']],
    ['older-1-2-', ['older', 1, 2, 'AVRO']],
    ['-1-2-AVRO', ['', 1, 2, 'AVRO']],
  ])('is %s', (name, expected) => {
    const { subject, version, id, schemaType } = parseCcloudName(name) ?? {};
    expect([subject, version, id, schemaType]).toEqual(expected);
  });

  it.each(['orders', 'orders-1', 'orders-0-1-AVRO', 'orders-1-2-XML', 'o-1-99999999999-AVRO', 'notes.txt'])(
    'is not %s',
    (name) => {
      expect(parseCcloudName(name)).toBeUndefined();
    },
  );
});

describe('a path of a schema', () => {
  it.each([
    ['orders.avsc', 'orders', undefined, 'AVRO'],
    ['orders.v2.avsc', 'orders', 2, 'AVRO'],
    ['a/orders-V12.proto', 'a/orders', 12, 'PROTOBUF'],
    ['a/orders_v3.schema.json', 'a/orders', 3, 'JSON'],
    ['a/orders/v2.jsonschema', 'a/orders', 2, 'JSON'],
    ['a/orders/7.avsc', 'a/orders', 7, 'AVRO'],
    ['v4/orders.avsc', 'orders', 4, 'AVRO'],
    ['api/v4/orders.AVSC', 'api/orders', 4, 'AVRO'],
    ['v2.avsc', 'v2', undefined, 'AVRO'],
    ['orders-v0.avsc', 'orders-v0', undefined, 'AVRO'],
    ['rev2.avsc', 'rev2', undefined, 'AVRO'],
  ])('%s is %s version %s', (path, stem, version, schemaType) => {
    const found = parseSchemaPath(path);
    expect([found?.stem.join('/'), found?.version, found?.schemaType]).toEqual([stem, version, schemaType]);
  });

  it.each(['orders', 'orders.avdl', '.avsc', 'orders.constructor', 'orders.v2'])('is not %s', (path) => {
    expect(parseSchemaPath(path)).toBeUndefined();
  });
});

describe('a line of a console', () => {
  const KEY = '{"keytype":"SCHEMA","subject":"a}\\"{b","version":1,"magic":1}';
  it.each([
    [`${KEY}\t{"id":1}`, KEY, '{"id":1}', 0],
    [`${KEY}\tnull`, KEY, null, 0],
    [`${KEY}\t`, KEY, '', 0],
    [`null\t{"id":1}`, null, '{"id":1}', 0],
    [`CreateTime:17\tPartition:0\tOffset:3\t${KEY}\t{"id":1}`, KEY, '{"id":1}', 17],
    [`LogAppendTime:18\tPartition:0\tkind:"{x",other:1\t${KEY}\t{"id":1}`, KEY, '{"id":1}', 18],
    [`NO_TIMESTAMP\tNO_HEADERS\tnull\tnull`, null, null, 0],
  ])('%s', async (line, key, value, timestamp) => {
    const file = join(temporaryFolder(), 'dump');
    writeFileSync(file, `${line}\r\n`);
    const { records, faults } = await readConsoleDump(file, '\t');
    expect(faults).toEqual([]);
    expect(records.map((one) => [one.key?.toString() ?? null, one.value?.toString() ?? null, one.timestamp])).toEqual([
      [key, value, timestamp],
    ]);
  });

  it('without a key is none, and bytes that are no UTF-8 stay what they are', async () => {
    const file = join(temporaryFolder(), 'dump');
    const odd = Buffer.concat([
      Buffer.from('{"keytype":"NOOP","x":"'),
      Buffer.from([0xff]),
      Buffer.from('"}\t{"y":1}\n'),
    ]);
    writeFileSync(file, Buffer.concat([odd, Buffer.from('{"subject":"a","version":1,"id":1}\n')]));
    const { records, faults } = await readConsoleDump(file, undefined);
    expect(records[0]?.key?.includes(0xff)).toBe(true);
    expect(faults).toEqual([{ place: 'line 2', why: 'it has a key and no value' }]);
  });
});
