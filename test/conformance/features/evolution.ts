/** Compatibility: levels, languages, messages. */
import { type Feature, members } from '../feature.ts';
import { avro, config, get, json, post, proto, put, register, remove, test } from '../requests.ts';

const feature = (name: string, steps: Feature['steps']): Feature => ({ area: 'Compatibility', name, steps });
const optional = { name: 'x', type: ['null', 'string'], default: null };
const required = { name: 'x', type: 'string' };
const at = (level: string) => ({ compatibility: level });
const object = (properties: object, rest: object = {}) => json({ type: 'object', properties, ...rest });
const closed = { additionalProperties: false };
const text = { type: 'string' };
const describes = (body: unknown): unknown => {
  const { messages } = members('messages')(body) as { readonly messages?: unknown };
  return Array.isArray(messages) ? messages : 'none';
};

export const EVOLUTION_FEATURES: readonly Feature[] = [
  feature('BACKWARD is the default level', (p) => [
    get('/config'),
    register(`${p}a`, avro('A')),
    register(`${p}a`, avro('A', required)),
  ]),
  feature('an incompatible schema is refused with 40901', (p) => [
    register(`${p}a`, avro('A')),
    config(`${p}a`, at('BACKWARD')),
    register(`${p}a`, avro('A', required)),
  ]),
  feature('Avro levels', (p) => [
    register(`${p}a`, avro('A')),
    ...['BACKWARD', 'FORWARD', 'FULL', 'NONE'].flatMap((level) => [
      config(`${p}a`, at(level)),
      test(`${p}a`, avro('A', required)),
      test(`${p}a`, avro('A', optional)),
    ]),
  ]),
  feature('transitive levels', (p) => [
    config(`${p}a`, at('NONE')),
    register(`${p}a`, avro('A')),
    register(`${p}a`, avro('A', { name: 'x', type: 'int', default: 0 })),
    config(`${p}a`, at('BACKWARD')),
    post(`/compatibility/subjects/${p}a/versions`, avro('A', { name: 'x', type: 'long' }), members('is_compatible')),
    config(`${p}a`, at('BACKWARD_TRANSITIVE')),
    post(`/compatibility/subjects/${p}a/versions`, avro('A', { name: 'x', type: 'long' }), members('is_compatible')),
  ]),
  feature('JSON Schema: open and closed models', (p) => [
    register(`${p}open`, object({ a: text })),
    config(`${p}open`, at('BACKWARD')),
    test(`${p}open`, object({ a: text, b: text })),
    register(`${p}closed`, object({ a: text }, closed)),
    config(`${p}closed`, at('BACKWARD')),
    test(`${p}closed`, object({ a: text, b: text }, closed)),
    test(`${p}closed`, object({}, closed)),
    test(`${p}closed`, object({ a: { type: 'integer' } }, closed)),
  ]),
  feature('Protobuf: by number, not by name', (p) => [
    register(`${p}a`, proto('message A {\n  string s = 1;\n  int32 n = 2;\n}\n')),
    config(`${p}a`, at('BACKWARD')),
    test(`${p}a`, proto('message A {\n  string renamed = 1;\n  int32 n = 2;\n}\n')),
    test(`${p}a`, proto('message A {\n  string s = 1;\n  int64 n = 2;\n}\n')),
    test(`${p}a`, proto('message A {\n  string s = 1;\n  string n = 2;\n}\n')),
    test(`${p}a`, proto('message B {\n  string s = 1;\n}\n')),
    test(`${p}a`, proto('package other;\n\nmessage A {\n  string s = 1;\n  int32 n = 2;\n}\n')),
  ]),
  feature('types in one subject may only be mixed at NONE', (p) => [
    register(`${p}a`, avro('A')),
    config(`${p}a`, at('BACKWARD')),
    register(`${p}a`, object({ a: text })),
    config(`${p}a`, at('NONE')),
    register(`${p}a`, object({ a: text })),
  ]),
  feature('verbose answers say why', (p) => [
    register(`${p}a`, avro('A')),
    config(`${p}a`, at('BACKWARD')),
    post(`/compatibility/subjects/${p}a/versions/latest?verbose=true`, avro('A', required), describes),
  ]),
  feature('testing against unknown subjects and versions', (p) => [
    test(`${p}nobody`, avro('A')),
    test(`${p}nobody`, avro('A'), 1),
    register(`${p}a`, avro('A')),
    test(`${p}a`, avro('A'), 9),
  ]),
  feature('compatibility groups', (p) => [
    config(`${p}a`, { compatibility: 'BACKWARD', compatibilityGroup: 'major' }),
    register(`${p}a`, { ...avro('A'), metadata: { properties: { major: '1' } } }),
    register(`${p}a`, { ...avro('A', required), metadata: { properties: { major: '2' } } }),
    register(`${p}a`, { ...avro('A', required, { name: 'y', type: 'int' }), metadata: { properties: { major: '2' } } }),
  ]),
  feature('the global level counts where a subject has none', (p) => [
    register(`${p}a`, avro('A')),
    put('/config', at('NONE')),
    test(`${p}a`, avro('A', required)),
    put('/config', at('BACKWARD')),
    test(`${p}a`, avro('A', required)),
    remove('/config', () => 'gone'),
  ]),
];
