import { describe, expect, it } from 'vitest';
import { type FieldNode, MAX_NODES } from '../../src/site/fields/field-node.ts';
import { readFields } from '../../src/site/fields/read-fields.ts';

/** A tree as lines, for comparing. */
function lines(nodes: readonly FieldNode[], indent = ''): string[] {
  return nodes.flatMap((node) => {
    const facts = (node.facts ?? []).map(([name, value]) => `${name}=${value}`);
    const marks = [
      ...(node.required ? ['required'] : []),
      ...(node.default === undefined ? [] : [`default=${node.default}`]),
      ...(node.outside === undefined ? [] : [`outside=${node.outside}`]),
      ...(node.number === undefined ? [] : [`= ${node.number}`]),
      ...(node.shownAbove ? ['above'] : []),
      ...facts,
      ...(node.doc === undefined ? [] : [`// ${node.doc}`]),
    ];
    return [[`${indent}${node.name}: ${node.type}`, ...marks].join(' '), ...lines(node.children ?? [], `${indent}  `)];
  });
}

const treeOf = (type: 'AVRO' | 'JSON' | 'PROTOBUF', text: string): string[] =>
  lines(readFields(type, text)?.nodes ?? []);

describe('the field tree', () => {
  it('of Avro tells types, docs, defaults, and where a type is declared', () => {
    const schema = {
      type: 'record',
      name: 'Order',
      namespace: 'a.b',
      doc: 'An order.',
      fields: [
        { name: 'id', type: { type: 'string', logicalType: 'uuid' }, doc: 'Given by the shop.', pii: true },
        { name: 'price', type: { type: 'bytes', logicalType: 'decimal', precision: 9, scale: 2 }, default: '\u0000' },
        {
          name: 'lines',
          type: { type: 'array', items: { type: 'record', name: 'Line', fields: [{ name: 'n', type: 'int' }] } },
        },
        { name: 'first', type: ['null', 'Line'], default: null },
        {
          name: 'state',
          type: { type: 'enum', name: 'State', symbols: ['NEW', 'PAID'], default: 'NEW' },
          aliases: ['status'],
        },
        { name: 'to', type: ['null', 'x.Address'] },
      ],
    };
    expect(treeOf('AVRO', JSON.stringify(schema))).toEqual([
      'a.b.Order: record // An order.',
      '  id: string (uuid) pii=true // Given by the shop.',
      '  price: bytes (decimal 9, 2) default="\\u0000"',
      '  lines: array<Line>',
      '    n: int',
      '  first: null | Line default=null above',
      '  state: State (enum) aliases=status symbols=NEW, PAID default symbol=NEW',
      '  to: null | x.Address outside=x.Address',
    ]);
  });

  it('of JSON Schema tells properties, what is required, and keywords', () => {
    const schema = {
      title: 'Customer',
      required: ['id', 'ghost'],
      properties: {
        id: { type: 'string', format: 'uuid', description: 'Who.' },
        tags: { type: 'array', items: { type: 'string', maxLength: 9 }, default: [] },
        at: { $ref: 'address.json#/street' },
        kind: { enum: ['a', 1] },
      },
      $defs: { Name: { type: ['string', 'null'] } },
    };
    expect(treeOf('JSON', JSON.stringify(schema))).toEqual([
      'Customer: object required=ghost',
      '  id: string (uuid) required // Who.',
      '  tags: array<string> default=[]',
      '    items: string maxLength=9',
      '  at: address.json#/street outside=address.json#/street',
      '  kind: enum enum="a", 1',
      '  $defs/Name: string | null',
    ]);
  });

  it('of Protobuf tells messages, numbers, oneofs and services', () => {
    const schema = `syntax = "proto3";
package shop;

import "money.proto";

message Payment {
  reserved 4, "old";
  string id = 1 [deprecated = true];
  map<string, shop.Money> parts = 2;
  oneof how {
    Card card = 3;
  }
  message Card {
    string number = 1;
  }
}
enum Kind {
  NONE = 0;
}
service Pay {
  rpc Do (Payment) returns (stream Payment);
}
`;
    expect(treeOf('PROTOBUF', schema)).toEqual([
      'shop: proto3 outside=money.proto imports=money.proto',
      'Payment: message reserved=4, old',
      '  id: string = 1 deprecated=true',
      '  parts: map<string, shop.Money> outside=shop.Money = 2',
      '  card: Card = 3 oneof=how',
      '  Card: message',
      '    number: string = 1',
      'Kind: enum',
      '  NONE: 0',
      'Pay: service',
      '  Do: Payment → stream Payment',
    ]);
  });

  it('leaves out what is too deep or too large, and says so', () => {
    let deep = '{"type":"string"}';
    for (let at = 0; at < 20_000; at++) deep = `{"properties":{"p":${deep}}}`;
    expect(readFields('JSON', deep)?.cut ?? true).toBe(true);
    let arrays = '"string"';
    for (let at = 0; at < 20_000; at++) arrays = `{"type":"array","items":${arrays}}`;
    expect(readFields('AVRO', arrays)?.cut ?? true).toBe(true);
    const many = Object.fromEntries(Array.from({ length: MAX_NODES + 10 }, (_, at) => [`p${at}`, true]));
    const tree = readFields('JSON', JSON.stringify({ properties: many }));
    expect(tree?.cut).toBe(true);
    expect(tree?.nodes[0]?.children?.length).toBe(MAX_NODES - 1);
  });

  it('is none where the text is no schema of its type', () => {
    expect(readFields('AVRO', '{')).toBeUndefined();
    expect(readFields('PROTOBUF', 'message {')).toBeUndefined();
    expect(treeOf('JSON', 'true')).toEqual(['schema: anything']);
    expect(treeOf('AVRO', '"string"')).toEqual(['schema: string']);
  });

  it('keeps names that objects have of their own', () => {
    const text = '{"required":["toString"],"properties":{"__proto__":{"type":"string"},"toString":{"type":"integer"}}}';
    expect(treeOf('JSON', text)).toEqual(['schema: object', '  __proto__: string', '  toString: integer required']);
  });
});
