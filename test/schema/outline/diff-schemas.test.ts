/** What a person is told of the change from one schema to another. */
import { describe, expect, it } from 'vitest';
import type { SchemaType } from '../../../src/model/schema-version.ts';
import type { ResolvedSchema } from '../../../src/schema/language.ts';
import { diffSchemas, type SchemaChange } from '../../../src/schema/outline/diff-schemas.ts';

const schemaOf = (schemaType: SchemaType, schema: string | object): ResolvedSchema => ({
  schemaType,
  schema: typeof schema === 'string' ? schema : JSON.stringify(schema),
  references: [],
});

/** `~ field Order.a: type int → long !FORWARD` */
function line({ change, kind, name, facts, breaks }: SchemaChange): string {
  const sign = { added: '+', removed: '-', changed: '~' }[change];
  const told = facts.map(({ fact, from, to }) => `${fact} ${from ?? ''}→${to ?? ''}`).join(', ');
  return `${sign} ${kind} ${name}${told === '' ? '' : `: ${told}`}${breaks.map((level) => ` !${level}`).join('')}`;
}

function diff(type: SchemaType, from: string | object, to: string | object): readonly string[] {
  const { changes, otherReasons, comparable } = diffSchemas(schemaOf(type, from), schemaOf(type, to));
  expect(comparable).toBe(true);
  return [...changes.map(line), ...otherReasons.map(({ breaks }) => `other !${breaks}`)];
}

const order = (...fields: readonly object[]) => ({ type: 'record', name: 'Order', namespace: 'shop', fields });

describe('Avro', () => {
  it('tells fields, types, defaults, docs, symbols, and what they break', () => {
    const before = order(
      { name: 'a', type: 'int' },
      { name: 'b', type: 'string', doc: 'old' },
      { name: 'c', type: { type: 'enum', name: 'Color', symbols: ['RED', 'BLUE'] } },
      { name: 'd', type: 'int' },
    );
    const after = order(
      { name: 'b', type: 'string', doc: 'new' },
      { name: 'a', type: 'long' },
      { name: 'c', type: { type: 'enum', name: 'Color', symbols: ['RED', 'GREEN'] } },
      { name: 'e', type: ['null', { type: 'long', logicalType: 'timestamp-millis' }], default: null },
      { name: 'f', type: 'string' },
    );
    expect(diff('AVRO', before, after)).toEqual([
      '~ field Order.b: doc old→new',
      '~ field Order.a: type int→long !FORWARD',
      '+ symbol Color.GREEN !FORWARD',
      '+ field Order.e: type →null | long (timestamp-millis), default →null',
      '+ field Order.f: type →string !BACKWARD',
      '- symbol Color.BLUE !BACKWARD',
      '- field Order.d: type int→ !FORWARD',
    ]);
  });

  it('tells nested records, arrays and maps by name', () => {
    const line_ = (type: string) => ({ type: 'record', name: 'Line', fields: [{ name: 'n', type }] });
    const holder = (type: string) => order({ name: 'lines', type: { type: 'array', items: line_(type) } });
    expect(diff('AVRO', holder('int'), holder('string'))).toEqual([
      '~ field Line.n: type int→string !BACKWARD !FORWARD',
    ]);
    expect(diff('AVRO', '"int"', '"string"')).toEqual(['~ schema schema: type int→string !BACKWARD !FORWARD']);
  });
});

describe('JSON Schema', () => {
  it('tells properties, keywords and what is required', () => {
    const before = {
      type: 'object',
      additionalProperties: false,
      properties: { a: { type: 'string' }, b: { type: 'integer', maximum: 5 } },
    };
    const after = {
      type: 'object',
      additionalProperties: false,
      properties: { a: { type: 'string', minLength: 2 }, c: { type: ['string', 'null'] } },
      required: ['a'],
    };
    expect(diff('JSON', before, after)).toEqual([
      '~ property #/properties/a: required →yes, minLength →2 !BACKWARD',
      '+ property #/properties/c: type →["string","null"] !FORWARD',
      '- property #/properties/b: type integer→, maximum 5→ !BACKWARD',
    ]);
  });

  it('reads names such as __proto__ and texts that are no objects', () => {
    const holder = (type: string) => `{"properties":{"__proto__":{"type":"${type}"},"constructor":{"type":"string"}}}`;
    expect(diff('JSON', holder('string'), holder('integer'))).toEqual([
      '~ property #/properties/__proto__: type string→integer !BACKWARD !FORWARD',
    ]);
    expect(diff('JSON', 'true', 'true')).toEqual([]);
  });
});

describe('Protobuf', () => {
  it('tells fields by number, oneofs, enums and services', () => {
    const before = `syntax = "proto3";
package shop;

message Order {
  string id = 1;
  int32 count = 2;
  Color color = 3;
  message Line {
    int32 q = 1;
  }
}
enum Color {
  RED = 0;
  BLUE = 1;
}
`;
    const after = `syntax = "proto3";
package shop;

import "google/protobuf/any.proto";

message Order {
  string key = 1;
  string count = 2;
  oneof more {
    string note = 4;
  }
  message Line {
    int64 q = 1;
  }
}
enum Color {
  RED = 0;
  NAVY = 1;
}
service Shop {
  rpc Get (Order) returns (stream Order);
}
`;
    expect(diff('PROTOBUF', before, after)).toEqual([
      '~ schema file: imports →google/protobuf/any.proto',
      '~ field Order.key = 1: name id→key',
      '~ field Order.count = 2: type int32→string !BACKWARD !FORWARD',
      '+ field Order.note = 4: name →note, type →string, oneof →more',
      '~ field Order.Line.q = 1: type int32→int64',
      '~ symbol Color.NAVY = 1: name BLUE→NAVY',
      '+ service Shop',
      '+ method Shop.Get: request →Order, response →stream Order',
      '- field Order.color = 3: name color→, type Color→',
    ]);
  });
});

it('compares only what can be compared', () => {
  const types = diffSchemas(schemaOf('AVRO', '"int"'), schemaOf('JSON', '{}'));
  expect(types).toEqual({ changes: [], breaks: ['BACKWARD', 'FORWARD'], otherReasons: [], comparable: false });
  const broken = diffSchemas(schemaOf('PROTOBUF', 'message {'), schemaOf('PROTOBUF', 'syntax = "proto3";\n'));
  expect(broken.comparable).toBe(false);
});
