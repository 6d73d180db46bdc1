/** A bundle of its own: what reads and compares schemas, fetched when a schema is first shown. */
import type { SchemaType } from '../src/model/schema-version.ts';
import { indentJson } from '../src/schema/json-text.ts';
import type { ResolvedSchema } from '../src/schema/language.ts';
import { diffSchemas, type SchemaDiff } from '../src/schema/outline/diff-schemas.ts';
import type { FieldTree } from '../src/site/fields/field-node.ts';
import { readFields } from '../src/site/fields/read-fields.ts';

export interface Languages {
  readFields(type: SchemaType, text: string): FieldTree | undefined;
  diffSchemas(from: ResolvedSchema, to: ResolvedSchema): SchemaDiff;
  indentJson(text: string): string | undefined;
}

// Of Protobuf schemas that are stored as descriptors; browsers have no Buffer.
if (!('Buffer' in globalThis)) {
  const from = (text: string): Uint8Array => Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  Object.assign(globalThis, { Buffer: { from } });
}

globalThis.srgit.languages = { readFields, diffSchemas, indentJson };
