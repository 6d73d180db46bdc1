/**
 * Whether a reader's schema can read what a writer's schema wrote: Avro's own check, pair by pair, each pair of schemas
 * once. What it finds, where and in which order, is what Confluent answers (observed).
 */
import { AvroSchemaError } from './avro-error.ts';
import { describeField, typeWord } from './parse-schema.ts';
import type { AvroSchema, EnumSchema, Field, FixedSchema, NamedSchema, RecordSchema } from './schema-model.ts';
import { writeSchema } from './schema-text.ts';

export type MismatchType =
  | 'TYPE_MISMATCH'
  | 'NAME_MISMATCH'
  | 'FIXED_SIZE_MISMATCH'
  | 'MISSING_ENUM_SYMBOLS'
  | 'READER_FIELD_MISSING_DEFAULT_VALUE'
  | 'MISSING_UNION_BRANCH';

export interface Mismatch {
  readonly type: MismatchType;
  /** JSON pointer into the reader's schema, unions of the writer counted by branch; `/` for the whole. */
  readonly path: string;
  /** Avro's words: both types, the writer's name, the sizes, the symbols, the field. */
  readonly info: string;
}

/** Pairs compared at most, and how deep one may lead to another: Java's stack ends earlier. */
const MOST_PAIRS = 1_000_000;
const MOST_DEPTH = 10_000;

/** A pair that is met again repeats what it found: twofold at every level, so a list can grow beyond all use. */
const MOST_MISMATCHES = 10_000;
const MOST_PATH_CHARACTERS = 4_000_000;

/**
 * Empty when the reader can read it all. Throws an `AvroSchemaError` where Java throws, and for schemas that are too
 * large to compare. A list that is longer than 10,000, or has paths of more than 4 million characters, is cut there.
 */
export function findMismatches(reader: AvroSchema, writer: AvroSchema): readonly Mismatch[] {
  return listMismatches(new Checker().check(reader, writer));
}

/** What a pair found: its own mismatches and those of the pairs inside of it, in order. */
type Finding = PlacedMismatch | Outcome;
type Outcome = readonly Finding[];

/** The path is written out for those that are listed only. */
interface PlacedMismatch extends Omit<Mismatch, 'path'> {
  readonly at: Location | undefined;
}

const COMPATIBLE: Outcome = [];

/** Asks for the outcome of another pair. */
interface Question {
  readonly reader: AvroSchema;
  readonly writer: AvroSchema;
  readonly location: Location | undefined;
}

type Comparison = Generator<Question, Outcome, Outcome>;

/** A path from its end to the root. */
interface Location {
  readonly step: string;
  readonly parent: Location | undefined;
}

interface OpenPair {
  readonly comparison: Comparison;
  readonly reader: AvroSchema;
  readonly writer: AvroSchema;
}

class Checker {
  /** By identity, as in Avro. A pair that is still open counts as compatible, which ends recursion. */
  readonly #known = new Map<AvroSchema, Map<AvroSchema, Outcome>>();
  #pairs = 0;

