/** Decode: from a record's bytes to its frame, its schema and what it says. */
import { inflateSync } from 'node:zlib';
import type { JsonValue } from '../model/json.ts';
import { DEFAULT_CONTEXT } from '../model/subject-name.ts';
import { decodeFrame, type Frame, type FrameKind, type RecordHeader } from '../records/decode-frame.ts';
import { decodeChecked } from '../schema/decode/decode-json.ts';
import type { MessageChoice } from '../schema/decode/decode-protobuf.ts';
import { decodeValue } from '../schema/decode/decode-value.ts';
import { DECODE_LIMITS, type Decoded, type DecodeLimits } from '../schema/decode/decoded.ts';
import { showBytes } from '../schema/decode/plain-values.ts';
import type { RegistryState } from '../semantics/state.ts';
import {
  type FoundSchema,
  findFramed,
  findNamed,
  findPossible,
  missingReferences,
  type RecordTopic,
  resolveFound,
  type SchemaPlace,
} from './decode/find-schemas.ts';
import { guessSchemas } from './decode/guess-schema.ts';
import type { OnProgress } from './progress.ts';

export interface DecodeRecordOptions {
  /** One side of a record, as it is in Kafka. */
  readonly bytes: Buffer;
  readonly headers?: readonly RecordHeader[] | undefined;
  /** Which side it is; the value where nothing is said. */
  readonly side?: 'key' | 'value' | undefined;
  /** Whose subjects are looked at first. */
  readonly topic?: string | undefined;
  /** The only context to look in: `.` or `.name`. */
  readonly context?: string | undefined;
  /** The schema, whatever the frame says. */
  readonly subject?: string | undefined;
  /** Of `subject`; the latest where nothing is said. */
  readonly version?: number | undefined;
  /** Full name of the Protobuf message, whatever the record says. */
  readonly message?: string | undefined;
  /** The bytes have no frame, whatever they begin with. */
  readonly unframed?: boolean | undefined;
  /** Try every schema that may have written the bytes. */
  readonly guess?: boolean | undefined;
  readonly limits?: DecodeLimits | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: OnProgress | undefined;
}

/** A schema as results name it. */
export interface RecordSchema {
  readonly context: string;
  readonly id: number;
  readonly guid: string;
  readonly schemaType: 'AVRO' | 'JSON' | 'PROTOBUF';
  readonly places: readonly SchemaPlace[];
}

export interface RecordFrame {
  readonly kind: FrameKind;
  readonly id?: number;
  /** Also the version of an AWS Glue schema. */
  readonly guid?: string;
  /** Digits of a 64-bit id of Apicurio's. */
  readonly longId?: string;
  readonly payloadAt: number;
}

export interface RecordGuess {
  readonly schema: RecordSchema;
  readonly payloadAt: number;
  readonly decoded: Decoded;
}

/** Plain data: the command's JSON, and what `POST /ui/api/decode` answers. */
export interface DecodedRecord {
  /** How many there are. */
  readonly bytes: number;
  readonly frame: RecordFrame;
  /**
   * `decoded`: read to the last byte with nothing against the schema. `problems`: read as far as it goes. `unknown-schema`:
   * there is a frame, and no schema of its id. `no-frame`: nothing says which schema. `guessed`: one of these two, and
   * some schema reads the bytes.
   */
  readonly outcome: 'decoded' | 'problems' | 'guessed' | 'unknown-schema' | 'no-frame';
  readonly schema?: RecordSchema;
  readonly decoded?: Decoded;
  /** Other schemas that the same id has in other contexts, and whether they read the bytes too. */
  readonly others?: readonly (RecordSchema & { readonly complete: boolean })[];
  /** Where schemas were tried, which is when the id's own does not do: those that read the bytes to their end. */
  readonly guesses?: readonly RecordGuess[];
  readonly tried?: number;
  /** Without a schema: the payload as JSON text or bytes. */
  readonly payload?: JsonValue;
  /** What to know or to do next, for people. */
  readonly hints: readonly string[];
}

