/** Schemas of the three languages: plausible, odd, and wrong. */
import type { Dice } from './dice.ts';

export function garbage(dice: Dice): string {
  return dice.pick([
    '',
    ' ',
    'null',
    '[]',
    '{}',
    '"x"',
    '5',
    '{',
    "{'a':1}",
    '\u0000',
    '\ufeff{}',
    '{"schema":"\\ud800"}',
    '{"__proto__":{"schema":"x"}}',
    '{"constructor":{"prototype":1},"schema":"\\"int\\""}',
    `${'['.repeat(2000)}${']'.repeat(2000)}`,
    `{"schema":"${'['.repeat(3000)}"}`,
    `{"schema":${'{"a":'.repeat(900)}1${'}'.repeat(900)}}`,
    `{"id":1e400,"version":-1e400,"schema":"\\"int\\""}`,
    JSON.stringify({ schema: 'x'.repeat(20_000) }),
    Array.from({ length: 60 }, () => String.fromCharCode(dice.below(0xffff))).join(''),
  ]);
}

export function randomSchema(dice: Dice): readonly [type: string, text: string] {
  const type = dice.pick(['AVRO', 'AVRO', 'AVRO', 'JSON', 'PROTOBUF']);
  if (dice.chance(0.03)) return [dice.pick(['XML', type, '__proto__']), garbage(dice)];
  if (type === 'JSON') return [type, jsonSchema(dice)];
  return [type, type === 'AVRO' ? avroSchema(dice) : protobufSchema(dice)];
}

function avroSchema(dice: Dice): string {
  const simple = () =>
    dice.pick<unknown>([
      'int',
      'long',
      'string',
      ['null', 'string'],
      { type: 'array', items: 'int' },
      { type: 'map', values: 'R' },
      'R',
    ]);
  if (dice.chance(0.1))
    return JSON.stringify(
      dice.pick<unknown>([
        'int',
        { type: 'enum', name: 'E', symbols: ['A', 'B'] },
        { type: 'fixed', name: 'F', size: 4 },
        'R',
        'nope',
      ]),
    );
  const fields = Array.from({ length: dice.below(4) }, (_, at) => ({
    name: `f${at}`,
    type: simple(),
    ...(dice.chance(0.5) ? { default: dice.pick<unknown>([null, 0, '', [], 1.5]) } : {}),
    ...(dice.chance(0.1) ? { ['__proto__']: 1, doc: 'd' } : {}),
  }));
  return JSON.stringify({ type: 'record', name: 'R', ...(dice.chance(0.2) ? { namespace: 'n.s' } : {}), fields });
}

function jsonSchema(dice: Dice): string {
  const names = ['id', 'name', 'tags', '__proto__', 'constructor'];
  const value = () =>
    dice.pick<unknown>([
      { type: 'string', maxLength: dice.below(9) },
      { type: 'integer', minimum: dice.below(9) },
      { type: ['null', 'number'] },
      { type: 'array', items: { type: 'string' } },
      { enum: ['A', 'B', 1].slice(dice.below(3)) },
      { oneOf: [{ type: 'string' }, { type: 'boolean' }] },
      { $ref: dice.pick(['#', '#/definitions/d', 'r.json', '#/nope']) },
      true,
      false,
    ]);
  const properties = Object.fromEntries(Array.from({ length: dice.below(4) }, () => [dice.pick(names), value()]));
  return JSON.stringify({
    ...(dice.chance(0.3)
      ? {
          $schema: dice.pick([
            'http://json-schema.org/draft-07/schema#',
            'https://json-schema.org/draft/2020-12/schema',
            'x',
          ]),
        }
      : {}),
    type: 'object',
    properties,
    ...dice.some(
      {
        required: () => [dice.pick(names)],
        additionalProperties: () => dice.pick([true, false, { type: 'string' }]),
        definitions: () => ({ d: value() }),
      },
      0.3,
    ),
  });
}

function protobufSchema(dice: Dice): string {
  const scalar = () => dice.pick(['int32', 'string', 'bytes', 'bool', 'M', 'E', 'google.protobuf.Timestamp', 'Nope']);
  const fields = Array.from(
    { length: dice.below(4) },
    (_, at) =>
      `  ${dice.pick(['', 'repeated ', 'optional '])}${scalar()} f${at} = ${dice.chance(0.95) ? at + 1 : dice.below(3)};`,
  );
  return [
    dice.pick(['syntax = "proto3";', 'syntax = "proto3";', 'syntax = "proto2";', '']),
    dice.pick(['', 'package p;', 'package p.q;']),
    dice.pick(['', '', 'import "google/protobuf/timestamp.proto";', 'import "r.proto";']),
    'message M {',
    ...fields,
    dice.pick(['', '  oneof o { int32 x = 10; string y = 11; }', '  map<string, M> m = 12;', '  reserved 20 to 30;']),
    '}',
    dice.pick([
      '',
      'enum E { A = 0; B = 1; }',
      'enum E { A = 1; }',
      '// comment',
      'service S { rpc Do(M) returns (stream M); }',
    ]),
  ].join('\n');
}
