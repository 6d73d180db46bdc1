/** What the recordings show of checking a reader against a writer, brought to its ends. */
import { expect, it } from 'vitest';
import { avroLanguage } from '../../../src/schema/avro/avro-language.ts';
import type { ResolvedSchema } from '../../../src/schema/language.ts';

function check(reader: string, writer: string): readonly string[] {
  const resolve = (schema: string): ResolvedSchema => ({ schemaType: 'AVRO', schema, references: [] });
  const found = avroLanguage.findIncompatibilities(resolve(reader), resolve(writer), 'new');
  return found.map(({ errorType, path, message }) => {
    if (errorType !== 'UNEXPECTED_EXCEPTION') expect(message).toContain(`path '${path}'`);
    return `${errorType} ${path}`;
  });
}

function record(fields: string, name = 'R', rest = ''): string {
  return `{"type":"record","name":"${name}"${rest},"fields":[${fields}]}`;
}

it('repeats what a pair of types found where the pair is met again, under its first path', () => {
  const schema = (type: string) =>
    record(`{"name":"a","type":${record(`{"name":"v","type":"${type}"}`, 'T')}},{"name":"b","type":"T"}`);
  const first = 'TYPE_MISMATCH /fields/0/type/fields/0/type';
  expect(check(schema('int'), schema('string'))).toEqual([first, first]);
});

it('begins a new path inside of unions, and keeps it for the pair', () => {
  const schema = (type: string) => {
    const inner = record(`{"name":"v","type":"${type}"}`, 'T');
    return record(`{"name":"a","type":["null",${inner}]},{"name":"b","type":"T"}`);
  };
  expect(check(schema('int'), schema('string'))).toEqual([
    'MISSING_UNION_BRANCH /fields/0/type/1',
    'TYPE_MISMATCH /fields/0/type',
  ]);
});

it("counts a writer's branches where the reader has none", () => {
  expect(check('"int"', '["null","int","string"]')).toEqual(['TYPE_MISMATCH /0', 'TYPE_MISMATCH /2']);
});

it("takes no enum's own default for the default of a field", () => {
  const color = '{"type":"enum","name":"E","symbols":["A"],"default":"A"}';
  expect(check(record(`{"name":"a","type":${color}}`), record(''))).toEqual(['TYPE_MISMATCH /fields/0/type']);
});

it('compares short names, and aliases with their namespace', () => {
  const fixed = (name: string, rest = '') => `{"type":"fixed","name":"${name}","size":1${rest}}`;
  expect(check(fixed('x.F'), fixed('y.F'))).toEqual([]);
  expect(check(fixed('x.F'), fixed('x.G'))).toEqual(['NAME_MISMATCH /name']);
  expect(check(fixed('x.F', ',"aliases":["G"]'), fixed('x.G'))).toEqual([]);
  expect(check(fixed('x.F', ',"aliases":["G"]'), fixed('y.G'))).toEqual(['NAME_MISMATCH /name']);
});

it('finds a renamed field by its alias, and gives up where two fields fit', () => {
  const renamed = record('{"name":"n","aliases":["a"],"type":"int"}');
  expect(check(renamed, record('{"name":"a","type":"int"}'))).toEqual([]);
  expect(check(renamed, record('{"name":"a","type":"int"},{"name":"n","type":"int"}'))).toEqual([
    'UNEXPECTED_EXCEPTION /',
  ]);
});

it('does not fail on names that mean something to JavaScript', () => {
  const named = (name: string) => record(`{"name":"${name}","type":"int"}`, name);
  for (const name of ['__proto__', 'constructor', 'toString', 'hasOwnProperty']) {
    expect(check(named(name), named(name))).toEqual([]);
    expect(check(named(name), record('', name))).toEqual(['READER_FIELD_MISSING_DEFAULT_VALUE /fields/0']);
  }
});