/**
 * @param state what is known of the registry: a tree's, or what was read of a live one.
 * @throws SrgitError SRGIT_INTERRUPTED while guessing. Whatever is wrong with the record is in the result.
 */
export async function decodeRecord(state: RegistryState, options: DecodeRecordOptions): Promise<DecodedRecord> {
  const { side = 'value', topic: named, context } = options;
  const topic: RecordTopic | undefined = named === undefined ? undefined : { topic: named, side };
  const hints: string[] = [];
  const frame = options.unframed === true ? NO_FRAME : decodeFrame(options.bytes, options.headers, side);
  if (frame.warning !== undefined) hints.push(frame.warning);
  const bytes = unpack(options.bytes, frame, hints);
  const base = { bytes: options.bytes.length, frame: frameOf(frame) };

  const schemas =
    options.subject === undefined ? findFramed(state, frame, context, topic) : forced(state, options, hints);
  const attempts = schemas.map((schema) => ({ schema, decoded: decodeWith(state, schema, bytes, frame, options) }));
  const chosen = attempts.find(({ decoded }) => decoded.complete) ?? attempts[0];
  const read = chosen === undefined ? {} : readBy(chosen, attempts);
  if (chosen !== undefined) hints.push(...hintsOn(state, chosen.schema, chosen.decoded, options.guess === true));
  if (chosen?.decoded.complete === true) return { ...base, outcome: 'decoded', ...read, hints };

  const unread = chosen === undefined ? { payload: showPayload(bytes, frame.payloadAt) } : {};
  const failure = chosen !== undefined ? 'problems' : frame.kind === 'none' ? 'no-frame' : 'unknown-schema';
  if (options.guess !== true) {
    if (chosen === undefined && options.subject === undefined) hints.push(hintOnUnknown(frame, topic));
    return { ...base, outcome: failure, ...read, ...unread, hints };
  }
  const possible = findPossible(state, context, topic);
  const starts = frame.payloadAt === 0 ? [0] : [frame.payloadAt, 0];
  const { signal, onProgress } = options;
  const { tried, guesses } = await guessSchemas(state, possible, { bytes, starts, signal, onProgress });
  return {
    ...base,
    outcome: chosen === undefined && guesses.length > 0 ? 'guessed' : failure,
    ...read,
    guesses: guesses.map((guess) => ({ ...guess, schema: schemaOf(guess.schema) })),
    tried,
    ...unread,
    hints,
  };
}

interface Attempt {
  readonly schema: FoundSchema;
  readonly decoded: Decoded;
}

function readBy(chosen: Attempt, attempts: readonly Attempt[]): Pick<DecodedRecord, 'schema' | 'decoded' | 'others'> {
  const others = attempts.filter((attempt) => attempt !== chosen);
  return {
    schema: schemaOf(chosen.schema),
    decoded: chosen.decoded,
    ...(others.length === 0
      ? {}
      : { others: others.map(({ schema, decoded }) => ({ ...schemaOf(schema), complete: decoded.complete })) }),
  };
}

const NO_FRAME: Frame = { kind: 'none', payloadAt: 0 };

/** Payloads of AWS Glue may be compressed; no more than this is made of them. */
const MOST_INFLATED = 64 * 1024 * 1024;

function unpack(bytes: Buffer, frame: Frame, hints: string[]): Buffer {
  if (frame.compressed !== true) return bytes;
  try {
    const inflated = inflateSync(bytes.subarray(frame.payloadAt), { maxOutputLength: MOST_INFLATED });
    hints.push('The payload was compressed: places are counted as if it were not.');
    return Buffer.concat([bytes.subarray(0, frame.payloadAt), inflated]);
  } catch {
    hints.push('The frame says that the payload is compressed, and it is not.');
    return bytes;
  }
}

function forced(state: RegistryState, { subject = '', version }: DecodeRecordOptions, hints: string[]) {
  const found = findNamed(state, subject, version);
  if (found !== undefined) return [found];
  hints.push(`There is no ${version === undefined ? 'live version' : `version ${version}`} of the subject ${subject}.`);
  return [];
}

