/** References of versions added by hand, found by name: rule 8 of the tree. */
import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Reference, SchemaType } from '../../src/model/schema-version.ts';
import { parseSubjectName } from '../../src/model/subject-name.ts';
import { findReferences } from '../../src/tree/find-references.ts';
import { loadTree } from '../../src/tree/load-tree.ts';
import type { PendingVersion } from '../../src/tree/pending-version.ts';
import { restoreHere, strictRegistryDuringTest } from '../support/restoring.ts';
import { snapshotOfRows } from '../support/snapshots.ts';
import { temporaryFolder } from '../support/trees.ts';

interface Version {
  readonly at: string;
  readonly type: SchemaType;
  readonly text: string;
  readonly references?: readonly Reference[];
  readonly deleted?: boolean;
}

function split(at: string): { readonly subject: string; readonly version: number } {
  const [subject = '', version] = at.split(' v');
  return { subject, version: Number(version) };
}

/** What is found for what was added to rows that a registry has. */
function find(rows: readonly Version[], added: readonly Version[]) {
  const snapshot = snapshotOfRows(
    rows.map(({ at, type, text, references = [], deleted = false }, index) => ({
      ...split(at),
      id: index + 1,
      guid: '',
      schemaType: type,
      schema: text,
      references: [...references],
      deleted,
    })),
  );
  const pending = added.map(({ at, type, text, references }): PendingVersion => {
    const { subject, version } = split(at);
    const file = `${subject}/v${version}`;
    const listed = references === undefined ? {} : { references };
    return { ...parseSubjectName(subject), version, schemaType: type, schema: text, file, ...listed };
  });
  const found = findReferences(snapshot, pending);
  return {
    findings: found.findings,
    references: Object.fromEntries(
      found.pending.map(({ file, references }) => [
        file,
        references?.map(({ name, subject, version }) => `${name} = ${subject} v${version}`),
      ]),
    ),
    order: found.pending.map(({ file }) => file),
  };
}

const avro = (name: string, ...types: readonly unknown[]): string => {
  return JSON.stringify({ type: 'record', name, fields: types.map((type, at) => ({ name: `f${at}`, type })) });
};
const ADDRESS: Version = { at: 'address v1', type: 'AVRO', text: avro('shop.Address', 'string') };

