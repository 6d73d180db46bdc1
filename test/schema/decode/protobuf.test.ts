import { create, createFileRegistry, type DescMessage, fromBinary, toBinary, toJson } from '@bufbuild/protobuf';
import {
  AnySchema,
  DurationSchema,
  FieldDescriptorProto_Type,
  FileDescriptorProtoSchema,
  FileDescriptorSetSchema,
  file_google_protobuf_api,
  file_google_protobuf_descriptor,
  file_google_protobuf_struct,
  file_google_protobuf_type,
  ListValueSchema,
  StructSchema,
  TimestampSchema,
  ValueSchema,
} from '@bufbuild/protobuf/wkt';
import { describe, expect, it } from 'vitest';
import type { JsonValue } from '../../../src/model/json.ts';
import { decodeProtobuf, type MessageChoice } from '../../../src/schema/decode/decode-protobuf.ts';
import type { Decoded } from '../../../src/schema/decode/decoded.ts';
import type { ResolvedReference } from '../../../src/schema/language.ts';
import { protobufLanguage } from '../../../src/schema/protobuf/protobuf-language.ts';
import { randomNumbers } from '../../support/random-numbers.ts';
import { makeProto } from './proto-maker.ts';
import { below, runsOf, seedOf } from './seed.ts';

const seed = seedOf('decoding of random Protobuf');
const FIRST: MessageChoice = { from: 'first' };

function decode(
  schema: string,
  bytes: Uint8Array | string,
  choice: MessageChoice = FIRST,
  references: readonly ResolvedReference[] = [],
): Decoded {
  const given = typeof bytes === 'string' ? Buffer.from(bytes, 'hex') : Buffer.from(bytes);
  return decodeProtobuf({ schema, references }, given, 0, choice);
}

/** The message of the schema's descriptor, as the protobuf library has it. */
function messageOf(schema: string, name: string): DescMessage {
  const formatted = protobufLanguage.format({ schemaType: 'PROTOBUF', schema, references: [] }, 'serialized');
  if (formatted === undefined || 'error' in formatted) throw new Error(JSON.stringify(formatted));
  const file = fromBinary(FileDescriptorProtoSchema, Buffer.from(formatted.text, 'base64'));
  // Confluent's descriptors leave the names of types as the text has them.
  for (const { name: outer, field } of file.messageType) {
    for (const each of field) {
      if (each.typeName === '') continue;
      const isEntry = each.typeName.endsWith('Entry');
      each.typeName = isEntry ? `.a.b.${outer}.${each.typeName}` : `.a.b.${each.typeName}`;
      if (isEntry) each.type = FieldDescriptorProto_Type.MESSAGE;
    }
  }
  for (const { nestedType } of file.messageType) {
    for (const { field } of nestedType) {
      for (const each of field) if (each.typeName !== '') each.typeName = `.a.b.${each.typeName}`;
    }
  }
  const message = createFileRegistry(file, () => undefined).getMessage(name);
  if (message === undefined) throw new Error(`no ${name}`);
  return message;
}

