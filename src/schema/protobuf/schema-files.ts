/** A schema's file and everything it may name: the files it refers to and those that the registry knows. */
import type { ResolvedReference, ResolvedSchema } from '../language.ts';
import { decodeDescriptor } from './decode-descriptor.ts';
import type { ProtoFile } from './elements.ts';
import { knownFiles } from './known-files.ts';
import { parseProto } from './parse-proto.ts';
import { ProtobufFault } from './protobuf-fault.ts';

export interface SchemaFiles {
  readonly root: ProtoFile;
  /** By the name that imports use; a reference hides a known file of the same name. */
  readonly dependencies: ReadonlyMap<string, ProtoFile>;
}

/** @throws ProtobufFault where the text or one it refers to is no schema. */
export function readSchemaFiles({ schema, references }: Pick<ResolvedSchema, 'schema' | 'references'>): SchemaFiles {
  const root = readFile(schema);
  const dependencies = new Map(knownFiles());
  addReferences(references, dependencies);
  return { root, dependencies };
}

/** .proto text, or a FileDescriptorProto in base64 where the text does not parse (observed). */
export function readFile(schema: string): ProtoFile {
  try {
    return parseProto(schema);
  } catch (error) {
    if (!(error instanceof ProtobufFault)) throw error;
    const file = decodeDescriptor(schema);
    if (file !== undefined) return file;
    throw new ProtobufFault(`Could not parse Protobuf - ${error.message}`);
  }
}

/** Of references with the same name, however deep, the first one met counts. */
function addReferences(references: readonly ResolvedReference[], files: Map<string, ProtoFile>): void {
  const visited = new Set<string>();
  // An own stack: chains of references may be long.
  const open = references.toReversed();
  for (let reference = open.pop(); reference !== undefined; reference = open.pop()) {
    if (visited.has(reference.name)) continue;
    visited.add(reference.name);
    files.set(reference.name, readFile(reference.schema));
    for (const inner of reference.references.toReversed()) open.push(inner);
  }
}
