/** Schemas of other projects, posted in the order in which Confluent 8.3.1 was given them. */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { clone, create, createFileRegistry, fromBinary, isFieldSet } from '@bufbuild/protobuf';
import * as wkt from '@bufbuild/protobuf/wkt';
import {
  type DescriptorProto,
  type FieldDescriptorProto,
  FieldDescriptorProto_Type,
  FieldDescriptorProtoSchema,
  type FileDescriptorProto,
  FileDescriptorProtoSchema,
  FileDescriptorSetSchema,
} from '@bufbuild/protobuf/wkt';
import { describe, expect, it } from 'vitest';
import type { ResolvedReference } from '../../../src/schema/language.ts';
import { protobufLanguage } from '../../../src/schema/protobuf/protobuf-language.ts';
import { computeGuid } from '../../../src/semantics/guid.ts';
import { type RecordedReference, readRows } from './recorded.ts';

const folder =
  process.env['SRGIT_REAL_SCHEMAS'] ?? resolve(import.meta.dirname, '../../../../shared/data/real-schemas');
const absent = !existsSync(resolve(folder, 'observed-state.ndjson'));
if (absent) console.log(`skipped: no real schemas in ${folder}; set SRGIT_REAL_SCHEMAS to their folder`);

interface PostedRow {
  readonly subject: string;
  readonly version: number;
  readonly schemaType: string;
  readonly schema: string;
  readonly references: readonly RecordedReference[];
  /** What a refused text got. */
  readonly observed?: { readonly status: number };
}

interface StoredRow extends Omit<PostedRow, 'references' | 'observed'> {
  readonly guid: string;
  readonly references?: readonly RecordedReference[];
}

function read<Row extends { readonly schemaType: string }>(name: string): readonly Row[] {
  if (absent) return [];
  return readRows<Row>(resolve(folder, name)).filter((row) => row.schemaType === 'PROTOBUF');
}

const posted = read<PostedRow>('real-registry.ndjson');
const stored = new Map(
  read<StoredRow>('observed-state.ndjson').map((row) => [`${row.subject} ${row.version}`, row] as const),
);

function resolved(references: readonly RecordedReference[] = []): readonly ResolvedReference[] {
  return references.map(({ name, subject, version }) => {
    const row = stored.get(`${subject} ${version}`);
    if (row === undefined) throw new Error(`${subject} ${version} is not there`);
    return { name, schemaType: 'PROTOBUF', schema: row.schema, references: resolved(row.references) };
  });
}

describe.skipIf(absent)('real schemas', () => {
  it('are there', () => {
    expect(posted.length).toBeGreaterThan(100);
    expect(posted.some((row) => row.observed !== undefined)).toBe(true);
  });

  it.each(posted.map((row) => [`${row.subject} ${row.version}`, row] as const))('stores or refuses %s', (name, row) => {
    const references = resolved(row.references);
    const canonical = protobufLanguage.canonicalize(row.schema, references, { normalize: false, validate: true });
    if (row.observed !== undefined) {
      expect(canonical).toEqual({
        error: expect.stringMatching(/^Could not parse Protobuf - Syntax error in :\d+:\d+: /),
      });
      return;
    }
    const expected = stored.get(name);
    expect(canonical).toEqual({ text: expected?.schema });
    const guid = computeGuid({ schema: expected?.schema ?? '', references: expected?.references ?? [] });
    expect(guid).toBe(expected?.guid);
  });

  it.each([...stored].map(([name, row]) => [name, row] as const))(
    'keeps %s as it is, and compatible with itself',
    (_, row) => {
      const schema = { schemaType: 'PROTOBUF' as const, schema: row.schema, references: resolved(row.references) };
      for (const normalize of [false, true]) {
        const once = protobufLanguage.canonicalize(row.schema, schema.references, { normalize, validate: true });
        if (!('text' in once)) throw new Error(once.error);
        if (!normalize) expect(once.text).toBe(row.schema);
        expect(protobufLanguage.canonicalize(once.text, schema.references, { normalize, validate: true })).toEqual(
          once,
        );
        const other = { ...schema, schema: once.text };
        expect(protobufLanguage.findIncompatibilities(schema, other, 'new')).toEqual([]);
      }
    },
  );

  it.each([...stored].map(([name, row]) => [name, row] as const))(
    'gives a descriptor of %s that others can use',
    (_, row) => {
      const files = new Map<string, FileDescriptorProto>();
      const collect = (references: readonly ResolvedReference[]): void => {
        for (const { name, schema, references: inner } of references) {
          collect(inner);
          files.set(name, withName(decode(schema, inner), name));
        }
      };
      const references = resolved(row.references);
      collect(references);
      const root = decode(row.schema, references);
      const all = [...knownDescriptors([root, ...files.values()]), ...files.values(), root];
      // Building the registry links every type.
      const registry = createFileRegistry(create(FileDescriptorSetSchema, { file: qualifyNames(all) }));
      expect(registry.getFile('default')?.messages.map(({ name }) => name)).toEqual(
        root.messageType.map(({ name }) => name),
      );
    },
  );
});