describe('a Protobuf message', () => {
  it('of any schema is what the protobuf library wrote', () => {
    for (let run = 0, runs = runsOf(400); run < runs; run++) {
      const { text, value } = makeProto(below(randomNumbers(seed + run)));
      const { init, shown } = value();
      const desc = messageOf(text, 'a.b.M0');
      const bytes = toBinary(desc, create(desc, init as Record<string, unknown>));
      const decoded = decode(text, bytes);
      const how = `SRGIT_SEED=${seed + run} ${text} ${Buffer.from(bytes).toString('hex')}`;
      expect(decoded, how).toMatchObject({ complete: true, notes: [], unknownFields: [], message: 'a.b.M0' });
      expect(decoded.value, how).toEqual(shown);
    }
  });

  it('of proto2, with groups, extensions, defaults and everything else that descriptors have', () => {
    const files = [file_google_protobuf_descriptor, file_google_protobuf_type, file_google_protobuf_api];
    const set = create(FileDescriptorSetSchema, {
      file: [...files, file_google_protobuf_struct].map(({ proto }) => proto),
    });
    const schema =
      'syntax = "proto3"; import "google/protobuf/descriptor.proto"; message W { google.protobuf.FileDescriptorSet set = 1; }';
    const inner = Buffer.from(toBinary(FileDescriptorSetSchema, set));
    const length = Buffer.from([(inner.length & 0x7f) | 0x80, ((inner.length >> 7) & 0x7f) | 0x80, inner.length >> 14]);
    const decoded = decode(schema, Buffer.concat([Buffer.from([0x0a]), length, inner]));
    expect(decoded).toMatchObject({ complete: true, unknownFields: [] });
    const expected = toJson(FileDescriptorSetSchema, set, { useProtoFieldName: true });
    expect(decoded.value).toEqual({ set: expected });
    expect(JSON.stringify(expected).length).toBeGreaterThan(10_000);
  });

  it('of types that everybody knows is shown as what it means', () => {
    const wrap = (field: number, bytes: Uint8Array) =>
      Buffer.concat([Buffer.from([field * 8 + 2, bytes.length]), bytes]);
    const schema = `syntax = "proto3";
      import "google/protobuf/struct.proto"; import "google/protobuf/any.proto"; import "google/protobuf/wrappers.proto";
      import "google/protobuf/timestamp.proto"; import "google/protobuf/duration.proto"; import "confluent/type/decimal.proto";
      message W {
        google.protobuf.Timestamp at = 1; google.protobuf.Duration took = 2; google.protobuf.Struct more = 3;
        google.protobuf.ListValue list = 4; google.protobuf.Any any = 5; google.protobuf.BoolValue maybe = 6;
        confluent.type.Decimal price = 7; google.protobuf.Any other = 8; google.protobuf.StringValue word = 9;
      }`;
    const json = { a: [1.5, null, true, { b: 'c' }], d: {}, __proto__x: 'y' };
    const any = create(AnySchema, {
      typeUrl: 'type.googleapis.com/google.protobuf.Duration',
      value: Buffer.from('0805', 'hex'),
    });
    const other = create(AnySchema, { typeUrl: 'x/unknown.Type', value: Buffer.from('0805', 'hex') });
    const bytes = Buffer.concat([
      wrap(1, toBinary(TimestampSchema, create(TimestampSchema, { seconds: 1767323045n, nanos: 120_000_000 }))),
      wrap(2, toBinary(DurationSchema, create(DurationSchema, { seconds: -1n, nanos: -500_000_000 }))),
      wrap(3, toBinary(StructSchema, structOf(json))),
      wrap(
        4,
        toBinary(
          ListValueSchema,
          create(ListValueSchema, { values: [create(ValueSchema, { kind: { case: 'numberValue', value: 1 } })] }),
        ),
      ),
      wrap(5, toBinary(AnySchema, any)),
      wrap(6, Buffer.alloc(0)),
      wrap(7, Buffer.from('0a0201f4' + '1802', 'hex')),
      wrap(8, toBinary(AnySchema, other)),
      wrap(9, Buffer.from('0a0161', 'hex')),
    ]);
    expect(decode(schema, bytes)).toMatchObject({
      complete: true,
      value: {
        at: { seconds: 1767323045, nanos: 120_000_000, timestamp: '2026-01-02T03:04:05.120Z' },
        took: { seconds: -1, nanos: -500_000_000, duration: '-1.500s' },
        more: json,
        list: [1],
        any: { type_url: 'type.googleapis.com/google.protobuf.Duration', message: { seconds: 5, duration: '5s' } },
        maybe: { value: false },
        price: { value: { base64: 'AfQ=' }, scale: 2, decimal: '5.00' },
        other: { type_url: 'x/unknown.Type', value: { base64: 'CAU=' } },
        word: { value: 'a' },
      },
    });
  });

  it('of proto2 has groups and extensions, and must have what is required', () => {
    const schema = `syntax = "proto2"; package p;
      message M { required int32 a = 1; optional group Inner = 2 { optional string s = 3; } extensions 100 to 200; oneof o { string x = 5; int32 y = 6; } }
      extend M { optional string note = 100; }
      message Scope { extend M { optional int32 level = 101; } }`;
    expect(decode(schema, '0801' + '13' + '1a0161' + '14' + 'a206' + '0168' + 'a80605')).toMatchObject({
      complete: true,
      value: { a: 1, inner: { s: 'a' }, '[p.note]': 'h', '[p.Scope.level]': 5 },
    });
    expect(decode(schema, '2a0161' + '3007')).toMatchObject({
      complete: false,
      value: { y: 7 },
      problems: [{ offset: 5, path: '', message: 'p.M has no a, which is required' }],
    });
    expect(decode(schema, '0801' + '13' + '1a0161' + '1c').problems).toEqual([
      { offset: 6, path: 'inner', message: 'the end of group 3, which did not begin here' },
    ]);
  });
});