function decodeWith(
  state: RegistryState,
  schema: FoundSchema,
  bytes: Buffer,
  frame: Frame,
  { message, limits = DECODE_LIMITS }: DecodeRecordOptions,
): Decoded {
  const resolved = resolveFound(state, schema);
  const choice = choiceOf(frame, message);
  const decoded = decodeValue(resolved, bytes, frame.payloadAt, choice, limits);
  if (schema.schemaType !== 'PROTOBUF' || message !== undefined || choice.from !== 'payload') return decoded;
  if (decoded.complete && decoded.unknownFields.length === 0) return decoded;
  // Some clients write no message indexes.
  const plain = decodeValue(resolved, bytes, frame.payloadAt, { from: 'first' }, limits);
  if (!plain.complete || plain.unknownFields.length > 0) return decoded;
  const note = {
    offset: frame.payloadAt,
    path: '',
    message: 'there are no message indexes: taken for the first message',
  };
  return { ...plain, notes: [note, ...plain.notes] };
}

function choiceOf(frame: Frame, name: string | undefined): MessageChoice {
  const isInPayload = frame.kind === 'id' || frame.kind === 'guid';
  if (name !== undefined) return { from: 'name', name, behindIndexes: isInPayload };
  if (isInPayload) return { from: 'payload' };
  return frame.headerRest === undefined ? { from: 'first' } : { from: 'header', indexes: frame.headerRest };
}

function hintsOn(state: RegistryState, schema: FoundSchema, decoded: Decoded, isGuessed: boolean): readonly string[] {
  const hints: string[] = [];
  const missing = missingReferences(state, schema);
  if (missing.length > 0) hints.push(`References of the schema that are not there: ${missing.join(', ')}.`);
  if (schema.encrypts) {
    hints.push('Rules of the schema encrypt: what they cover is shown as it was written, or cannot be read.');
  }
  if (!decoded.complete && missing.length === 0 && !schema.encrypts) {
    const next = isGuessed ? '' : ' Try --guess.';
    hints.push(`This schema did not write these bytes: the id is another registry's, or the record is damaged.${next}`);
  }
  if (decoded.unlisted > 0) hints.push(`${decoded.unlisted} more remarks are not listed.`);
  return hints;
}

function hintOnUnknown(frame: Frame, topic: RecordTopic | undefined): string {
  const guess = `Try --guess${topic === undefined ? ' with --topic' : ''}, or name a --subject.`;
  switch (frame.kind) {
    case 'none':
      return `Nothing in the bytes or headers says which schema wrote them. ${guess}`;
    case 'glue':
      return `The id is a schema version of AWS Glue, which no Confluent registry knows. ${guess}`;
    case 'apicurio-id':
    case 'apicurio-header-content-id':
    case 'apicurio-header-global-id':
      return `The id is one of Apicurio's own, which a tree does not hold. ${guess}`;
    default:
      return `No schema here has this id. It may have been deleted, or be another registry's. ${guess}`;
  }
}

function frameOf({ kind, id, guid, longId, payloadAt }: Frame): RecordFrame {
  return {
    kind,
    ...(id === undefined ? {} : { id }),
    ...(guid === undefined ? {} : { guid }),
    ...(longId === undefined ? {} : { longId }),
    payloadAt,
  };
}

function schemaOf({ context, id, guid, schemaType, places }: FoundSchema): RecordSchema {
  return { context: context || DEFAULT_CONTEXT, id, guid, schemaType, places };
}

const MOST_SHOWN = 64 * 1024;

/** JSON text as its value, anything else as bytes, of which the first 64 KiB are shown. */
function showPayload(bytes: Buffer, start: number): JsonValue {
  const first = bytes[start];
  if (first === 0x7b || first === 0x5b) {
    const { complete, value } = decodeChecked(undefined, bytes, start);
    if (complete && value !== undefined) return value;
  }
  return showBytes(bytes.subarray(start, start + MOST_SHOWN));
}
