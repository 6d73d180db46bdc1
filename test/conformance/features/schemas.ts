/** Registering, finding and showing schemas. */
import { type Feature, idOf, members, sameId, shortList, sorted, whole } from '../feature.ts';
import {
  avro,
  byId,
  get,
  json,
  lookUp,
  post,
  proto,
  register,
  remove,
  removeSubject,
  version,
  versions,
} from '../requests.ts';

const feature = (name: string, steps: Feature['steps']): Feature => ({ area: 'Schemas', name, steps });
const optional = { name: 'x', type: ['null', 'string'], default: null };
const ref = (name: string, subject: string, at = 1) => ({ references: [{ name, subject, version: at }] });
const shown = members('subject', 'version', 'references', 'schema');

export const SCHEMA_FEATURES: readonly Feature[] = [
  feature('register, read, list, raw text', (p) => [
    register(`${p}a`, avro('A')),
    register(`${p}a`, avro('A', optional)),
    version(`${p}a`, 2),
    version(`${p}a`, 'latest'),
    version(`${p}a`, -1),
    versions(`${p}a`),
    get(`/subjects/${p}a/versions/1/schema`),
  ]),
  feature('the answer to a registration tells version and schema', (p) => [
    register(`${p}a`, avro('A'), '', members('version', 'schemaType', 'schema')),
  ]),
  feature('registering again answers the same version', (p) => [
    register(`${p}a`, avro('A')),
    register(`${p}a`, avro('A')),
    versions(`${p}a`),
  ]),
  feature('one id for one content under two subjects', (p) => [
    register(`${p}a`, avro(`${p}Shared`)),
    register(`${p}b`, avro(`${p}Shared`)),
    get(
      (answers) => `/schemas/ids/${sameId(answers, 0, 1) ? idOf(answers, 0) : 'other'}`,
      () => 'same id',
    ),
  ]),
  feature('look up by content', (p) => [
    register(`${p}a`, avro('A')),
    lookUp(`${p}a`, avro('A')),
    lookUp(`${p}a`, avro('B')),
    lookUp(`${p}nobody`, avro('A')),
  ]),
  feature('stored Avro text is canonical', (p) => [
    register(`${p}a`, { schema: '{ "type": "record", "namespace": "n", "name": "A", "fields": [ ], "x" : 1 }' }),
    version(`${p}a`, 1, '', members('schema')),
  ]),
  feature('stored Protobuf text is canonical', (p) => [
    register(`${p}a`, proto('// comment\nmessage   A { string s=1; }')),
    version(`${p}a`, 1, '', members('schema')),
  ]),
  feature('stored JSON Schema keeps the order of its keys', (p) => [
    register(`${p}a`, { schemaType: 'JSON', schema: '{ "type": "object",  "title": "t", "10": 1, "9": 2 }' }),
    version(`${p}a`, 1, '', members('schema')),
  ]),
  feature('a change of doc is a new version', (p) => [
    register(`${p}a`, { schema: '{"type":"record","name":"A","doc":"one","fields":[]}' }),
    register(`${p}a`, { schema: '{"type":"record","name":"A","doc":"two","fields":[]}' }),
    versions(`${p}a`),
  ]),
  feature('normalize=true finds a schema in another order', (p) => [
    register(`${p}a`, json({ type: 'object', title: 't' }), '?normalize=true'),
    lookUp(`${p}a`, json({ title: 't', type: 'object' }), '?normalize=true'),
    lookUp(`${p}a`, json({ type: 'object', title: 't' })),
  ]),
  feature('metadata is kept, and a change of it is a new version', (p) => [
    register(`${p}a`, { ...avro('A'), metadata: { properties: { owner: 'x' } } }),
    register(`${p}a`, { ...avro('A'), metadata: { properties: { owner: 'y' } } }),
    version(`${p}a`, 1, '', members('metadata')),
    versions(`${p}a`),
    get(`/subjects/${p}a/metadata?key=owner&value=y`, members('version')),
  ]),
  feature('by id: text, subjects, versions', (p) => [
    register(`${p}a`, avro(`${p}ById`)),
    register(`${p}b`, avro(`${p}ById`)),
    get(byId(0), members('schema')),
    get(byId(0, '/schema')),
    get(byId(0, '/subjects'), sorted),
    get(byId(0, '/versions'), sorted),
  ]),
  feature('by id: subject, version and guid are told', (p) => [
    register(`${p}a`, avro(`${p}Told`)),
    get(byId(0), members('subject', 'version')),
    get(byId(0), (body) => typeof members('guid')(body) === 'object' && JSON.stringify(body).includes('"guid"')),
  ]),
  feature('guids are those of the content', (p) => [
    register(`${p}a`, { schema: '{"type":"record","name":"Guid","fields":[]}' }),
    version(`${p}a`, 1, '', members('guid')),
  ]),
  feature('Avro references', (p) => [
    register(`${p}addr`, { schema: '{"type":"record","name":"Addr","fields":[]}' }),
    register(`${p}a`, { ...avro('A', { name: 'a', type: 'Addr' }), ...ref('Addr', `${p}addr`) }),
    version(`${p}a`, 1, '', shown),
    get(`/subjects/${p}addr/versions/1/referencedby`, (body) => Array.isArray(body) && body.length),
    register(`${p}b`, { ...avro('B', { name: 'a', type: 'Addr' }), ...ref('Addr', `${p}nobody`) }),
    register(`${p}c`, avro('C', { name: 'a', type: 'Unknown' })),
  ]),
  feature('JSON Schema references', (p) => [
    register(`${p}addr`, json({ type: 'object', properties: { street: { type: 'string' } } })),
    register(`${p}a`, {
      ...json({ type: 'object', properties: { a: { $ref: 'addr.json' } } }),
      ...ref('addr.json', `${p}addr`),
    }),
    version(`${p}a`, 1, '', shown),
    register(`${p}b`, json({ type: 'object', properties: { a: { $ref: 'nope.json' } } })),
  ]),
  feature('Protobuf references', (p) => [
    register(`${p}addr`, proto('message Addr {\n  string s = 1;\n}\n')),
    register(`${p}a`, {
      ...proto('\nimport "addr.proto";\n\nmessage A {\n  Addr a = 1;\n}\n'),
      ...ref('addr.proto', `${p}addr`),
    }),
    version(`${p}a`, 1, '', members('subject', 'version', 'references')),
    register(`${p}b`, proto('import "nope.proto";\nmessage B { Nope n = 1; }')),
  ]),
  feature('a reference to version -1 is stored as the number', (p) => [
    register(`${p}addr`, { schema: '{"type":"record","name":"Addr","fields":[]}' }),
    register(`${p}a`, { ...avro('A', { name: 'a', type: 'Addr' }), ...ref('Addr', `${p}addr`, -1) }),
    version(`${p}a`, 1, '', members('references')),
  ]),
  feature('what is referred to cannot be deleted', (p) => [
    register(`${p}addr`, { schema: '{"type":"record","name":"Addr","fields":[]}' }),
    register(`${p}a`, { ...avro('A', { name: 'a', type: 'Addr' }), ...ref('Addr', `${p}addr`) }),
    remove(`/subjects/${p}addr/versions/1`),
    removeSubject(`${p}addr`),
  ]),
  feature('format=resolved writes Avro references out', (p) => [
    register(`${p}addr`, { schema: '{"type":"record","name":"Addr","fields":[]}' }),
    register(`${p}a`, { ...avro('A', { name: 'a', type: 'Addr' }), ...ref('Addr', `${p}addr`) }),
    version(`${p}a`, 1, '?format=resolved', members('schema')),
  ]),
  feature('format=serialized gives a base64 descriptor', (p) => [
    register(`${p}a`, proto('package x;\n\nmessage A {\n  string s = 1;\n}\n')),
    version(`${p}a`, 1, '?format=serialized', members('schema')),
  ]),
  feature('a base64 descriptor is taken as Protobuf', (p) => [
    register(`${p}a`, { schemaType: 'PROTOBUF', schema: 'CgdkZWZhdWx0EgF0IgwKAU0SBwoBYRgBKAViBnByb3RvMw==' }),
    version(`${p}a`, 1, '', members('schema')),
  ]),
  feature('schemas that are none are refused', (p) => [
    register(`${p}a`, { schema: '{"type":"record"' }),
    register(`${p}a`, { schema: '{"type":"record","name":"A"}' }),
    register(`${p}a`, { schema: '' }),
    register(`${p}a`, { schema: '5', schemaType: 'JSON' }),
    register(`${p}a`, { schema: 'message {', schemaType: 'PROTOBUF' }),
    register(`${p}a`, { schema: '"string"', schemaType: 'XML' }),
  ]),
  feature('bulk listing with subject, version and id', (p) => [
    register(`${p}a`, avro('A')),
    register(`${p}b`, avro('B')),
    get(`/schemas?subjectPrefix=${p}`, members('subject', 'version')),
    get(`/schemas?subjectPrefix=${p}&latestOnly=true&limit=1&offset=1`, members('subject', 'version')),
  ]),
  feature('subjects by prefix and page', (p) => [
    register(`${p}a`, avro('A')),
    register(`${p}b`, avro('B')),
    get(`/subjects?subjectPrefix=${p}`, shortList),
    get(`/subjects?subjectPrefix=${p}&offset=1&limit=1`, shortList),
  ]),
  feature('odd subject names', (p) =>
    ['a/b', 'a b', 'ünï', 'a%b', '.dots.', 'a+b'].flatMap((name) => [
      register(`${p}${name}`, avro('A')),
      version(`${p}${name}`, 1),
    ]),
  ),
  feature('types, root, metadata', () => [
    get('/schemas/types', sorted),
    get('/'),
    get('/v1/metadata/id', () => 'told'),
    get('/v1/metadata/version', () => 'told'),
  ]),
  feature('errors of versions, ids and bodies', (p) => [
    register(`${p}a`, avro('A')),
    version(`${p}a`, 9),
    version(`${p}a`, 0),
    version(`${p}a`, 'abc'),
    version(`${p}nobody`, 1),
    get('/schemas/ids/2000000000'),
    get('/schemas/ids/abc'),
    get('/nothing/here'),
    post(`/subjects/${p}a/versions`, [1], whole),
  ]),
];