  /** Runs the comparisons on a stack of their own: as deep as schemas go, not as deep as the engine's calls. */
  check(reader: AvroSchema, writer: AvroSchema): Outcome {
    const open: OpenPair[] = [this.#open({ reader, writer, location: undefined })];
    let answer: Outcome = COMPATIBLE;
    for (let pair = open.at(-1); pair !== undefined; pair = open.at(-1)) {
      const { done, value } = pair.comparison.next(answer);
      if (done) {
        answer = value;
        this.#remember(pair, value);
        open.pop();
        continue;
      }
      const known = this.#known.get(value.reader)?.get(value.writer);
      if (known !== undefined) {
        answer = known;
        continue;
      }
      if (open.length >= MOST_DEPTH) throw new AvroSchemaError('the schemas nest too deep to be compared');
      open.push(this.#open(value));
    }
    return answer;
  }

  #open({ reader, writer, location }: Question): OpenPair {
    if (++this.#pairs > MOST_PAIRS) throw new AvroSchemaError('the schemas have too many types to be compared');
    this.#remember({ reader, writer }, COMPATIBLE);
    return { comparison: compare(reader, writer, location), reader, writer };
  }

  #remember({ reader, writer }: Pick<OpenPair, 'reader' | 'writer'>, outcome: Outcome): void {
    const ofReader = this.#known.get(reader) ?? new Map<AvroSchema, Outcome>();
    this.#known.set(reader, ofReader.set(writer, outcome));
  }
}

function* compare(reader: AvroSchema, writer: AvroSchema, at: Location | undefined): Comparison {
  if (writer.type === 'union') {
    return reader.type === 'union'
      ? yield* compareUnions(reader, writer.branches, at)
      : yield* compareEach(reader, writer.branches, at);
  }
  switch (reader.type) {
    case 'union':
      return yield* findBranch(reader.branches, writer, at);
    case 'array':
      if (writer.type !== 'array') break;
      return yield { reader: reader.items, writer: writer.items, location: inside(at, 'items') };
    case 'map':
      if (writer.type !== 'map') break;
      return yield { reader: reader.values, writer: writer.values, location: inside(at, 'values') };
    case 'fixed':
      if (writer.type !== 'fixed') break;
      return [...compareNames(reader, writer, at), ...compareSizes(reader, writer, at)];
    case 'enum':
      if (writer.type !== 'enum') break;
      return [...compareNames(reader, writer, at), ...compareSymbols(reader, writer, at)];
    case 'record':
      if (writer.type !== 'record') break;
      return [...compareNames(reader, writer, at), ...(yield* compareFields(reader, writer, at))];
    default:
      if (reader.type === writer.type || PROMOTIONS[reader.type]?.includes(writer.type)) return COMPATIBLE;
  }
  const info = `reader type: ${typeWord(reader)} not compatible with writer type: ${typeWord(writer)}`;
  return [mismatch('TYPE_MISMATCH', at, info)];
}

/** What a reader's type takes beside its own. */
const PROMOTIONS: Readonly<Record<string, readonly string[]>> = {
  long: ['int'],
  float: ['int', 'long'],
  double: ['int', 'long', 'float'],
  bytes: ['string'],
  string: ['bytes'],
};

/** Every branch of the writer's union must find a reader. Why it finds none is not told, only which. */
function* compareUnions(reader: AvroSchema, branches: readonly AvroSchema[], at: Location | undefined): Comparison {
  const found: Finding[] = [];
  for (const [index, branch] of branches.entries()) {
    // Avro begins a new path here, and remembers what it finds under it.
    const outcome = yield { reader, writer: branch, location: undefined };
    if (outcome.length > 0) found.push(missingBranch(branch, inside(at, String(index))));
  }
  return found;
}

function* compareEach(reader: AvroSchema, branches: readonly AvroSchema[], at: Location | undefined): Comparison {
  const found: Finding[] = [];
  for (const [index, branch] of branches.entries()) {
    const outcome = yield { reader, writer: branch, location: inside(at, String(index)) };
    if (outcome.length > 0) found.push(outcome);
  }
  return found;
}

function* findBranch(branches: readonly AvroSchema[], writer: AvroSchema, at: Location | undefined): Comparison {
  for (const branch of branches) {
    const outcome = yield { reader: branch, writer, location: undefined };
    if (outcome.length === 0) return COMPATIBLE;
  }
  return [missingBranch(writer, at)];
}

function missingBranch(writer: AvroSchema, at: Location | undefined): PlacedMismatch {
  return mismatch('MISSING_UNION_BRANCH', at, `reader union lacking writer type: ${typeWord(writer)}`);
}

function* compareFields(reader: RecordSchema, writer: RecordSchema, at: Location | undefined): Comparison {
  const found: Finding[] = [];
  const writerFields = new Map((writer.fields ?? []).map((field) => [field.name, field]));
  for (const [index, field] of (reader.fields ?? []).entries()) {
    const place = inside(inside(at, 'fields'), String(index));
    const written = findWritten(field, index, writer, writerFields);
    let outcome: Outcome = COMPATIBLE;
    if (written !== undefined) {
      outcome = yield { reader: field.type, writer: written.type, location: inside(place, 'type') };
    } else if (field.default === undefined) {
      // An enum's own default is no default of the field: Avro compares it with the whole record, which never fits.
      outcome =
        field.type.type === 'enum' && field.type.default !== undefined
          ? yield { reader: field.type, writer, location: inside(place, 'type') }
          : [mismatch('READER_FIELD_MISSING_DEFAULT_VALUE', place, field.name)];
    }
    if (outcome.length > 0) found.push(outcome);
  }
  return found;
}

/** The writer's field by the reader's name for it or one of its aliases; Java throws when there are several. */
function findWritten(
  field: Field,
  position: number,
  writer: RecordSchema,
  writerFields: ReadonlyMap<string, Field>,
): Field | undefined {
  const found = [field.name, ...field.aliases].flatMap((name) => writerFields.get(name) ?? []);
  if (found.length < 2) return found[0];
  throw new AvroSchemaError(
    `Reader record field ${describeField(field, position)} matches multiple fields in writer record schema ` +
      writeSchema(writer),
  );
}

/** Short names decide, or a reader's alias with its namespace. */
function compareNames(reader: NamedSchema, writer: NamedSchema, at: Location | undefined): Outcome {
  if (reader.name.short === writer.name.short) return COMPATIBLE;
  if (reader.aliases.some((alias) => alias.full === writer.name.full)) return COMPATIBLE;
  return [mismatch('NAME_MISMATCH', inside(at, 'name'), `expected: ${writer.name.full}`)];
}

function compareSizes(reader: FixedSchema, writer: FixedSchema, at: Location | undefined): Outcome {
  if (reader.size === writer.size) return COMPATIBLE;
  return [mismatch('FIXED_SIZE_MISMATCH', inside(at, 'size'), `expected: ${writer.size}, found: ${reader.size}`)];
}

function compareSymbols(reader: EnumSchema, writer: EnumSchema, at: Location | undefined): Outcome {
  if (reader.default !== undefined) return COMPATIBLE;
  const known = new Set(reader.symbols);
  const missing = writer.symbols.filter((symbol) => !known.has(symbol)).sort();
  if (missing.length === 0) return COMPATIBLE;
  return [mismatch('MISSING_ENUM_SYMBOLS', inside(at, 'symbols'), `[${missing.join(', ')}]`)];
}

function inside(parent: Location | undefined, step: string): Location {
  return { step, parent };
}

function mismatch(type: MismatchType, at: Location | undefined, info: string): PlacedMismatch {
  return { type, at, info };
}

function writePath(at: Location | undefined): string {
  const steps: string[] = [];
  for (let location = at; location !== undefined; location = location.parent) steps.push(location.step);
  return `/${steps.toReversed().join('/')}`;
}

function listMismatches(outcome: Outcome): readonly Mismatch[] {
  const listed: Mismatch[] = [];
  const open: Finding[] = outcome.toReversed();
  let room = MOST_PATH_CHARACTERS;
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if ('type' in next) {
      const path = writePath(next.at);
      listed.push({ type: next.type, path, info: next.info });
      room -= path.length;
      if (listed.length >= MOST_MISMATCHES || room < 0) break;
    } else for (const inner of next.toReversed()) open.push(inner);
  }
  return listed;
}
