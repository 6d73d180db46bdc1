/** `format=serialized`: a schema as a descriptor, which clients that have no parser of .proto text decode. */
import { toBinary } from '@bufbuild/protobuf';
import { type FileDescriptorProto, FileDescriptorProtoSchema } from '@bufbuild/protobuf/wkt';
import type { ProtoFile } from './elements.ts';
import { type LinkedFile, linkDescriptor } from './link-descriptor.ts';
import { checkDepth, ProtobufFault } from './protobuf-fault.ts';
import type { SchemaFiles } from './schema-files.ts';
import { fileToDescriptor } from './to-descriptor.ts';
import { buildTypeTable, type TypeTable } from './type-table.ts';

/** What Confluent's descriptors of schemas call themselves (observed). */
const ROOT_NAME = 'default';

/**
 * A FileDescriptorProto in base64. It names the files it depends on and does not contain them.
 *
 * @throws ProtobufFault where the schema, or a file it imports, cannot be built: as Confluent then has no answer.
 */
export function serializeSchema(files: SchemaFiles): string {
  const { descriptor } = buildFile(files, ROOT_NAME, files.root, new Map(), []);
  return Buffer.from(toBinary(FileDescriptorProtoSchema, descriptor)).toString('base64');
}

const NO_TYPES: TypeTable = { types: new Map(), extensionFields: new Map() };

interface BuiltFile {
  readonly descriptor: FileDescriptorProto;
  readonly linked: LinkedFile;
}

function buildFile(
  files: SchemaFiles,
  name: string,
  root: ProtoFile,
  built: Map<string, LinkedFile>,
  path: readonly string[],
): BuiltFile {
  checkDepth(path.length);
  const { dependencies } = files;
  // Only the schema's own descriptor is shown: of the others nothing but the names they define counts.
  const table = path.length === 0 ? buildTypeTable({ root, dependencies }) : NO_TYPES;
  const descriptor = fileToDescriptor(root, name, table, (dependency) => dependencies.has(dependency));
  const linked = descriptor.dependency.map((dependency) => {
    const done = built.get(dependency);
    if (done !== undefined) return done;
    const file = dependencies.get(dependency);
    if (file === undefined || path.includes(dependency)) throw new ProtobufFault(`${dependency} imports itself`);
    const result = buildFile(files, dependency, file, built, [...path, dependency]).linked;
    built.set(dependency, result);
    return result;
  });
  return { descriptor, linked: linkDescriptor(descriptor, linked) };
}
