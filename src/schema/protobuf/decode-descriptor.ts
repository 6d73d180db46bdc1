/** The other form in which a schema may be posted: a FileDescriptorProto in base64. */
import { fromBinary } from '@bufbuild/protobuf';
import { FileDescriptorProtoSchema } from '@bufbuild/protobuf/wkt';
import type { ProtoFile } from './elements.ts';
import { fileFromDescriptor } from './from-descriptor.ts';

/** Undefined when the text is no base64 or its bytes are no descriptor. */
export function decodeDescriptor(text: string): ProtoFile | undefined {
  if (!isBase64(text)) return undefined;
  try {
    return fileFromDescriptor(fromBinary(FileDescriptorProtoSchema, Buffer.from(text, 'base64')));
  } catch {
    // Whatever the bytes do to the decoder, they are no descriptor; the text's own error is told.
    return undefined;
  }
}

/** Java's basic decoder: padding may be missing, but not be wrong. */
function isBase64(text: string): boolean {
  const padding = /={0,2}$/.exec(text)?.[0].length ?? 0;
  if (!/^[A-Za-z0-9+/]*$/.test(text.slice(0, text.length - padding))) return false;
  return padding > 0 ? text.length % 4 === 0 : text.length % 4 !== 1;
}
