/** Reads one Avro datum (binary encoding, specification 1.12) with the schema that wrote it. */
import { isUtf8 } from 'node:buffer';
import type { JsonValue } from '../../model/json.ts';
import { AvroSchemaError } from '../avro/avro-error.ts';
import { loadSchema } from '../avro/load-schema.ts';
import { type AvroSchema, fullNameOf, type RecordSchema, type UnionSchema } from '../avro/schema-model.ts';
import type { ResolvedSchema } from '../language.ts';
import { logicalTypeOf, showLogicalBytes, showLogicalNumber } from './avro-readable.ts';
import { ByteReader } from './byte-reader.ts';
import { DecodeFault, formatPath, type OpenObject, readItem, readMember, type Step, toRemark } from './decode-fault.ts';
import { DECODE_LIMITS, type Decoded, type DecodeLimits } from './decoded.ts';
import { showBytes, showDouble, showFloat, showInteger } from './plain-values.ts';
import { Remarks, unreadable } from './remarks.ts';

/** @param start where the datum begins: behind the frame. */
export function decodeAvro(
  schema: Pick<ResolvedSchema, 'schema' | 'references'>,
  bytes: Buffer,
  start = 0,
  limits: DecodeLimits = DECODE_LIMITS,
): Decoded {
  const loaded = load(schema);
  if ('error' in loaded) return unreadable(start, `the schema cannot be read: ${loaded.error}`);
  const reader = new AvroReader(bytes, start, limits);
  try {
    const value = reader.read(loaded.schema);
    const { at, left } = reader.input;
    if (left > 0) {
      const count = `${left} byte${left === 1 ? '' : 's'}`;
      reader.remarks.problem({ offset: at, path: '', message: `${count} left over behind the value` });
    }
    return reader.remarks.toDecoded(value);
  } catch (error) {
    if (!(error instanceof DecodeFault)) throw error;
    reader.remarks.problem(toRemark(error));
    return reader.remarks.toDecoded(error.partial);
  }
}

function load({ schema, references }: Pick<ResolvedSchema, 'schema' | 'references'>) {
  try {
    return loadSchema(schema, references, false);
  } catch (error) {
    if (error instanceof AvroSchemaError) return { error: error.message };
    throw error;
  }
}

/** Of items that have no bytes a record could claim any number: no more than this are believed. */
const MOST_EMPTY_ITEMS = 10_000n;
/** Records in records, looked through for one that has bytes. */
const MOST_EMPTY_DEPTH = 100;
const INT32_MAX = 2n ** 31n - 1n;

class AvroReader {
  readonly input: ByteReader;
  readonly remarks = new Remarks();
  readonly #limits: DecodeLimits;
  readonly #path: Step[] = [];
  readonly #logical = new WeakMap<AvroSchema, { readonly name: string | undefined }>();
  readonly #empty = new Map<AvroSchema, boolean>();
  #values = 0;

  constructor(bytes: Buffer, start: number, limits: DecodeLimits) {
    this.input = new ByteReader(bytes, start);
    this.#limits = limits;
  }

  read(schema: AvroSchema): JsonValue {
    if (++this.#values > this.#limits.values) {
      throw new DecodeFault(`more than ${this.#limits.values} values`, this.input.at);
    }
    if (this.#path.length > this.#limits.depth) {
      throw new DecodeFault(`nested deeper than ${this.#limits.depth} levels`, this.input.at);
    }
    switch (schema.type) {
      case 'null':
        return null;
      case 'boolean':
        return this.#boolean();
      case 'int':
      case 'long':
        return this.#integer(schema);
      case 'float':
        return showFloat(this.input.take(4, 'a float').readFloatLE());
      case 'double':
        return showDouble(this.input.take(8, 'a double').readDoubleLE());
      case 'bytes':
        return this.#shownBytes(schema, this.#lengthOf('bytes'));
      case 'fixed':
        return this.#shownBytes(schema, this.input.take(schema.size, `fixed ${schema.name.full}`));
      case 'string':
        return this.#text('a string');
      case 'enum':
        return this.#choice(schema.symbols, `enum ${schema.name.full}`, 'symbols');
      case 'union':
        return this.#union(schema);
      case 'array':
        return this.#array(schema.items);
      case 'map':
        return this.#map(schema.values);
      case 'record':
        return this.#record(schema);
      default:
        throw new DecodeFault(`the schema names ${schema.target}, which none of its references has`, this.input.at);
    }
  }