function decode(schema: string, references: readonly ResolvedReference[]): FileDescriptorProto {
  const formatted = protobufLanguage.format({ schemaType: 'PROTOBUF', schema, references }, 'serialized');
  if (formatted === undefined || 'error' in formatted) throw new Error(formatted?.error ?? 'no such format');
  return fromBinary(FileDescriptorProtoSchema, Buffer.from(formatted.text, 'base64'));
}

/** The well-known files that are imported, each after those it needs. */
function knownDescriptors(files: readonly FileDescriptorProto[]): readonly FileDescriptorProto[] {
  const present = new Set(files.map(({ name }) => name));
  const names = new Set(files.flatMap((file) => file.dependency).filter((name) => !present.has(name)));
  return WELL_KNOWN.filter((file) => names.has(file.name) || file.name === 'google/protobuf/descriptor.proto').filter(
    (file) => !present.has(file.name),
  );
}

const WELL_KNOWN: readonly FileDescriptorProto[] = [
  wkt.file_google_protobuf_any,
  wkt.file_google_protobuf_descriptor,
  wkt.file_google_protobuf_duration,
  wkt.file_google_protobuf_empty,
  wkt.file_google_protobuf_field_mask,
  wkt.file_google_protobuf_source_context,
  wkt.file_google_protobuf_struct,
  wkt.file_google_protobuf_timestamp,
  wkt.file_google_protobuf_wrappers,
].map(({ proto }) => withName(proto, `${proto.name.replace(/\.proto$/, '')}.proto`));

function withName(file: FileDescriptorProto, name: string): FileDescriptorProto {
  const named = clone(FileDescriptorProtoSchema, file);
  named.name = name;
  return named;
}

/** Confluent's descriptors have names as the text has them; this library wants full ones. */
function qualifyNames(files: readonly FileDescriptorProto[]): FileDescriptorProto[] {
  const known = new Set<string>();
  const collect = (types: readonly DescriptorProto[], prefix: string): void => {
    for (const type of types) {
      known.add(prefix + type.name);
      for (const { name } of type.enumType) known.add(`${prefix}${type.name}.${name}`);
      collect(type.nestedType, `${prefix}${type.name}.`);
    }
  };
  const prefixOf = (file: FileDescriptorProto): string => (file.package === '' ? '' : `${file.package}.`);
  for (const file of files) {
    collect(file.messageType, prefixOf(file));
    for (const { name } of file.enumType) known.add(prefixOf(file) + name);
  }
  const qualify = (name: string, prefix: string): string => {
    if (name === '' || name.startsWith('.')) return name;
    const scope = prefix.split('.').slice(0, -1);
    for (;;) {
      const candidate = [...scope, name].join('.');
      if (known.has(candidate)) return `.${candidate}`;
      if (scope.pop() === undefined) throw new Error(`${name} in ${prefix} is not there`);
    }
  };
  const fixField = (field: FieldDescriptorProto, prefix: string): void => {
    // What Java works out by itself where the descriptor leaves it open: entries of maps are messages.
    if (field.typeName !== '' && !isFieldSet(field, FieldDescriptorProtoSchema.field.type)) {
      field.type = FieldDescriptorProto_Type.MESSAGE;
    }
    if (field.typeName !== '') field.typeName = qualify(field.typeName, prefix);
    if (field.extendee !== '') field.extendee = qualify(field.extendee, prefix);
  };
  const fixMessage = (message: DescriptorProto, outer: string): void => {
    const prefix = `${outer}${message.name}.`;
    for (const field of [...message.field, ...message.extension]) fixField(field, prefix);
    for (const inner of message.nestedType) fixMessage(inner, prefix);
  };
  return files.map((original) => {
    const file = clone(FileDescriptorProtoSchema, original);
    for (const message of file.messageType) fixMessage(message, prefixOf(file));
    for (const field of file.extension) fixField(field, prefixOf(file));
    for (const method of file.service.flatMap((service) => service.method)) {
      method.inputType = qualify(method.inputType, prefixOf(file));
      method.outputType = qualify(method.outputType, prefixOf(file));
    }
    return file;
  });
}
