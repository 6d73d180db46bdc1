/** Config, modes and imports. */
import { type Feature, members, shortList, whole } from '../feature.ts';
import { avro, byId, config, get, mode, put, register, remove, removeSubject, version, versions } from '../requests.ts';

const feature = (name: string, steps: Feature['steps']): Feature => ({ area: 'Config, modes, imports', name, steps });
const optional = { name: 'x', type: ['null', 'string'], default: null };

export const SETTINGS_FEATURES: readonly Feature[] = [
  feature('config of a subject', (p) => [
    register(`${p}a`, avro('A')),
    get(`/config/${p}a`),
    get(`/config/${p}a?defaultToGlobal=true`),
    config(`${p}a`, { compatibility: 'FULL' }, whole),
    get(`/config/${p}a`),
    remove(`/config/${p}a`),
    get(`/config/${p}a`),
  ]),
  feature('config of a subject without schemas', (p) => [
    config(`${p}a`, { compatibility: 'FULL' }, whole),
    get(`/config/${p}a`),
  ]),
  feature('a level that is none is refused', (p) => [
    register(`${p}a`, avro('A')),
    config(`${p}a`, { compatibility: 'SIDEWAYS' }),
  ]),
  feature('alias', (p) => [
    register(`${p}a`, avro('A')),
    config(`${p}alias`, { alias: `${p}a` }),
    version(`${p}alias`, 1),
  ]),
  feature('normalize in the config', (p) => [
    config(`${p}a`, { normalize: true }),
    register(`${p}a`, { schemaType: 'JSON', schema: '{"type":"object","title":"t"}' }),
    register(`${p}a`, { schemaType: 'JSON', schema: '{"title":"t","type":"object"}' }),
    versions(`${p}a`),
  ]),
  feature('default and override metadata', (p) => [
    config(`${p}a`, {
      defaultMetadata: { properties: { d: '1' } },
      overrideMetadata: { properties: { o: '2' } },
    }),
    register(`${p}a`, avro('A')),
    version(`${p}a`, 1, '', members('metadata')),
  ]),
  feature('mode of a subject', (p) => [
    register(`${p}a`, avro('A')),
    get('/mode'),
    get(`/mode/${p}a`),
    get(`/mode/${p}a?defaultToGlobal=true`),
    mode(`${p}a`, { mode: 'READONLY' }),
    get(`/mode/${p}a`),
    remove(`/mode/${p}a`, () => 'gone'),
    mode(`${p}a`, { mode: 'SLEEPY' }),
  ]),
  feature('READONLY refuses writes and answers what is known', (p) => [
    register(`${p}a`, avro('A')),
    mode(`${p}a`, { mode: 'READONLY' }),
    register(`${p}a`, avro('A', optional)),
    register(`${p}a`, avro('A')),
    removeSubject(`${p}a`),
  ]),
  feature('IMPORT is refused where versions live, unless forced', (p) => [
    register(`${p}a`, avro('A')),
    mode(`${p}a`, { mode: 'IMPORT' }),
    mode(`${p}a`, { mode: 'IMPORT' }, '?force=true'),
  ]),
  feature('IMPORT takes ids and versions', (p) => [
    mode(`${p}a`, { mode: 'IMPORT' }),
    register(`${p}a`, { ...avro(`${p}I`), id: 1_900_001, version: 7 }),
    versions(`${p}a`),
    get('/schemas/ids/1900001', members('schema')),
    register(`${p}a`, { ...avro(`${p}I`), id: 1_900_001, version: 7 }),
    register(`${p}a`, { ...avro(`${p}Other`), id: 1_900_001, version: 8 }),
    register(`${p}a`, avro(`${p}NoId`)),
  ]),
  feature('outside IMPORT ids are refused', (p) => [
    register(`${p}a`, { ...avro(`${p}R`), id: 1_900_100, version: 1 }),
    versions(`${p}a`),
  ]),
  feature('contexts keep their own ids', (p) => [
    register(`:.${p}x:a`, avro('A')),
    register(`:.${p}x:a`, avro('A', optional)),
    register(`:.${p}y:a`, avro('A')),
    versions(`:.${p}x:a`),
    get(`/schemas/ids/1?subject=:.${p}y:`, members('schema')),
    get(`/contexts/.${p}x/subjects`),
    get('/contexts', (body) => Array.isArray(body) && body.filter((name) => String(name).includes(p)).length),
  ]),
  feature('all contexts with :*:', (p) => [
    register(`:.${p}x:${p}a`, avro('A')),
    register(`${p}a`, avro('A')),
    get(`/subjects?subjectPrefix=:*:${p}`, shortList),
  ]),
  feature('an unqualified name is searched in other contexts', (p) => [
    register(`:.${p}x:${p}only`, avro('A')),
    version(`${p}only`, 1),
  ]),
  feature('config and mode of a context', (p) => [
    put(`/config/:.${p}x:`, { compatibility: 'FULL' }),
    get(`/config/:.${p}x:`),
    get(`/config/:.${p}x:a?defaultToGlobal=true`),
    put(`/mode/:.${p}x:`, { mode: 'READONLY' }),
    register(`:.${p}x:a`, avro('A')),
  ]),
  feature('deleting an empty context', (p) => [
    register(`:.${p}x:a`, avro('A')),
    remove(`/contexts/.${p}x`),
    removeSubject(`:.${p}x:a`),
    removeSubject(`:.${p}x:a`, '?permanent=true'),
    remove(`/contexts/.${p}x`),
  ]),
  feature('ids are found by subject hint', (p) => [
    register(`:.${p}x:a`, avro(`${p}Hint`)),
    get(byId(0, `?subject=:.${p}x:a`), members('subject', 'version')),
  ]),
];
