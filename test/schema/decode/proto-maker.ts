/** Random .proto schemas, with values of their first message: for the protobuf library, and as they are to be shown. */
import type { JsonValue } from '../../../src/model/json.ts';
import type { Random } from './avro-writer.ts';

interface Value {
  readonly init: unknown;
  readonly shown: JsonValue;
}

interface Field {
  readonly name: string;
  /** A scalar's name, `E`, or a message's. */
  readonly type: string;
  readonly kind: 'single' | 'optional' | 'repeated' | 'map' | 'member';
  readonly number: number;
}

const SCALARS = [
  ...['double', 'float', 'int32', 'int64', 'uint32', 'uint64', 'sint32', 'sint64'],
  ...['fixed32', 'fixed64', 'sfixed32', 'sfixed64', 'bool', 'string', 'bytes'],
];
const KEYS = ['int32', 'string', 'bool', 'int64'];

/** Messages `a.b.M0`, `a.b.M1`, …; each refers to later ones only. */
export function makeProto(random: Random): {
  readonly text: string;
  value(): { readonly init: object; readonly shown: JsonValue };
} {
  const count = 1 + random(4);
  const messages: Field[][] = [];
  for (let at = 0; at < count; at++) {
    const kinds = ['single', 'single', 'optional', 'repeated', 'map', 'member'] as const;
    const numbers = new Set<number>();
    while (numbers.size < 8) numbers.add(1 + random(random(3) === 0 ? 100_000 : 40));
    messages.push(
      [...numbers]
        .filter((number) => number < 19_000 || number > 19_999)
        .map((number, index) => ({
          name: `f${index}`,
          type: typeOf(random, at, count),
          kind: kinds[random(kinds.length)] ?? 'single',
          number,
        })),
    );
  }
  const keys = messages.map((fields) => fields.map(() => KEYS[random(KEYS.length)] ?? 'int32'));
  const texts = messages.map((fields, at) => `message M${at} { ${bodyOf(fields, keys[at] ?? [])} }`);
  const text = `syntax = "proto3"; package a.b; enum E { ZERO = 0; ONE = 1; MINUS = -1; } ${texts.join('\n')}`;

  const messageValue = (
    at: number,
  ): { readonly init: Record<string, unknown>; readonly shown: Record<string, JsonValue> } => {
    const init: Record<string, unknown> = {};
    const shown: Record<string, JsonValue> = {};
    const fields = messages[at] ?? [];
    const members = fields.filter(({ kind }) => kind === 'member');
    const member = members[random(members.length + 1)];
    for (const [index, field] of fields.entries()) {
      if (random(4) === 0) continue;
      if (field.kind === 'member') {
        if (field !== member) continue;
        const value = anyValue(field.type);
        init['choice'] = { case: field.name, value: value.init };
        shown[field.name] = value.shown;
      } else if (field.kind === 'repeated') {
        const values = Array.from({ length: 1 + random(4) }, () => anyValue(field.type));
        init[field.name] = values.map((value) => value.init);
        shown[field.name] = values.map((value) => value.shown);
      } else if (field.kind === 'map') {
        const key = keys[at]?.[index] ?? 'int32';
        const entries = Array.from({ length: key === 'bool' ? 1 : 1 + random(3) }, (_, each) => ({
          key: key === 'bool' ? 'true' : key === 'string' ? `k ${each}` : `${each + 1}`,
          value: anyValue(field.type),
        }));
        init[field.name] = Object.fromEntries(entries.map((entry) => [entry.key, entry.value.init]));
        shown[field.name] = Object.fromEntries(entries.map((entry) => [entry.key, entry.value.shown]));
      } else {
        const value = anyValue(field.type);
        init[field.name] = value.init;
        // Without `optional`, a default is not written.
        if (field.kind === 'optional' || field.type.startsWith('M') || !isDefault(value.init))
          shown[field.name] = value.shown;
      }
    }
    return { init, shown };
  };
  const anyValue = (type: string): Value => {
    if (type.startsWith('M')) return messageValue(Number(type.slice(1)));
    if (type === 'E') {
      const [number, name] = (
        [
          [0, 'ZERO'],
          [1, 'ONE'],
          [-1, 'MINUS'],
        ] as const
      )[random(3)] ?? [0, 'ZERO'];
      return { init: number, shown: name };
    }
    return scalarOf(type, random);
  };
  return { text, value: () => messageValue(0) };
}

function typeOf(random: Random, at: number, count: number): string {
  const pick = random(20);
  if (pick === 0) return 'E';
  if (pick < 6 && at + 1 < count) return `M${at + 1 + random(count - at - 1)}`;
  return SCALARS[random(SCALARS.length)] ?? 'int32';
}

function bodyOf(fields: readonly Field[], keys: readonly string[]): string {
  const lines = fields.flatMap(({ name, type, kind, number }, index) => {
    if (kind === 'member') return [];
    if (kind === 'map') return [`map<${keys[index]}, ${type}> ${name} = ${number};`];
    return [`${kind === 'single' ? '' : `${kind} `}${type} ${name} = ${number};`];
  });
  const members = fields.filter(({ kind }) => kind === 'member');
  const oneOf = members.map(({ name, type, number }) => `${type} ${name} = ${number};`);
  return [...lines, ...(members.length === 0 ? [] : [`oneof choice { ${oneOf.join(' ')} }`])].join(' ');
}

function isDefault(init: unknown): boolean {
  if (init instanceof Uint8Array) return init.length === 0;
  return init === 0 || init === 0n || init === '' || init === false;
}

function scalarOf(type: string, random: Random): Value {
  if (type === 'bool') {
    const yes = random(2) === 1;
    return { init: yes, shown: yes };
  }
  if (type === 'string') {
    const text = ['', 'a', 'Zürich →', '\u0000"', '😀'][random(5)] ?? '';
    return { init: text, shown: text };
  }
  if (type === 'bytes') {
    const bytes = Uint8Array.from({ length: random(6) }, () => 0x80 + random(0x40));
    return { init: bytes, shown: { base64: Buffer.from(bytes).toString('base64') } };
  }
  if (type === 'double') return same((random(2 ** 31) - 2 ** 30) / 3);
  if (type === 'float') return same((random(20_001) - 10_000) / 4);
  const isSigned = !type.startsWith('u') && !type.startsWith('fixed');
  const bits = 1 + random(type.endsWith('64') ? 64 : 32);
  const raw = (BigInt(random(2 ** 31)) << 33n) ^ BigInt(random(2 ** 31)) ^ (BigInt(random(4)) << 31n);
  const value = isSigned ? BigInt.asIntN(bits, raw) : BigInt.asUintN(bits, raw);
  const number = Number(value);
  const shown = Number.isSafeInteger(number) ? number : `${value}`;
  return { init: type.endsWith('64') ? value : number, shown };
}

function same(value: number): Value {
  return { init: value, shown: value };
}
