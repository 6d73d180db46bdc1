/** Rules of evolution that the recordings show at one place only, and how they join. */
import { describe, expect, it } from 'vitest';
import { protobufLanguage } from '../../../src/schema/protobuf/protobuf-language.ts';
import { compare, protobuf, referTo } from './language.ts';

const proto3 = (body: string) => protobuf(`syntax = "proto3"; ${body}`);
const proto2 = (body: string) => protobuf(`syntax = "proto2"; ${body}`);

describe('fields', () => {
  it('of numbers keep their label where both sides have one', () => {
    const labelled = (label: string, type = 'int32') => proto2(`message M { ${label} ${type} a = 1; }`);
    expect(compare(labelled('optional'), labelled('required'))).toEqual(['FIELD_NUMERIC_LABEL_CHANGED #/M/1']);
    expect(compare(labelled('optional', 'string'), labelled('required', 'bytes'))).toEqual([]);
    expect(compare(proto3('message M { int32 a = 1; }'), labelled('optional'))).toEqual([]);
  });

  it('are told by number, small ones first, behind the oneofs and before the messages inside', () => {
    const before = proto3(
      'message M { int32 c = 20; int32 a = 1; oneof o { int32 z = 30; int32 y = 31; } message N {} }',
    );
    const after = proto3('message M { string c = 20; string a = 1; oneof o { int32 y = 31; } }');
    expect(compare(before, after)).toEqual([
      'ONEOF_FIELD_REMOVED #/M/o/30',
      'FIELD_SCALAR_KIND_CHANGED #/M/1',
      'FIELD_SCALAR_KIND_CHANGED #/M/20',
      'MESSAGE_REMOVED #/M/N',
    ]);
  });

  it('that are maps tell of their keys and of their values', () => {
    const before = proto3('message M { map<int32, string> a = 1; }');
    const after = proto3('message M { map<string, double> a = 1; }');
    expect(compare(before, after)).toEqual(['FIELD_SCALAR_KIND_CHANGED #/M/1', 'FIELD_SCALAR_KIND_CHANGED #/M/1']);
  });

  it('of a type that is not there count as of a message', () => {
    expect(compare(proto3('message M { Gone a = 1; }'), proto3('message M { Gone a = 1; }'))).toEqual([]);
    expect(compare(proto3('message M { Gone a = 1; }'), proto3('message M { int32 a = 1; }'))).toEqual([
      'FIELD_KIND_CHANGED #/M/1',
    ]);
  });
});

describe('fields that move into a oneof', () => {
  const inM = (body: string) => proto3(`message M { ${body} }`);

  it.each([
    [
      'string a = 1; string b = 2; oneof o { string c = 3; }',
      'oneof o { string a = 1; string b = 2; string c = 3; }',
      'MULTIPLE_FIELDS_MOVED_TO_ONEOF #/M/o',
    ],
    [
      'string a = 1; oneof o { string b = 2; }',
      'oneof r { string a = 1; string b = 2; }',
      'FIELD_MOVED_TO_EXISTING_ONEOF #/M/r',
    ],
    ['string a = 1; oneof o { string b = 2; }', 'oneof o { string a = 1; }', 'ONEOF_FIELD_REMOVED #/M/o/2'],
    [
      'string a = 1; oneof o { string b = 2; }',
      'oneof o { string a = 1; string c = 3; } oneof p { string b = 2; }',
      'ONEOF_FIELD_REMOVED #/M/o/2',
    ],
  ])('from %s to %s', (before, after, difference) => {
    expect(compare(inM(before), inM(after))).toEqual([difference]);
  });

  it('are told first, by the order of the oneofs', () => {
    const before = inM('string a = 1; string b = 2; oneof p { string c = 3; string d = 4; string e = 5; }');
    const after = inM('oneof z { string a = 1; string d = 4; } oneof p { string b = 2; int32 c = 3; }');
    expect(compare(before, after)).toEqual([
      'FIELD_MOVED_TO_EXISTING_ONEOF #/M/z',
      'FIELD_MOVED_TO_EXISTING_ONEOF #/M/p',
      'FIELD_SCALAR_KIND_CHANGED #/M/p/3',
      'ONEOF_FIELD_REMOVED #/M/p/4',
      'ONEOF_FIELD_REMOVED #/M/p/5',
    ]);
  });

  it('are not missed, required ones neither', () => {
    expect(
      compare(proto2('message M { required string a = 1; }'), proto2('message M { oneof o { string a = 1; } }')),
    ).toEqual([]);
  });
});

describe('messages of other files', () => {
  const using = (type: string, ...lines: string[]) =>
    protobuf(`syntax = "proto3"; import "t.proto"; message M { t.T a = 1; t.T b = 2; }`, [
      referTo('t.proto', `syntax = "proto3"; package t; message T { ${type} x = 1; } ${lines.join('')}`),
    ]);

  it('are compared where they are used', () => {
    expect(compare(using('int32'), using('int64'))).toEqual([]);
    expect(compare(using('int32'), using('string'))).toEqual([
      'FIELD_SCALAR_KIND_CHANGED #/T/1',
      'FIELD_NAMED_TYPE_CHANGED #/M/1',
      'FIELD_SCALAR_KIND_CHANGED #/T/1',
      'FIELD_NAMED_TYPE_CHANGED #/M/2',
    ]);
  });

  it('are told with the messages around them', () => {
    const nested = (type: string) =>
      protobuf('syntax = "proto3"; import "g.proto"; message M { g.x.Addr.In a = 1; }', [
        referTo('g.proto', `syntax = "proto3"; package g.x; message Addr { message In { ${type} s = 1; } }`),
      ]);
    expect(compare(nested('string'), nested('int32'))).toEqual([
      'FIELD_SCALAR_KIND_CHANGED #/Addr/In/1',
      'FIELD_NAMED_TYPE_CHANGED #/M/1',
    ]);
  });

  it('are not, where nobody uses them', () => {
    expect(
      compare(using('int32', 'message U { int32 y = 1; }'), using('int32', 'message U { string y = 1; }')),
    ).toEqual([]);
  });

  it('may hold themselves', () => {
    const recursive = (type: string) => using('T', `message U { T t = 1; } message V { ${type} v = 1; }`);
    expect(compare(recursive('int32'), recursive('int64'))).toEqual([]);
  });
});

it('names the sides as asked', () => {
  const [writer, reader] = [proto3('package a; message M {}'), proto3('package b; message M {}')];
  expect(protobufLanguage.findIncompatibilities(reader, writer, 'old')).toEqual([
    {
      errorType: 'PACKAGE_CHANGED',
      path: '#/',
      description: "The package at '#/' in the old schema does not match the package in the new schema",
      message:
        '{errorType:"PACKAGE_CHANGED", description:"The package at \'#/\' in the old schema does not match the package in the new schema"}',
    },
  ]);
});

it('does not call a text compatible that is no schema', () => {
  expect(compare(protobuf('nope'), proto3('message M {}'))).toHaveLength(1);
});