  #boolean(): boolean {
    const at = this.input.at;
    const byte = this.input.byte('a boolean');
    if (byte > 1) throw new DecodeFault(`a boolean is 0 or 1, and this byte is ${byte}`, at);
    return byte === 1;
  }

  #integer(schema: AvroSchema): JsonValue {
    const at = this.input.at;
    const value = this.input.zigzag(`${schema.type === 'int' ? 'an int' : 'a long'}`);
    if (schema.type === 'int' && BigInt.asIntN(32, value) !== value) {
      throw new DecodeFault(`an int has 32 bits, and this is ${value}`, at);
    }
    const logical = this.#logicalOf(schema);
    return logical === undefined ? showInteger(value) : showLogicalNumber(logical, value);
  }

  #shownBytes(schema: AvroSchema, bytes: Buffer): JsonValue {
    const logical = this.#logicalOf(schema);
    if (logical === undefined) return showBytes(bytes);
    return showLogicalBytes(logical, schema, bytes);
  }

  #lengthOf(what: string): Buffer {
    const at = this.input.at;
    const length = this.input.zigzag(`the length of ${what}`);
    if (length < 0n || length > INT32_MAX) throw new DecodeFault(`${what} cannot have ${length} bytes`, at);
    return this.input.take(Number(length), what);
  }

  #text(what: string): string {
    const at = this.input.at;
    const bytes = this.#lengthOf(what);
    if (!isUtf8(bytes)) {
      this.remarks.problem({ offset: at, path: formatPath(this.#path), message: `${what} is not UTF-8` });
    }
    return bytes.toString('utf8');
  }

  #choice<T>(all: readonly T[], what: string, called: string): T {
    const at = this.input.at;
    const index = this.input.zigzag(`the number of ${what}`);
    const found = index < 0n || index > INT32_MAX ? undefined : all[Number(index)];
    if (found === undefined)
      throw new DecodeFault(`${what} has ${all.length} ${called}, and this is number ${index}`, at);
    return found;
  }

  #union({ branches }: UnionSchema): JsonValue {
    const branch = this.#choice(branches, 'a union', 'branches');
    if (branch.type === 'null') return null;
    const others = branches.filter(({ type }) => type !== 'null');
    if (others.length === 1) return this.read(branch);
    // The branch is no step of the path: no field is called so.
    const name = fullNameOf(branch);
    try {
      return { [name]: this.read(branch) };
    } catch (error) {
      if (error instanceof DecodeFault && error.partial !== undefined) error.partial = { [name]: error.partial };
      throw error;
    }
  }

  #record(schema: RecordSchema): JsonValue {
    const record: OpenObject = {};
    for (const { name, type } of schema.fields ?? []) {
      readMember(record, name, name, () => this.#inside(name, () => this.read(type)));
    }
    return record;
  }

  #array(items: AvroSchema): JsonValue {
    const array: JsonValue[] = [];
    this.#blocks('array', array, !this.#isEmpty(items), () => {
      readItem(array, () => this.#inside(array.length, () => this.read(items)));
    });
    return array;
  }

  #map(values: AvroSchema): JsonValue {
    const map: OpenObject = {};
    this.#blocks('map', map, true, () => {
      const at = this.input.at;
      const key = this.#text("a map's key");
      if (Object.hasOwn(map, key)) {
        const path = formatPath([...this.#path, { key }]);
        this.remarks.note({ offset: at, path, message: 'the key is there twice; the later value is shown' });
      }
      readMember(map, key, { key }, () => this.#inside({ key }, () => this.read(values)));
    });
    return map;
  }

  /** Counts followed by as many items; a negative one by the block's size in bytes as well; zero ends. */
  #blocks(what: 'array' | 'map', partial: JsonValue, haveBytes: boolean, readNext: () => void): void {
    let total = 0n;
    for (;;) {
      const at = this.input.at;
      const fail = (message: string): never => {
        const fault = new DecodeFault(message, at);
        fault.partial = partial;
        throw fault;
      };
      let count = this.#within(partial, () => this.input.zigzag(`the size of a block of an ${what}`));
      if (count === 0n) return;
      let size: bigint | undefined;
      if (count < 0n) {
        count = -count;
        size = this.#within(partial, () => this.input.zigzag('the bytes of a block'));
        if (size < 0n || size > BigInt(this.input.left)) {
          fail(`a block of the ${what} says that it has ${size} bytes, and ${this.input.left} are left`);
        }
      }
      total += count;
      const most = haveBytes ? BigInt(this.input.left) : MOST_EMPTY_ITEMS;
      if ((haveBytes ? count : total) > most) {
        fail(`a block of the ${what} says that it has ${count} items, and ${this.input.left} bytes are left`);
      }
      const from = this.input.at;
      for (let left = count; left > 0n; left--) readNext();
      if (size !== undefined && BigInt(this.input.at - from) !== size) {
        fail(`a block of the ${what} says that it has ${size} bytes, and has ${this.input.at - from}`);
      }
    }
  }

  #within<T>(partial: JsonValue, read: () => T): T {
    try {
      return read();
    } catch (error) {
      if (error instanceof DecodeFault) error.partial ??= partial;
      throw error;
    }
  }

  #inside(step: Step, read: () => JsonValue): JsonValue {
    this.#path.push(step);
    const value = read();
    this.#path.pop();
    return value;
  }

  #logicalOf(schema: AvroSchema): string | undefined {
    let known = this.#logical.get(schema);
    if (known === undefined) {
      known = { name: logicalTypeOf(schema) };
      this.#logical.set(schema, known);
    }
    return known.name;
  }

  /** Whether a value of the schema may have no bytes: null, and what is made of nothing else. */
  #isEmpty(schema: AvroSchema, depth = 0): boolean {
    if (depth > MOST_EMPTY_DEPTH) return false;
    const known = this.#empty.get(schema);
    if (known !== undefined) return known;
    let empty = schema.type === 'null' || (schema.type === 'fixed' && schema.size === 0);
    if (schema.type === 'record') {
      // A record inside of itself, with nothing between, has no end and so no value.
      this.#empty.set(schema, true);
      empty = (schema.fields ?? []).every(({ type }) => this.#isEmpty(type, depth + 1));
    }
    this.#empty.set(schema, empty);
    return empty;
  }
}
