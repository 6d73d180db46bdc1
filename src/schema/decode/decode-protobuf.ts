/** Reads one Protobuf message (binary encoding) by its .proto schema. */
import type { ResolvedSchema } from '../language.ts';
import { ProtobufFault } from '../protobuf/protobuf-fault.ts';
import { ByteReader } from './byte-reader.ts';
import { DecodeFault, toRemark } from './decode-fault.ts';
import { DECODE_LIMITS, type Decoded, type DecodeLimits } from './decoded.ts';
import { readMessageIndexes } from './message-indexes.ts';
import { ProtobufReader } from './protobuf-reader.ts';
import { type MeantMessage, type MessageType, ProtobufTypes } from './protobuf-types.ts';
import { unreadable } from './remarks.ts';

/**
 * Where it is said which message of the file was written.
 *
 * `payload`: message indexes at `start`, as Confluent's serializers write. `header`: the indexes are in these bytes.
 * `first`: there are none. Otherwise the full name of a message.
 */
export type MessageChoice =
  | { readonly from: 'payload' | 'first' }
  | { readonly from: 'header'; readonly indexes: Buffer }
  | { readonly from: 'name'; readonly name: string; readonly behindIndexes: boolean };

export function decodeProtobuf(
  schema: Pick<ResolvedSchema, 'schema' | 'references'>,
  bytes: Buffer,
  start: number,
  choice: MessageChoice,
  limits: DecodeLimits = DECODE_LIMITS,
): Decoded {
  const types = readProtobufTypes(schema);
  if (typeof types === 'string') return unreadable(start, `the schema cannot be read: ${types}`);
  return decodeMessage(types, bytes, start, choice, limits);
}

/** The same with a schema that was read before. */
export function decodeMessage(
  types: ProtobufTypes,
  bytes: Buffer,
  start: number,
  choice: MessageChoice,
  limits: DecodeLimits = DECODE_LIMITS,
): Decoded {
  const input = new ByteReader(bytes, start);
  let meanings: readonly MeantMessage[];
  try {
    meanings = chooseMessages(types, input, choice);
  } catch (error) {
    if (!(error instanceof DecodeFault)) throw error;
    return unreadable(error.offset, error.message);
  }
  const from = input.at;
  let first: Decoded | undefined;
  for (const { type, isShifted } of meanings) {
    const decoded = read(types, new ByteReader(bytes, from), type, limits);
    if (decoded.complete && decoded.unknownFields.length === 0) {
      if (!isShifted) return decoded;
      const message = 'the message indexes count the entries of maps, or groups, which the registry does not count';
      return { ...decoded, notes: [{ offset: start, path: '', message }, ...decoded.notes] };
    }
    first ??= decoded;
  }
  return first ?? unreadable(start, 'the schema has no message');
}

function read(types: ProtobufTypes, input: ByteReader, type: MessageType, limits: DecodeLimits): Decoded {
  const reader = new ProtobufReader(input, types, limits);
  try {
    const value = reader.readMessage(type, input.end);
    return reader.remarks.toDecoded(value, { message: type.fullName });
  } catch (error) {
    if (!(error instanceof DecodeFault)) throw error;
    reader.remarks.problem(toRemark(error));
    return reader.remarks.toDecoded(error.partial, { message: type.fullName });
  }
}

/** A string: why the schema cannot be read. */
export function readProtobufTypes(schema: Pick<ResolvedSchema, 'schema' | 'references'>): ProtobufTypes | string {
  try {
    return new ProtobufTypes(schema);
  } catch (error) {
    if (error instanceof ProtobufFault) return error.message;
    throw error;
  }
}

/** The likeliest first; never none. */
function chooseMessages(types: ProtobufTypes, input: ByteReader, choice: MessageChoice): readonly MeantMessage[] {
  const at = input.at;
  if (choice.from === 'name') {
    if (choice.behindIndexes) readMessageIndexes(input);
    const named = types.messageNamed(choice.name);
    if (named === undefined) throw new DecodeFault(`the schema has no message ${choice.name}`, at);
    return [{ type: named, isShifted: false }];
  }
  let indexes: readonly number[] = [0];
  if (choice.from === 'payload') indexes = readMessageIndexes(input);
  if (choice.from === 'header' && choice.indexes.length > 0) {
    indexes = readMessageIndexes(new ByteReader(choice.indexes, 0));
  }
  const found = types.messagesAt(indexes);
  if (found.length === 0) throw new DecodeFault(`the schema has no message with the indexes ${indexes.join(', ')}`, at);
  return found;
}