describe('the message of a file', () => {
  const schema = `syntax = "proto3"; package p; enum E { Z = 0; }
    message A { map<string, string> m = 1; message X { string x = 1; } message Y { string y = 1; enum F { W = 0; } message Z { string z = 1; } } }
    message B { string b = 1; }`;
  const read = (hex: string, choice: MessageChoice = { from: 'payload' }) => decode(schema, hex, choice);

  it('is told by its indexes, before the payload or in the header', () => {
    expect(read('00')).toMatchObject({ message: 'p.A', value: {} });
    expect(read('0202' + '0a0161')).toMatchObject({ message: 'p.B', value: { b: 'a' } });
    expect(read('040002' + '0a0161')).toMatchObject({ message: 'p.A.Y', value: { y: 'a' } });
    expect(read('06000200' + '0a0161')).toMatchObject({ message: 'p.A.Y.Z', value: { z: 'a' } });
    expect(read('0a0161', { from: 'header', indexes: Buffer.from('0202', 'hex') })).toMatchObject({
      message: 'p.B',
      value: { b: 'a' },
    });
    expect(read('0a0161', { from: 'header', indexes: Buffer.alloc(0) })).toMatchObject({ message: 'p.A' });
    expect(read('0a0161', { from: 'name', name: 'p.B', behindIndexes: false })).toMatchObject({ value: { b: 'a' } });
  });

  it('is told by indexes that count the entries of maps, where nothing else fits', () => {
    const note = expect.stringContaining('the message indexes count the entries of maps');
    // A has one map: its second message is the third of its descriptor.
    expect(read('040004' + '0a0161')).toMatchObject({
      message: 'p.A.Y',
      complete: true,
      value: { y: 'a' },
      notes: [{ message: note }],
    });
    expect(read('06000400' + '0a0161')).toMatchObject({ message: 'p.A.Y.Z', value: { z: 'a' } });
    // What the registry counts comes first, and stays where neither fits.
    expect(read('040002' + '0a0161')).toMatchObject({ message: 'p.A.Y', notes: [] });
    expect(read('040002' + '120161')).toMatchObject({ message: 'p.A.Y', unknownFields: [{ number: 2 }] });
    const wide = `syntax = "proto3"; message A { map<string, string> m = 1; message X { string x = 1; } message Y { int32 y = 1; } }`;
    expect(decode(wide, '040002' + '0a0161', { from: 'payload' })).toMatchObject({
      message: 'A.X',
      value: { x: 'a' },
      notes: [{ message: note }],
    });
  });

  it('is said to be missing', () => {
    expect(read('0206').problems[0]?.message).toBe('the schema has no message with the indexes 3');
    expect(read('').problems[0]?.message).toBe('the bytes end where the count of message indexes should be');
    expect(read('feffffff0f').problems[0]?.message).toBe('a message has no 2147483647 indexes');
    expect(read('00', { from: 'name', name: 'p.Q', behindIndexes: true }).problems[0]?.message).toBe(
      'the schema has no message p.Q',
    );
  });

  it('finds its types in what the schema refers to, however deep', () => {
    const inner: ResolvedReference = {
      name: 'c.proto',
      schemaType: 'PROTOBUF',
      schema: 'syntax = "proto3"; package c; message C { int32 n = 1; }',
      references: [],
    };
    const outer: ResolvedReference = {
      name: 'b.proto',
      schemaType: 'PROTOBUF',
      schema: 'syntax = "proto3"; package b; import public "c.proto"; message B { c.C c = 1; }',
      references: [inner],
    };
    const text = 'syntax = "proto3"; package a; import "b.proto"; message A { b.B b = 1; c.C c = 2; }';
    expect(decode(text, '0a04' + '0a020805' + '12020806', FIRST, [outer])).toMatchObject({
      complete: true,
      value: { b: { c: { n: 5 } }, c: { n: 6 } },
    });
    expect(decode(text, '0a020801')).toMatchObject({
      complete: true,
      value: { b: { base64: 'CAE=' } },
      notes: [{ offset: 0, path: 'b', message: 'nothing defines the type b.B: shown as it was written' }],
    });
  });
});

