/** Which of many schemas could have written a record's bytes: each is tried. */
import { setImmediate } from 'node:timers/promises';
import { throwIfAborted } from '../../errors.ts';
import { decodeChecked } from '../../schema/decode/decode-json.ts';
import { decodeMessage, readProtobufTypes } from '../../schema/decode/decode-protobuf.ts';
import { decodeValue } from '../../schema/decode/decode-value.ts';
import { DECODE_LIMITS, type Decoded } from '../../schema/decode/decoded.ts';
import type { ResolvedSchema } from '../../schema/language.ts';
import type { RegistryState } from '../../semantics/state.ts';
import type { OnProgress } from '../progress.ts';
import { type FoundSchema, resolveFound } from './find-schemas.ts';

export interface Guess {
  readonly schema: FoundSchema;
  /** Byte at which its payload was taken to begin. */
  readonly payloadAt: number;
  /** Complete, always: read to the last byte. */
  readonly decoded: Decoded;
}

export interface GuessOptions {
  readonly bytes: Buffer;
  /** Where a payload may begin. The first start at which a schema reads the bytes counts. */
  readonly starts: readonly number[];
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: OnProgress | undefined;
}

export interface Guesses {
  /** Schemas that were tried. */
  readonly tried: number;
  /** The likeliest first: those that account for every field, with the least that is strange. */
  readonly guesses: readonly Guess[];
}

/** A wrong schema is soon found out: what is larger was read by the right one. */
const LIMITS = { ...DECODE_LIMITS, values: 50_000 };
const MOST_GUESSES = 100;
/** Messages of one .proto file that are tried where nothing says which it is. */
const MOST_MESSAGES = 50;
const PAUSE_MS = 20;

/** @throws SrgitError SRGIT_INTERRUPTED */
export async function guessSchemas(
  state: RegistryState,
  schemas: readonly FoundSchema[],
  { bytes, starts, signal, onProgress }: GuessOptions,
): Promise<Guesses> {
  const guesses: Guess[] = [];
  let paused = performance.now();
  const jsonStarts = starts.filter((start) => decodeChecked(undefined, bytes, start, LIMITS).complete);
  for (const [at, schema] of schemas.entries()) {
    if (performance.now() - paused > PAUSE_MS) {
      onProgress?.({ phase: 'trying schemas', done: at, total: schemas.length });
      await setImmediate();
      throwIfAborted(signal);
      paused = performance.now();
    }
    const resolved = resolveFound(state, schema);
    // A JSON Schema is not looked at for bytes that are no JSON.
    for (const payloadAt of schema.schemaType === 'JSON' ? jsonStarts : starts) {
      const decoded = tryAt(resolved, bytes, payloadAt);
      if (decoded === undefined) continue;
      guesses.push({ schema, payloadAt, decoded });
      break;
    }
    // The best are kept, whatever is still to come.
    if (guesses.length > 2 * MOST_GUESSES) guesses.sort(byStrangeness).length = MOST_GUESSES;
  }
  return { tried: schemas.length, guesses: guesses.sort(byStrangeness).slice(0, MOST_GUESSES) };
}

function tryAt(schema: ResolvedSchema, bytes: Buffer, start: number): Decoded | undefined {
  if (schema.schemaType !== 'PROTOBUF') {
    const decoded = decodeValue(schema, bytes, start, { from: 'first' }, LIMITS);
    return decoded.complete ? decoded : undefined;
  }
  const types = readProtobufTypes(schema);
  if (typeof types === 'string') return undefined;
  const found: Decoded[] = [];
  const add = (decoded: Decoded): boolean => {
    if (decoded.complete) found.push(decoded);
    return decoded.complete && decoded.unknownFields.length === 0 && decoded.notes.length === 0;
  };
  // Some clients write no message indexes.
  if (add(decodeMessage(types, bytes, start, { from: 'payload' }, LIMITS))) return found[0];
  for (const name of types.messageNames().slice(0, MOST_MESSAGES)) {
    if (add(decodeMessage(types, bytes, start, { from: 'name', name, behindIndexes: false }, LIMITS))) break;
  }
  return found.sort((a, b) => strangenessOf(a) - strangenessOf(b))[0];
}

function byStrangeness(a: Guess, b: Guess): number {
  return strangenessOf(a.decoded) - strangenessOf(b.decoded);
}

/** Any bytes are some Protobuf message: what it says of fields that nobody knows makes it unlikely. */
function strangenessOf({ unknownFields, notes, unlisted }: Decoded): number {
  return 10 * unknownFields.length + notes.length + unlisted;
}
