/** Trees to make a catalogue of: other projects' schemas, and what nobody should register. */
import { join } from 'node:path';
import type { RegistrySnapshot } from '../../src/model/registry-snapshot.ts';
import type { Metadata, SchemaType } from '../../src/model/schema-version.ts';
import { computeGuid } from '../../src/semantics/guid.ts';
import { type ObservedRow, readLines, realSchemasFolder } from '../support/data.ts';
import { writeTree } from '../support/trees.ts';

/** Tree of what a Confluent registry answered about other projects' schemas. */
export async function realTree(folder: string): Promise<string> {
  const rows = readLines<ObservedRow>(join(realSchemasFolder() ?? '', 'observed-state.ndjson'));
  return tree(
    folder,
    rows.map(({ references = [], ts: _ts, ...row }) => ({ ...row, references })),
  );
}

type Row = RegistrySnapshot['contexts'][number]['subjects'][number]['versions'][number] & { readonly subject: string };

async function tree(folder: string, rows: readonly Row[]): Promise<string> {
  const names = [...new Set(rows.map(({ subject }) => subject))].sort((a, b) => (a < b ? -1 : 1));
  await writeTree(folder, {
    registry: { kind: 'confluent', version: '8.3.1' },
    contexts: [
      {
        name: '.',
        config: { compatibility: 'NONE', fields: {} },
        mode: 'READWRITE',
        subjects: names.map((name) => ({
          name,
          versions: rows.filter(({ subject }) => subject === name).map(({ subject: _subject, ...row }) => row),
        })),
      },
    ],
    global: {},
    gaps: [],
  });
  return folder;
}

const SCRIPT = '</script><script>globalThis.pwned=1</script><img src=x onerror="globalThis.pwned=1">';
const TURNED = 'abc\u202Edef \u05E9\u05DC\u05D5\u05DD \u0645\u0631\u062D\u0628\u0627';

/** Markup, huge docs, thousands of fields, deep nesting, text from right to left, names of prototypes. */
export async function hostileTree(folder: string): Promise<string> {
  let id = 0;
  const row = (subject: string, version: number, schemaType: SchemaType, schema: string, metadata?: Metadata): Row => {
    const content = { schemaType, schema, references: [], ...(metadata === undefined ? {} : { metadata }) };
    return { ...content, subject, version, id: ++id, guid: computeGuid(content), deleted: false };
  };
  const record = (fields: readonly unknown[], more: object = {}) =>
    JSON.stringify({ type: 'record', name: 'R', fields, ...more });
  const wide = (type: string) =>
    record(Array.from({ length: 3000 }, (_, at) => ({ name: `field_${at}`, type: at === 7 ? type : 'string' })));
  let deep = '"string"';
  for (let at = 0; at < 900; at++) deep = `{"type":"array","items":${deep}}`;
  let nested = '{"type":"string"}';
  for (let at = 0; at < 600; at++) nested = `{"type":"object","properties":{"p":${nested}}}`;
  return tree(folder, [
    row(
      `<b>${SCRIPT}`.replaceAll('/', '_'),
      1,
      'AVRO',
      record([{ name: 'a', type: 'string', doc: SCRIPT }], { doc: SCRIPT }),
    ),
    row(
      'json-markup',
      1,
      'JSON',
      JSON.stringify({ title: SCRIPT, properties: { [SCRIPT]: { description: SCRIPT, default: SCRIPT } } }),
    ),
    row(
      'proto-markup',
      1,
      'PROTOBUF',
      `syntax = "proto3";\n\nmessage M {\n  string a = 1 [json_name = "<script>"];\n}\n`,
    ),
    row('huge-doc', 1, 'AVRO', record([{ name: 'a', type: 'string', doc: 'word '.repeat(60_000) }])),
    row('long-words', 1, 'AVRO', record([{ name: 'n'.repeat(3000), type: 'string', doc: 'd'.repeat(3000) }])),
    row('wide', 1, 'AVRO', wide('string')),
    row('wide', 2, 'AVRO', wide('long')),
    row('deep', 1, 'AVRO', record([{ name: 'a', type: JSON.parse(deep) }])),
    row('deep-json', 1, 'JSON', nested),
    row(
      'recursive',
      1,
      'AVRO',
      record([
        { name: 'next', type: ['null', 'R'] },
        { name: 'all', type: { type: 'map', values: 'R' } },
      ]),
    ),
    row('recursive-json', 1, 'JSON', '{"properties":{"a":{"$ref":"#"}},"$defs":{"b":{"$ref":"#/$defs/b"}}}'),
    row(
      'right-to-left',
      1,
      'JSON',
      JSON.stringify({ title: TURNED, properties: { [TURNED]: { description: TURNED } } }),
    ),
    row('prototype', 1, 'JSON', '{"properties":{"__proto__":{"type":"string"},"constructor":{"type":"string"}}}', {
      properties: JSON.parse('{"__proto__":"x","toString":"y"}'),
    }),
    row('not-a-schema', 1, 'JSON', 'true'),
    row('constructor', 1, 'AVRO', '"string"'),
  ]);
}