describe('Avro', () => {
  const order = (...types: readonly unknown[]): Version => ({
    at: 'order v1',
    type: 'AVRO',
    text: avro('shop.Order', ...types),
  });

  it('finds the subject that defines a type, by full and by short name, in any place', () => {
    for (const type of [
      'shop.Address',
      'Address',
      ['null', 'Address'],
      { type: 'array', items: 'Address' },
      { type: 'map', values: ['null', { type: 'array', items: 'shop.Address' }] },
      { type: 'record', name: 'Inner', fields: [{ name: 'a', type: 'Address' }] },
      { type: 'Address' },
    ]) {
      expect(find([ADDRESS], [order(type)]).references).toEqual({ 'order/v1': ['shop.Address = address v1'] });
    }
  });

  it('takes a type without a namespace where the own one has none of the name', () => {
    const bare: Version = { at: 'bare v3', type: 'AVRO', text: avro('Address') };
    expect(find([bare], [order('Address')]).references).toEqual({ 'order/v1': ['Address = bare v3'] });
    expect(find([bare, ADDRESS], [order('Address')]).references).toEqual({ 'order/v1': ['shop.Address = address v1'] });
  });

  it('has nothing to look for in what the text defines itself, wherever', () => {
    const own = { type: 'record', name: 'Address', fields: [] };
    for (const types of [[own, 'Address'], ['Address', own], ['shop.Order'], ['string']]) {
      expect(find([ADDRESS], [order(...types)]).references).toEqual({ 'order/v1': [] });
    }
  });

  it('takes the latest live version, those added by hand among them', () => {
    const rows = [ADDRESS, { ...ADDRESS, at: 'address v4' }, { ...ADDRESS, at: 'address v5', deleted: true }];
    expect(find(rows, [order('Address')]).references['order/v1']).toEqual(['shop.Address = address v4']);
    const added = find(rows, [
      order('Address'),
      { ...ADDRESS, at: 'address v6' },
      { ...ADDRESS, at: 'zed v1', text: avro('Z', 'shop.Order') },
    ]);
    expect(added.references).toMatchObject({
      'order/v1': ['shop.Address = address v6'],
      'zed/v1': ['shop.Order = order v1'],
    });
    expect(added.order).toEqual(['address/v6', 'order/v1', 'zed/v1']);
    const gone = find([{ ...ADDRESS, deleted: true }], [order('Address')]);
    expect(gone.references).toEqual({ 'order/v1': [] });
  });

  it('keeps what the version before refers to, and only what is used of it', () => {
    const rows: Version[] = [
      ADDRESS,
      { ...ADDRESS, at: 'address v2' },
      { at: 'money v1', type: 'AVRO', text: avro('shop.Money') },
      {
        ...order('Address', 'Money'),
        references: [
          { name: 'any name', subject: 'address', version: 1 },
          { name: 'shop.Money', subject: 'money', version: 1 },
        ],
      },
    ];
    const next = (...types: readonly unknown[]) => ({ ...order(...types), at: 'order v2' });
    expect(find(rows, [next('Address')]).references).toEqual({ 'order/v2': ['any name = address v1'] });
    expect(find(rows, [next('Money', 'Address')]).references['order/v2']).toEqual([
      'any name = address v1',
      'shop.Money = money v1',
    ]);
    expect(find(rows, [next('string')]).references).toEqual({ 'order/v2': [] });
    // Of two that were added, the later goes by the earlier.
    const both = find(rows, [next('Address'), { ...next('Address', 'string'), at: 'order v3' }]);
    expect(both.references['order/v3']).toEqual(['any name = address v1']);
  });

  it('goes by the name that other schemas use, before it looks into texts', () => {
    const rows: Version[] = [
      ADDRESS,
      { ...ADDRESS, at: 'copy v1' },
      {
        at: 'cart v1',
        type: 'AVRO',
        text: avro('Cart', 'shop.Address'),
        references: [{ name: 'shop.Address', subject: 'copy', version: 1 }],
      },
    ];
    expect(find(rows, [order('Address')]).references).toEqual({ 'order/v1': ['shop.Address = copy v1'] });
  });

  it('prefers the text whose own type it is to one that has it inside', () => {
    const around: Version = { at: 'around v1', type: 'AVRO', text: avro('shop.Around', JSON.parse(ADDRESS.text)) };
    expect(find([around, ADDRESS], [order('Address')]).references['order/v1']).toEqual(['shop.Address = address v1']);
    expect(find([around], [order('Address')]).references['order/v1']).toEqual(['shop.Address = around v1']);
    // One reference for both: Avro reads each text once.
    expect(find([around], [order('Address', 'Around')]).references['order/v1']).toHaveLength(1);
  });

  it('names once what another reference brings along', () => {
    const customer: Version = {
      at: 'customer v1',
      type: 'AVRO',
      text: avro('shop.Customer', 'Address'),
      references: [{ name: 'shop.Address', subject: 'address', version: 1 }],
    };
    expect(find([ADDRESS, customer], [order('Address', 'Customer')]).references['order/v1']).toEqual([
      'shop.Customer = customer v1',
    ]);
  });

  it('does not guess between two, and says so', () => {
    const { references, findings } = find([ADDRESS, { ...ADDRESS, at: 'copy v1' }], [order('Address')]);
    expect(references).toEqual({ 'order/v1': [] });
    expect(findings).toMatchObject([
      {
        severity: 'warning',
        code: 'REFERENCE_AMBIGUOUS',
        file: 'order/v1',
        message: 'order/v1 refers to shop.Address, which may be any of address, copy',
      },
    ]);
  });

  it('leaves alone what is listed, and what is no schema', () => {
    const listed = { ...order('Address'), references: [] };
    expect(find([ADDRESS], [listed]).references).toEqual({ 'order/v1': [] });
    expect(find([ADDRESS], [{ ...listed, text: '{"type":' }]).references).toEqual({ 'order/v1': [] });
    for (const text of ['{"type":', '', '[', '{"type":"record"}', 'null']) {
      expect(find([ADDRESS], [{ at: 'order v1', type: 'AVRO', text }]).references).toEqual({ 'order/v1': undefined });
    }
  });

  it('stays in the context', () => {
    const here = { ...order('Address'), at: ':.x:order v1' };
    expect(find([ADDRESS], [here]).references[':.x:order/v1']).toEqual([]);
    const there = find([{ ...ADDRESS, at: ':.x:address v7' }], [here]);
    expect(there.references[':.x:order/v1']).toEqual(['shop.Address = address v7']);
  });
});

