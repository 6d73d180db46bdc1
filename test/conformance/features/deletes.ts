/** Soft and hard deletes, in their order. */
import type { Feature } from '../feature.ts';
import { members, sameId, shortList } from '../feature.ts';
import { avro, byId, get, lookUp, register, removeSubject, removeVersion, version, versions } from '../requests.ts';

const feature = (name: string, steps: Feature['steps']): Feature => ({ area: 'Deletes', name, steps });
const optional = { name: 'x', type: ['null', 'string'], default: null };
const two = (subject: string) => [register(subject, avro('A')), register(subject, avro('A', optional))];

export const DELETE_FEATURES: readonly Feature[] = [
  feature('soft delete of a version', (p) => [
    ...two(`${p}a`),
    removeVersion(`${p}a`, 1),
    versions(`${p}a`),
    versions(`${p}a`, '?deleted=true'),
    versions(`${p}a`, '?deletedOnly=true'),
    version(`${p}a`, 1),
    version(`${p}a`, 1, '?deleted=true'),
    get(byId(0), members('schema')),
  ]),
  feature('soft delete of a subject', (p) => [
    ...two(`${p}a`),
    removeSubject(`${p}a`),
    versions(`${p}a`),
    versions(`${p}a`, '?deleted=true'),
    get(`/subjects?subjectPrefix=${p}`, shortList),
    get(`/subjects?subjectPrefix=${p}&deleted=true`, shortList),
  ]),
  feature('hard delete after soft delete', (p) => [
    ...two(`${p}a`),
    removeVersion(`${p}a`, 1),
    removeVersion(`${p}a`, 1, '?permanent=true'),
    versions(`${p}a`, '?deleted=true'),
    removeSubject(`${p}a`),
    removeSubject(`${p}a`, '?permanent=true'),
    versions(`${p}a`, '?deleted=true'),
  ]),
  feature('hard before soft is refused', (p) => [
    ...two(`${p}a`),
    removeVersion(`${p}a`, 1, '?permanent=true'),
    removeSubject(`${p}a`, '?permanent=true'),
    versions(`${p}a`),
  ]),
  feature('deleting twice is refused', (p) => [
    ...two(`${p}a`),
    removeVersion(`${p}a`, 1),
    removeVersion(`${p}a`, 1),
    removeSubject(`${p}a`),
    removeSubject(`${p}a`),
  ]),
  feature('deleting what is not there', (p) => [
    removeSubject(`${p}nobody`),
    removeVersion(`${p}nobody`, 1),
    register(`${p}a`, avro('A')),
    removeVersion(`${p}a`, 7),
  ]),
  feature('registered again after a soft delete: same id, new version, the old one gone', (p) => [
    ...two(`${p}a`),
    removeVersion(`${p}a`, 1),
    register(`${p}a`, avro('A')),
    get(
      (answers) => (sameId(answers, 0, 3) ? `/subjects/${p}a/versions` : '/other'),
      () => 'same id',
    ),
    versions(`${p}a`, '?deleted=true'),
  ]),
  feature('registered again after a hard delete: a new id, version 1', (p) => [
    register(`${p}a`, avro(`${p}Again`)),
    removeSubject(`${p}a`),
    removeSubject(`${p}a`, '?permanent=true'),
    register(`${p}a`, avro(`${p}Again`)),
    get((answers) => (sameId(answers, 0, 3) ? '/same' : `/subjects/${p}a/versions`)),
  ]),
  feature('look-ups see soft-deleted versions when asked', (p) => [
    register(`${p}a`, avro('A')),
    removeVersion(`${p}a`, 1),
    lookUp(`${p}a`, avro('A')),
    lookUp(`${p}a`, avro('A'), '?deleted=true'),
  ]),
];
