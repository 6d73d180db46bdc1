/** Records whose bytes were changed at random: an answer always, of a bounded size. `SRGIT_RUNS` says how many. */
import { describe, expect, it } from 'vitest';
import type { JsonValue } from '../../../src/model/json.ts';
import { decodeFrame } from '../../../src/records/decode-frame.ts';
import { decodeValue } from '../../../src/schema/decode/decode-value.ts';
import type { ResolvedSchema } from '../../../src/schema/language.ts';
import { randomNumbers } from '../../support/random-numbers.ts';
import { long, makeSchema, type Random } from './avro-writer.ts';
import { below, runsOf, seedOf } from './seed.ts';

const seed = seedOf('decoding of damaged records');
const LIMITS = { values: 5000, depth: 100 };

const PROTO = `syntax = "proto3"; package p; import "google/protobuf/struct.proto"; import "google/protobuf/any.proto";
  message M { string id = 1; repeated M list = 2; map<string, M> by = 3; repeated int32 n = 4; M next = 5;
    google.protobuf.Struct s = 6; google.protobuf.Any any = 7; oneof o { double d = 8; bytes b = 9; } }`;
const PROTO_SOUND = Buffer.from(
  '0a0161' +
    '120512030a0162' +
    '1a070a0178120222' +
    '00' +
    '2203010203' +
    '2a022a00' +
    '32090a070a016112021001' +
    '410000000000000840',
  'hex',
);
const JSON_SCHEMA = {
  properties: { a: { items: { type: 'string' } }, b: { $ref: '#' } },
  additionalProperties: { type: 'integer' },
};
const JSON_SOUND = Buffer.from('{"a":["x","é\\u00e9"],"b":{"a":[]},"c":12.5e3,"d":[true,null,{}]}');

const BYTES = [0, 1, 2, 0x7f, 0x80, 0xff, 0x0b, 0x0c, 0x22, 0x5b, 0x7b];

function mutate(sound: Buffer, random: Random): Buffer {
  let bytes = Buffer.from(sound);
  for (let times = 1 + random(4); times > 0; times--) {
    const at = random(bytes.length + 1);
    const byte = BYTES[random(BYTES.length)] ?? 0;
    switch (random(6)) {
      case 0:
        bytes = bytes.subarray(0, at);
        break;
      case 1:
        bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(random(bytes.length + 1))]);
        break;
      case 2:
        bytes = Buffer.concat([
          bytes.subarray(0, at),
          long(BigInt.asIntN(1 + random(64), BigInt(random(2 ** 31)) << 20n)),
          bytes.subarray(at),
        ]);
        break;
      default:
        if (at < bytes.length) bytes[at] = random(2) === 0 ? byte : random(256);
    }
  }
  return bytes;
}

function countValues(value: JsonValue | undefined): number {
  if (typeof value !== 'object' || value === null) return 1;
  let count = 0;
  const open: JsonValue[] = [value as JsonValue];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    count++;
    if (typeof next === 'object' && next !== null) open.push(...(Object.values(next) as JsonValue[]));
  }
  return count;
}

describe('a damaged record', () => {
  const check = (schema: ResolvedSchema, bytes: Buffer, how: () => string): boolean => {
    const frame = decodeFrame(bytes);
    expect(frame.payloadAt, how()).toBeLessThanOrEqual(bytes.length);
    const decoded = decodeValue(schema, bytes, 0, { from: 'first' }, LIMITS);
    // Bytes and logical types are shown as small objects.
    const ok =
      decoded.complete === (decoded.problems.length === 0) &&
      countValues(decoded.value) <= 5 * LIMITS.values + 10 &&
      JSON.stringify(decoded).length <= 40 * bytes.length + 100 * LIMITS.values &&
      [...decoded.problems, ...decoded.notes, ...decoded.unknownFields].every(
        ({ offset }) => offset >= 0 && offset <= bytes.length,
      );
    expect(ok, how()).toBe(true);
    return decoded.complete;
  };

  it('of Avro', () => {
    let complete = 0;
    const runs = runsOf(4000);
    for (let run = 0; run < runs; run++) {
      const random = below(randomNumbers(seed + run));
      const { schema, value } = makeSchema(random);
      const text = JSON.stringify(schema);
      const bytes = mutate(value().bytes, random);
      const how = () => `SRGIT_SEED=${seed + run} ${text} ${bytes.toString('hex')}`;
      if (check({ schemaType: 'AVRO', schema: text, references: [] }, bytes, how)) complete++;
    }
    expect(complete).toBeLessThan(runs);
  });

  it.each([
    ['PROTOBUF', PROTO, PROTO_SOUND],
    ['JSON', JSON.stringify(JSON_SCHEMA), JSON_SOUND],
  ] as const)('of %s', (schemaType, schema, sound) => {
    let complete = 0;
    const runs = runsOf(schemaType === 'JSON' ? 400 : 1500);
    for (let run = 0; run < runs; run++) {
      const random = below(randomNumbers(seed + run));
      const bytes = mutate(sound, random);
      const how = () => `SRGIT_SEED=${seed + run} ${bytes.toString('hex')}`;
      if (check({ schemaType, schema, references: [] }, bytes, how)) complete++;
    }
    expect(complete).toBeLessThan(runs);
  });

  it('is compared with a sound one', () => {
    expect(
      decodeValue({ schemaType: 'PROTOBUF', schema: PROTO, references: [] }, PROTO_SOUND, 0, { from: 'first' }),
    ).toMatchObject({ complete: true });
  });
});
