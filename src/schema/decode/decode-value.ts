/** Reads a record's payload with a schema of any language. */
import type { ResolvedSchema } from '../language.ts';
import { decodeAvro } from './decode-avro.ts';
import { decodeJson } from './decode-json.ts';
import { decodeProtobuf, type MessageChoice } from './decode-protobuf.ts';
import { DECODE_LIMITS, type Decoded, type DecodeLimits } from './decoded.ts';

/**
 * @param start of the payload: behind the id.
 * @param message for Protobuf, which message of the file it is.
 */
export function decodeValue(
  schema: ResolvedSchema,
  bytes: Buffer,
  start: number,
  message: MessageChoice,
  limits: DecodeLimits = DECODE_LIMITS,
): Decoded {
  switch (schema.schemaType) {
    case 'AVRO':
      return decodeAvro(schema, bytes, start, limits);
    case 'JSON':
      return decodeJson(schema, bytes, start, limits);
    case 'PROTOBUF':
      return decodeProtobuf(schema, bytes, start, message, limits);
  }
}