describe('Protobuf', () => {
  const proto = (...imports: readonly string[]): string => {
    return `syntax = "proto3";\n${imports.map((name) => `import ${name};\n`).join('')}message M {}\n`;
  };

  it('finds an import by the subject’s name, and by what others call it', () => {
    const money: Version = { at: 'money.proto v2', type: 'PROTOBUF', text: proto() };
    const date: Version = { at: 'dates-value v1', type: 'PROTOBUF', text: proto() };
    const user: Version = {
      at: 'user v1',
      type: 'PROTOBUF',
      text: proto('"common/date.proto"'),
      references: [{ name: 'common/date.proto', subject: 'dates-value', version: 1 }],
    };
    const added: Version = {
      at: 'pay v1',
      type: 'PROTOBUF',
      text: proto(
        '"money.proto"',
        'public "common/date.proto"',
        '"google/protobuf/timestamp.proto"',
        '"nowhere.proto"',
      ),
    };
    expect(find([money, date, user], [added]).references).toEqual({
      'pay/v1': ['money.proto = money.proto v2', 'common/date.proto = dates-value v1'],
    });
    expect(find([{ ...money, type: 'AVRO', text: '"string"' }], [added]).references).toEqual({ 'pay/v1': [] });
    expect(find([money], [{ ...added, text: 'no proto' }]).references).toEqual({ 'pay/v1': undefined });
  });
});

describe('JSON Schema', () => {
  const json = (schema: object): string => JSON.stringify(schema);
  const use = (ref: string, more: object = {}): Version => ({
    at: 'order v1',
    type: 'JSON',
    text: json({ ...more, properties: { a: { $ref: ref } } }),
  });
  const ADDRESS_JSON: Version = { at: 'address.json v1', type: 'JSON', text: json({ type: 'object' }) };
  const BY_ID: Version = { at: 'addresses v2', type: 'JSON', text: json({ $id: 'https://e.org/s/address.json' }) };

  it('finds a subject of the name, or a schema of the address', () => {
    const found = (rows: readonly Version[], added: Version) => find(rows, [added]).references['order/v1'];
    expect(found([ADDRESS_JSON], use('address.json'))).toEqual(['address.json = address.json v1']);
    expect(found([ADDRESS_JSON], use('address.json#/definitions/x'))).toEqual(['address.json = address.json v1']);
    expect(found([BY_ID], use('https://e.org/s/address.json#/x'))).toEqual([
      'https://e.org/s/address.json = addresses v2',
    ]);
    const relative = use('address.json', { $id: 'https://e.org/s/order.json' });
    expect(found([BY_ID], relative)).toEqual(['https://e.org/s/address.json = addresses v2']);
    expect(found([BY_ID, ADDRESS_JSON], relative)).toEqual(['address.json = address.json v1']);
    const modern = use('address.json', { $schema: 'https://json-schema.org/draft/2020-12/schema' });
    expect(found([ADDRESS_JSON], modern)).toEqual(['address.json = address.json v1']);
  });

  it('has nothing to look for in what leads into the same text, or is no reference', () => {
    for (const added of [
      use('#/definitions/a', { definitions: { a: {} } }),
      use('#'),
      use('address.json', { definitions: { a: { $id: 'address.json' } } }),
      use('#a', { $schema: 'https://json-schema.org/draft/2020-12/schema', $defs: { a: { $anchor: 'a' } } }),
      { ...use('x'), text: json({ const: { $ref: 'address.json' }, default: { $ref: 'address.json' } }) },
      { ...use('x'), text: json({ properties: { $ref: { type: 'string' } } }) },
      use('https://e.org/unknown.json'),
    ]) {
      expect(find([ADDRESS_JSON], [added]).references).toEqual({ 'order/v1': [] });
    }
    expect(find([ADDRESS_JSON], [{ ...use('x'), text: '{"a":' }]).references).toEqual({ 'order/v1': undefined });
  });
});

