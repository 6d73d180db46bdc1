/** Random Avro schemas, with values of them: as bytes, written here by the specification, and as they are to be shown. */
import type { JsonValue } from '../../../src/model/json.ts';

export type Random = (below: number) => number;

export interface Made {
  /** Parsed schema. */
  readonly schema: JsonValue;
  /** A random value of it. */
  value(): { readonly bytes: Buffer; readonly shown: JsonValue };
}

/** A schema with a record at its top. */
export function makeSchema(random: Random): Made {
  return new SchemaMaker(random).record(4);
}

class SchemaMaker {
  readonly #random: Random;
  readonly #named: { readonly name: string; readonly made: Made }[] = [];
  #names = 0;

  constructor(random: Random) {
    this.#random = random;
  }

  record(depth: number): Made {
    const name = `test.space.R${this.#names++}`;
    const fields = Array.from({ length: this.#random(6) }, (_, at) => ({ name: `f${at}`, made: this.#any(depth - 1) }));
    const made: Made = {
      schema: { type: 'record', name, fields: fields.map((field) => ({ name: field.name, type: field.made.schema })) },
      value: () => {
        const values = fields.map((field) => ({ name: field.name, ...field.made.value() }));
        return {
          bytes: Buffer.concat(values.map(({ bytes }) => bytes)),
          shown: Object.fromEntries(values.map((value) => [value.name, value.shown])),
        };
      },
    };
    this.#named.push({ name, made: { ...made, schema: name } });
    return made;
  }

  #any(depth: number): Made {
    const pick = this.#random(depth > 0 ? 18 : 12);
    switch (pick) {
      case 0:
        return { schema: 'null', value: () => ({ bytes: Buffer.alloc(0), shown: null }) };
      case 1:
        return this.#plain('boolean', () => {
          const yes = this.#random(2) === 1;
          return { bytes: Buffer.from([yes ? 1 : 0]), shown: yes };
        });
      case 2:
        return this.#plain('int', () => this.#number(32n));
      case 3:
        return this.#plain('long', () => this.#number(64n));
      case 4:
        return this.#plain('float', () => {
          const bytes = Buffer.alloc(4);
          const shown = (this.#random(20_001) - 10_000) / 4;
          bytes.writeFloatLE(shown);
          return { bytes, shown };
        });
      case 5:
        return this.#plain('double', () => {
          const bytes = Buffer.alloc(8);
          const shown = (this.#random(2 ** 31) - 2 ** 30) / 3;
          bytes.writeDoubleLE(shown);
          return { bytes, shown };
        });
      case 6:
        return this.#plain('bytes', () => {
          const bytes = this.#randomBytes(this.#random(20));
          return { bytes: Buffer.concat([long(BigInt(bytes.length)), bytes]), shown: shownBytes(bytes) };
        });
      case 7:
        return this.#plain('string', () => this.#text());
      case 8:
        return this.#enum();
      case 9:
        return this.#fixed();
      case 10:
        return this.#decimal();
      case 11: {
        const known = this.#named[this.#random(this.#named.length + 1)];
        return known?.made ?? this.#plain('string', () => this.#text());
      }
      case 12:
      case 13:
        return this.#array(this.#any(depth - 1));
      case 14:
        return this.#map(this.#any(depth - 1));
      case 15:
      case 16:
        return this.#union(depth);
      default:
        return this.record(depth);
    }
  }

  #plain(type: string, value: Made['value']): Made {
    return { schema: this.#random(3) === 0 ? { type, 'x-note': 'any' } : type, value };
  }

  #number(bits: bigint): ReturnType<Made['value']> {
    const size = BigInt(this.#random(Number(bits)) + 1);
    const raw = BigInt(`0x${this.#randomBytes(8).toString('hex')}`);
    const value = BigInt.asIntN(Number(size), raw);
    const number = Number(value);
    return { bytes: long(value), shown: Number.isSafeInteger(number) ? number : `${value}` };
  }

  #text(): ReturnType<Made['value']> {
    const letters = ['a', 'Z', '0', ' ', 'é', '→', '😀', '"', '\\', '\n', '\u0000', '\u202e'];
    const shown = Array.from({ length: this.#random(12) }, () => letters[this.#random(letters.length)]).join('');
    const bytes = Buffer.from(shown);
    return { bytes: Buffer.concat([long(BigInt(bytes.length)), bytes]), shown };
  }

  #enum(): Made {
    const symbols = Array.from({ length: 1 + this.#random(5) }, (_, at) => `S${at}`);
    const name = `E${this.#names++}`;
    return {
      schema: { type: 'enum', name, symbols },
      value: () => {
        const at = this.#random(symbols.length);
        return { bytes: long(BigInt(at)), shown: `S${at}` };
      },
    };
  }

  #fixed(): Made {
    const size = this.#random(9);
    return {
      schema: { type: 'fixed', name: `F${this.#names++}`, size },
      value: () => {
        const bytes = this.#randomBytes(size);
        return { bytes, shown: shownBytes(bytes) };
      },
    };
  }

  #decimal(): Made {
    const scale = this.#random(4);
    return {
      schema: { type: 'bytes', logicalType: 'decimal', precision: 18, scale },
      value: () => {
        const unscaled = this.#random(2 ** 30) - 2 ** 29;
        const bytes = Buffer.alloc(6);
        bytes.writeIntBE(unscaled, 0, 6);
        const digits = (unscaled / 10 ** scale).toFixed(scale);
        const text = unscaled < 0 && !/[1-9]/.test(digits) ? digits.replace('-', '') : digits;
        return {
          bytes: Buffer.concat([long(6n), bytes]),
          shown: { raw: shownBytes(bytes), decimal: text },
        };
      },
    };
  }

  #array(items: Made): Made {
    return {
      schema: { type: 'array', items: items.schema },
      value: () => {
        const values = Array.from({ length: this.#random(5) }, () => items.value());
        return { bytes: this.#blocks(values.map(({ bytes }) => bytes)), shown: values.map(({ shown }) => shown) };
      },
    };
  }

  #map(values: Made): Made {
    return {
      schema: { type: 'map', values: values.schema },
      value: () => {
        const entries = Array.from({ length: this.#random(4) }, (_, at) => {
          const key = at === 0 ? '__proto__' : `k ${at}`;
          const { bytes, shown } = values.value();
          const name = Buffer.from(key);
          return { key, shown, bytes: Buffer.concat([long(BigInt(name.length)), name, bytes]) };
        });
        return {
          bytes: this.#blocks(entries.map(({ bytes }) => bytes)),
          shown: Object.fromEntries(entries.map(({ key, shown }) => [key, shown])),
        };
      },
    };
  }

  /** Of a record, null and plain types: a union has each unnamed type once. */
  #union(depth: number): Made {
    const branches: { readonly name: string; readonly made: Made }[] = [
      { name: 'null', made: { schema: 'null', value: () => ({ bytes: Buffer.alloc(0), shown: null }) } },
      { name: 'string', made: { schema: 'string', value: () => this.#text() } },
      { name: 'long', made: { schema: 'long', value: () => this.#number(64n) } },
      { name: 'array', made: this.#array({ schema: 'int', value: () => this.#number(32n) }) },
    ];
    const record = this.record(depth - 1);
    const { name } = record.schema as { readonly name: string };
    branches.push({ name, made: record });
    const count = 1 + this.#random(branches.length);
    const first = this.#random(branches.length - count + 1);
    const chosen = branches.slice(first, first + count);
    // A record that no schema defines cannot be named by a later one.
    if (!chosen.some((branch) => branch.name === name)) this.#forget(record);
    const others = chosen.filter((branch) => branch.name !== 'null');
    return {
      schema: chosen.map(({ made }) => made.schema),
      value: () => {
        const at = this.#random(chosen.length);
        const branch = chosen[at];
        if (branch === undefined) throw new Error('no branch');
        const { bytes, shown } = branch.made.value();
        const isTagged = branch.name !== 'null' && others.length > 1;
        return { bytes: Buffer.concat([long(BigInt(at)), bytes]), shown: isTagged ? { [branch.name]: shown } : shown };
      },
    };
  }

  /** With all that was defined inside of it. */
  #forget(record: Made): void {
    const text = JSON.stringify(record.schema);
    const kept = this.#named.filter(({ name }) => !text.includes(`"name":"${name}"`));
    this.#named.splice(0, this.#named.length, ...kept);
  }

  #blocks(items: readonly Buffer[]): Buffer {
    const blocks: Buffer[] = [];
    for (let at = 0; at < items.length; ) {
      const count = 1 + this.#random(items.length - at);
      const block = Buffer.concat(items.slice(at, at + count));
      if (this.#random(2) === 0) blocks.push(long(BigInt(count)), block);
      else blocks.push(long(-BigInt(count)), long(BigInt(block.length)), block);
      at += count;
    }
    return Buffer.concat([...blocks, long(0n)]);
  }

  #randomBytes(length: number): Buffer {
    return Buffer.from(Array.from({ length }, () => this.#random(256)));
  }
}

/** Zigzag, seven bits a byte. */
export function long(value: bigint): Buffer {
  let rest = BigInt.asUintN(64, (value << 1n) ^ (value >> 63n));
  const bytes: number[] = [];
  while (rest > 0x7fn) {
    bytes.push(Number(rest & 0x7fn) | 0x80);
    rest >>= 7n;
  }
  return Buffer.from([...bytes, Number(rest)]);
}

function shownBytes(bytes: Buffer): JsonValue {
  const text = bytes.toString('utf8');
  const isText =
    bytes.length > 0 &&
    Buffer.from(text).equals(bytes) &&
    /^[\t\n\r\p{L}\p{M}\p{N}\p{P}\p{S}\p{Z}\p{Cf}]*$/u.test(text);
  return { base64: bytes.toString('base64'), ...(isText ? { text } : {}) };
}