describe('a Protobuf message that does not fit', () => {
  const schema = `syntax = "proto3"; package p; message M { string id = 1; repeated M list = 2; map<string, M> by = 3; repeated int32 n = 4; M next = 5; E e = 6; enum E { ZERO = 0; } }`;
  const cases: readonly (readonly [string, string, string, number, string, JsonValue])[] = [
    ['a string beyond the end', '0a0561', 'id', 1, 'a string should have 5 bytes, and 1 are left', {}],
    [
      'a message in a message',
      '2a04' + '2a02' + '0a05',
      'next.next.id',
      5,
      'a string should have 5 bytes, and 0 are left',
      { next: { next: {} } },
    ],
    [
      'an item of a list',
      '1200' + '1202' + '0a05',
      'list[1].id',
      5,
      'a string should have 5 bytes, and 0 are left',
      { list: [{}, {}] },
    ],
    [
      'a value of a map',
      '1a07' + '0a0178' + '1202' + '0a05',
      'by["x"].id',
      8,
      'a string should have 5 bytes, and 0 are left',
      { by: { x: {} } },
    ],
    ['a packed number', '2202' + '01ff', 'n[1]', 4, 'the bytes end where an int32 should be', { n: [1] }],
    ['field number 0', '0001', '', 0, '0 is no field number', {}],
    ['a wire type that does not exist', '0e', '', 0, 'field 1 has the wire type 6, which does not exist', {}],
    ['the end of no group', '0c', '', 0, 'the end of group 1, which did not begin here', {}],
    ['a group without an end', '3b', '', 1, 'the bytes end where a field should be', {}],
  ];
  it.each(cases)('%s: its place and what was read', (_what, hex, path, offset, message, value) => {
    expect(decode(schema, hex)).toMatchObject({ value, complete: false, problems: [{ offset, path, message }] });
  });

  it('lists fields that the schema does not have, or has with another type', () => {
    const decoded = decode(
      schema,
      '3805' + '420161' + '4901000000000000004d' + '02000000' + '53' + '0801' + '54' + '0805' + '3007',
    );
    expect(decoded).toMatchObject({ complete: true, value: { e: 7 } });
    expect(decoded.unknownFields).toEqual([
      { offset: 0, path: '', number: 7, wireType: 'varint', value: 5 },
      { offset: 2, path: '', number: 8, wireType: 'bytes', value: { base64: 'YQ==', text: 'a' } },
      { offset: 5, path: '', number: 9, wireType: 'fixed64', value: 1 },
      { offset: 14, path: '', number: 9, wireType: 'fixed32', value: 2 },
      { offset: 19, path: '', number: 10, wireType: 'group', value: null },
      { offset: 23, path: '', number: 1, wireType: 'varint', value: 5 },
    ]);
    expect(decoded.notes.map(({ message }) => message)).toEqual([
      'field 1 is id of another type in the schema: it has the wire type varint',
      'enum p.M.E has no value 7',
    ]);
  });

  it('merges what is written in parts, and takes the later of two', () => {
    expect(decode(schema, '2a030a0161' + '2a022001' + '0a0161' + '0a0162').value).toEqual({
      next: { id: 'a', n: [1] },
      id: 'b',
    });
    expect(decode(schema, '2001' + '2202' + '0203').value).toEqual({ n: [1, 2, 3] });
  });

  it('cannot make much of few bytes', () => {
    let nested = Buffer.alloc(0);
    for (let level = 0; level < 2000; level++) {
      const length = nested.length;
      nested = Buffer.concat([Buffer.from([0x2a]), varint(length), nested]);
    }
    expect(decode(schema, nested).problems[0]?.message).toBe('nested deeper than 500 levels');
    expect(decode(schema, Buffer.alloc(100_000, 0x3b)).problems[0]?.message).toBe(
      'the bytes end where a field should be',
    );
    const bytes = Buffer.concat([Buffer.from([0x22]), varint(600_000), Buffer.alloc(600_000)]);
    expect(decode(schema, bytes).problems[0]?.message).toBe('more than 500000 values');
  });
});

function varint(value: number): Buffer {
  const bytes: number[] = [];
  for (let rest = value; ; rest >>>= 7) {
    if (rest < 0x80) return Buffer.from([...bytes, rest]);
    bytes.push((rest & 0x7f) | 0x80);
  }
}

function structOf(json: object): ReturnType<typeof create<typeof StructSchema>> {
  return create(StructSchema, {
    fields: Object.fromEntries(Object.entries(json).map(([name, value]) => [name, structValue(value)])),
  });
}

function structValue(value: unknown): ReturnType<typeof create<typeof ValueSchema>> {
  if (value === null) return create(ValueSchema, { kind: { case: 'nullValue', value: 0 } });
  if (typeof value === 'number') return create(ValueSchema, { kind: { case: 'numberValue', value } });
  if (typeof value === 'string') return create(ValueSchema, { kind: { case: 'stringValue', value } });
  if (typeof value === 'boolean') return create(ValueSchema, { kind: { case: 'boolValue', value } });
  if (Array.isArray(value)) {
    return create(ValueSchema, {
      kind: { case: 'listValue', value: create(ListValueSchema, { values: value.map(structValue) }) },
    });
  }
  return create(ValueSchema, { kind: { case: 'structValue', value: structOf(value as object) } });
}