describe('in a tree', { timeout: 120_000 }, () => {
  const EXAMPLE = join(import.meta.dirname, '../../schemas-example');

  it('what was added is registered with the references that were found, in all three languages', async () => {
    const cwd = temporaryFolder();
    const tree = join(cwd, 'schemas');
    cpSync(EXAMPLE, tree, { recursive: true });
    const add = (file: string, text: string): void => {
      mkdirSync(join(tree, 'subjects', file, '..'), { recursive: true });
      writeFileSync(join(tree, 'subjects', file), text);
    };
    // It refers to what comes later in the alphabet, and was added as well.
    add('a-invoice-value/v1.avsc', avro('com.example.shop.Invoice', 'Order', 'Line'));
    add('line-value/v1.avsc', avro('com.example.shop.Line'));
    add(
      'refunds-value/v1.proto',
      'syntax = "proto3";\npackage shop;\nimport "money.proto";\nmessage R { Money a = 1; }\n',
    );
    add('visits-value/v1.json', '{"type":"object","properties":{"who":{"$ref":"customers-value"}}}');
    const pending = (await loadTree(tree)).pending.map(({ subject, references }) => [subject, references]);
    expect(Object.fromEntries(pending)).toEqual({
      'line-value': [],
      'a-invoice-value': [
        { name: 'com.example.shop.Order', subject: 'orders-value', version: 3 },
        { name: 'com.example.shop.Line', subject: 'line-value', version: 1 },
      ],
      'refunds-value': [{ name: 'money.proto', subject: 'money.proto', version: 1 }],
      'visits-value': [{ name: 'customers-value', subject: 'customers-value', version: 3 }],
    });

    const registry = await strictRegistryDuringTest();
    const result = await restoreHere(cwd, registry.url);
    expect([result.problems, result.outcome]).toEqual([[], 'done']);
    const stored = [...registry.state.subjects].flatMap(([subject, { rows }]) => {
      return rows.flatMap(({ references }) => references.map((one) => `${subject}: ${one.name} v${one.version}`));
    });
    expect(stored).toEqual(
      expect.arrayContaining([
        'a-invoice-value: com.example.shop.Line v1',
        'refunds-value: money.proto v1',
        'visits-value: customers-value v3',
      ]),
    );
  });

  it('one that is not clear keeps a plan from being carried out', async () => {
    const cwd = temporaryFolder();
    cpSync(EXAMPLE, join(cwd, 'schemas'), { recursive: true });
    const subjects = join(cwd, 'schemas/subjects');
    for (const [name, text] of [
      ['one', avro('Twice')],
      ['two', avro('Twice')],
      ['user', avro('User', 'Twice')],
    ] as const) {
      mkdirSync(join(subjects, name));
      writeFileSync(join(subjects, name, 'v1.avsc'), text);
    }
    const registry = await strictRegistryDuringTest();
    const { outcome, problems } = await restoreHere(cwd, registry.url);
    expect(outcome).toBe('refused');
    expect(problems).toContainEqual({
      severity: 'error',
      reason: 'REFERENCE_MISSING',
      message: 'subjects/user/v1.avsc refers to Twice, which may be any of one, two',
      hint: 'Say which one in metadata.json: an entry with version, schema_file and references.',
      file: 'subjects/user/v1.avsc',
    });
    expect(registry.writes).toEqual([]);
  });
});
