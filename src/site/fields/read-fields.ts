/** The field tree of a schema of any language. */
import type { SchemaType } from '../../model/schema-version.ts';
import { avroFields } from './avro-fields.ts';
import type { FieldTree } from './field-node.ts';
import { jsonFields } from './json-fields.ts';
import { protobufFields } from './protobuf-fields.ts';

const READERS: Readonly<Record<SchemaType, (text: string) => FieldTree | undefined>> = {
  AVRO: avroFields,
  JSON: jsonFields,
  PROTOBUF: protobufFields,
};

/** @returns undefined when the text cannot be read: then the text itself is all there is to show. */
export function readFields(type: SchemaType, text: string): FieldTree | undefined {
  try {
    return READERS[type](text);
  } catch (error) {
    // Values nested deeper than the engine can print.
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}
