/** What holds for every schema, tried on made-up ones. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { canonicalize, compare, normalize, protobuf, serialize } from './language.ts';

const SCALARS = ['double', 'float', 'int32', 'uint64', 'sint32', 'fixed64', 'sfixed32', 'bool', 'string', 'bytes'];

const name = fc.stringMatching(/^[a-z][a-z0-9_]{0,5}$/);
const option = fc.oneof(
  fc.constantFrom('deprecated = true', '(x).y.z = -1.5', '(x) = { a: [1, 2] b { c: "d" } }', 'json_name = "Q"'),
  fc
    .string({ maxLength: 6 })
    .map((text) => `(s) = ${JSON.stringify(text).replaceAll('/', '\\/').replaceAll('\\u', '\\\\u')}`),
);
const options = fc
  .uniqueArray(option, { maxLength: 3, selector: (text) => text.slice(0, 3) })
  .map((list) => (list.length === 0 ? '' : ` [${list.join(', ')}]`));

/** Messages M0, M1, … whose fields may name each other; numbers and names are unique in each. */
const schema = fc
  .array(
    fc.record({
      fields: fc.uniqueArray(
        fc.record({
          name,
          label: fc.constantFrom('', 'optional ', 'repeated '),
          type: fc.oneof(fc.constantFrom(...SCALARS), fc.nat(9)),
          map: fc.boolean(),
          options,
        }),
        { maxLength: 6, selector: (field) => field.name.replaceAll('_', '') },
      ),
      members: fc.array(fc.constantFrom(...SCALARS), { maxLength: 3 }),
      values: fc.integer({ min: 1, max: 4 }),
    }),
    { minLength: 1, maxLength: 5 },
  )
  .map((messages) => {
    const typeOf = (type: string | number): string => (typeof type === 'string' ? type : `M${type % messages.length}`);
    const texts = messages.map(({ fields, members, values }, index) => {
      const body = [
        ...fields.map(({ name: field, label, type, map, options: own }, at) => {
          const shown = map ? `map<string, ${typeOf(type)}>` : label + typeOf(type);
          return `${shown} ${field} = ${100 - at}${own};`;
        }),
        ...(members.length === 0
          ? []
          : [`oneof Choice { ${members.map((type, at) => `${type} Of${at} = ${at + 1};`).join(' ')} }`]),
        `enum E { ${Array.from({ length: values }, (_, at) => `V${at} = ${at};`).join(' ')} }`,
      ];
      return `message M${index} { ${body.join('\n')} }`;
    });
    return `syntax = "proto3"; package a.b; ${texts.join('\n')}`;
  });

function textOf(canonical: ReturnType<typeof canonicalize>): string {
  if (!('text' in canonical)) throw new Error(canonical.error);
  return canonical.text;
}

it('canonical texts stay, mean the same and are compatible with themselves', () => {
  fc.assert(
    fc.property(schema, (text) => {
      const plain = textOf(canonicalize(text));
      const normalized = textOf(normalize(text));
      expect(canonicalize(plain)).toEqual({ text: plain });
      expect(normalize(normalized)).toEqual({ text: normalized });
      expect(normalize(plain)).toEqual({ text: normalized });
      expect(compare(protobuf(plain), protobuf(normalized))).toEqual([]);
      expect(compare(protobuf(normalized), protobuf(plain))).toEqual([]);
    }),
  );
});

it('a descriptor of a schema is the schema, but for custom options', () => {
  fc.assert(
    fc.property(schema, (text) => {
      const normalized = textOf(normalize(text));
      const back = serialize(protobuf(normalized));
      expect(compare(protobuf(normalized), protobuf(back))).toEqual([]);
      expect(compare(protobuf(back), protobuf(normalized))).toEqual([]);
      // Once through a descriptor, nothing more is lost.
      expect(serialize(protobuf(textOf(canonicalize(back))))).toBe(
        serialize(protobuf(textOf(canonicalize(serialize(protobuf(textOf(canonicalize(back)))))))),
      );
    }),
  );
});
