/** The schemas and values of the clients' story: an order that is built on another schema, in each of the languages. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { SchemaType } from '../../src/model/schema-version.ts';

export const SHOP = join(import.meta.dirname, 'shop');

export interface ShopReference {
  readonly name: string;
  readonly subject: string;
  readonly version: number;
}

export interface ShopSchema {
  readonly type: SchemaType;
  readonly schema: string;
  readonly references: readonly ShopReference[];
  /** Full name of the Protobuf message to write. */
  readonly message?: string;
}

export interface ShopType {
  readonly type: SchemaType;
  /** What the order is built on, and its subject. */
  readonly part: ShopSchema & { readonly subject: string };
  readonly order: ShopSchema;
  /** An order that can read the one before, and one that cannot. */
  readonly evolved: ShopSchema;
  readonly incompatible: ShopSchema;
  readonly value: object;
}

export const SHOP_TYPES = [avro(), jsonSchema(), protobuf()] as const;

export function shopType(type: SchemaType): ShopType {
  const found = SHOP_TYPES.find((one) => one.type === type);
  if (found === undefined) throw new Error(`the shop has no ${type}`);
  return found;
}

/** The subject of a topic's values, as every client names it. */
export const subjectOf = (topic: string): string => `${topic}-value`;

function avro(): ShopType {
  const type = 'AVRO';
  const references = [{ name: 'shop.Address', subject: 'shop.Address', version: 1 }];
  const schema = text('order.avsc');
  const record = JSON.parse(schema) as { readonly fields: readonly object[] };
  const withCurrency = [...record.fields, { name: 'currency', type: 'string', default: 'EUR' }];
  const order = { type, schema, references } as const;
  return {
    type,
    part: { type, subject: 'shop.Address', schema: text('address.avsc'), references: [] },
    order,
    evolved: { ...order, schema: JSON.stringify({ ...record, fields: withCurrency }) },
    incompatible: { ...order, schema: replaced(schema, '"quantity", "type": "int"', '"quantity", "type": "string"') },
    value: {
      id: 'o-1',
      quantity: 3,
      status: 'SHIPPED',
      ship_to: { street: 'Bahnhofstrasse 1', city: 'Zürich' },
      notes: ['ring twice', ''],
    },
  };
}

function jsonSchema(): ShopType {
  const type = 'JSON';
  // The subject has a slash, the reference's name is a URL.
  const references = [{ name: 'https://shop.example/address.json', subject: 'shop/address.json', version: 1 }];
  const schema = text('order.json');
  const order = { type, schema, references } as const;
  return {
    type,
    part: { type, subject: 'shop/address.json', schema: text('address.json'), references: [] },
    order,
    evolved: {
      ...order,
      schema: replaced(schema, '"properties": {', '"properties": { "currency": { "type": "string" },'),
    },
    incompatible: { ...order, schema: replaced(schema, '{ "type": "integer" }', '{ "type": "string" }') },
    value: {
      id: 'o-1',
      quantity: 3,
      status: 'SHIPPED',
      ship_to: { street: 'Bahnhofstrasse 1', city: 'Zürich' },
      notes: ['ring twice', ''],
    },
  };
}

/**
 * The order names `shop.Money` in full: of a plain `Money` the registry's descriptor says `Money` too (observed), which
 * @confluentinc/schemaregistry 1.10.1 looks for in the order's own file only.
 */
function protobuf(): ShopType {
  const type = 'PROTOBUF';
  const references = [{ name: 'shop/money.proto', subject: 'shop/money.proto', version: 1 }];
  const schema = text('order.proto');
  const order = { type, schema, references, message: 'shop.Order' } as const;
  return {
    type,
    part: { type, subject: 'shop/money.proto', schema: text('money.proto'), references: [] },
    order,
    evolved: {
      ...order,
      schema: replaced(schema, '  string id = 1;\n  int32', '  string id = 1;\n  string gift = 9;\n  int32'),
    },
    incompatible: { ...order, schema: replaced(schema, 'int32 quantity', 'string quantity') },
    value: {
      id: 'o-1',
      quantity: 3,
      status: 'SHIPPED',
      total: { currency: 'CHF', units: 42 },
      notes: ['ring twice', 'Zürich'],
    },
  };
}

/** Other messages of the file, with the indexes that stand after the id: zigzag varints, their count first. */
export const OTHER_MESSAGES = [
  // The second of the file. It has a field of a type that every client knows without asking the registry.
  { message: 'shop.Parcel', value: { id: 'p-1', sent: '2026-01-02T03:04:05Z' }, indexes: [2, 2] },
  // The first inside the second.
  { message: 'shop.Parcel.Label', value: { text: 'Zürich' }, indexes: [4, 2, 0] },
] as const;

function text(file: string): string {
  return readFileSync(join(SHOP, file), 'utf8');
}

function replaced(schema: string, part: string, by: string): string {
  if (!schema.includes(part)) throw new Error(`the schema has no ${part}`);
  return schema.replace(part, by);
}
