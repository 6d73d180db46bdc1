/** Protobuf as Confluent 8.3.1 has it. */
import type { Canonical, SchemaLanguage } from '../language.ts';
import { compareSchemas } from './compare-schemas.ts';
import { describeDifference } from './difference.ts';
import { withoutExtensions } from './ignore-extensions.ts';
import { foldMapEntries } from './map-entries.ts';
import { normalizeProto } from './normalize-proto.ts';
import { printProto } from './print-proto.ts';
import { ProtobufFault } from './protobuf-fault.ts';
import { readSchemaFiles, type SchemaFiles } from './schema-files.ts';
import { serializeSchema } from './serialize-schema.ts';
import { buildTypeTable } from './type-table.ts';

export const protobufLanguage: SchemaLanguage = {
  canonicalize(schema, references, { normalize, validate }) {
    const files = attempt(() => readSchemaFiles({ schema, references }));
    if ('fault' in files) return { error: files.fault };
    const plain = (): Canonical => ({ text: printProto(foldMapEntries(files.value)) });
    // A canonical text is always printed; only validation looks at what the names in it mean.
    if (!validate && !normalize) return plain();
    const normalized = attempt(() => normalizeProto(files.value.root, buildTypeTable(files.value)));
    if ('fault' in normalized) return { error: normalized.fault, phase: 'validate' };
    return normalize ? { text: printProto(normalized.value) } : plain();
  },

  findIncompatibilities(reader, writer, readerSide) {
    const found = attempt(() => compareSchemas(readSchemaFiles(writer), readSchemaFiles(reader)));
    if ('value' in found) return found.value.map((difference) => describeDifference(difference, readerSide));
    // Stored texts parse, so this is a schema that no registry accepted; it cannot be said to be compatible.
    return [{ errorType: 'UNPARSABLE', path: '#/', description: found.fault, message: found.fault }];
  },

  equalsInlined: () => false,

  format(schema, format) {
    const write = FORMATS.get(format);
    if (write === undefined) return undefined;
    const text = attempt(() => write(readSchemaFiles(schema)));
    return 'fault' in text ? { error: text.fault } : { text: text.value };
  },
};

const FORMATS: ReadonlyMap<string, (files: SchemaFiles) => string> = new Map([
  ['serialized', serializeSchema],
  ['ignore_extensions', ({ root }: SchemaFiles) => printProto(withoutExtensions(root))],
]);

/** The one place where faults become values. */
function attempt<T>(run: () => T): { readonly value: T } | { readonly fault: string } {
  try {
    return { value: run() };
  } catch (error) {
    if (error instanceof ProtobufFault) return { fault: error.message };
    throw error;
  }
}
