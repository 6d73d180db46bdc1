/** Bodies of requests: nearly all with something that a registry takes. */
import type { Dice } from './dice.ts';
import { randomSchema } from './random-schemas.ts';

export const SUBJECTS = ['a', 'b', 'c', 'orders-value', ':.x:a', ':.x:b', ':.y:a', ':.:a', 'r', 'al'];
const ODD_SUBJECTS = [
  '',
  ' ',
  '.',
  '..',
  'a/b',
  'é',
  '%',
  '"',
  'a;b=c',
  '\u{1f600}',
  '\ud800',
  '__proto__',
  'constructor',
  'hasOwnProperty',
  '__GLOBAL',
  '__EMPTY',
  ':.',
  ':.:',
  ':.x:',
  ':*:',
  ':*:a',
  ':.__GLOBAL:',
  '::',
  '\u0000',
  '\n',
  'a'.repeat(300),
];

export type BodyKind = 'none' | 'schema' | 'config' | 'mode' | 'tags' | 'association';

export function randomSubject(dice: Dice): string {
  return dice.chance(0.93) ? dice.pick(SUBJECTS) : dice.pick(ODD_SUBJECTS);
}

export function randomBody(dice: Dice, kind: BodyKind): string | undefined {
  switch (kind) {
    case 'none':
      return undefined;
    case 'schema':
      return JSON.stringify(schemaBody(dice));
    case 'config':
      return JSON.stringify(
        dice.some(
          {
            compatibility: () => dice.pick(['NONE', 'BACKWARD', 'full_transitive', 'FORWARD', null, 'x', 5]),
            normalize: () => dice.pick([true, false, null, 'true', 'x']),
            alias: () => dice.pick(['a', null, 'al', '', '__proto__']),
            compatibilityGroup: () => dice.pick(['owner', null]),
            defaultMetadata: () => randomMetadata(dice),
            overrideMetadata: () => dice.pick([null, randomMetadata(dice)]),
            validateFields: () => dice.pick([true, null]),
          },
          0.25,
        ),
      );
    case 'mode':
      return JSON.stringify({
        mode: dice.pick(['READWRITE', 'READWRITE', 'READONLY', 'IMPORT', 'import', 'FORWARD', null, 'x', 5]),
      });
    case 'tags':
      return JSON.stringify(
        dice.some(
          {
            tagsToAdd: () => [randomTags(dice)],
            tagsToRemove: () => [randomTags(dice)],
            newVersion: () => dice.pick([2, 3, -1, 'x']),
            metadata: () => randomMetadata(dice),
          },
          0.5,
        ),
      );
    case 'association':
      return JSON.stringify({
        ...dice.some(
          {
            resourceName: () => dice.pick(['t1', 't2', '', 5]),
            resourceNamespace: () => dice.pick(['ns', '__proto__']),
            resourceId: () => dice.pick(['id-t1', 'id-t2']),
            resourceType: () => dice.pick(['topic', 'x']),
          },
          0.9,
        ),
        associations: Array.from({ length: dice.below(3) }, () =>
          dice.some(
            {
              subject: () => randomSubject(dice),
              associationType: () => dice.pick(['key', 'value', 'x']),
              lifecycle: () => dice.pick(['STRONG', 'WEAK', 'x']),
              frozen: () => dice.pick([true, false, 'x']),
              schema: () => (dice.chance(0.2) ? schemaBody(dice) : null),
            },
            0.8,
          ),
        ),
      });
  }
}

function randomMetadata(dice: Dice): unknown {
  return dice.pick<unknown>([
    { properties: { owner: dice.pick(['me', 'you']) } },
    { tags: { '**.id': ['PII', 'PII'] }, sensitive: ['owner'] },
    { properties: { ['__proto__']: 'x', constructor: 'y' } },
    { properties: { owner: null } },
    {},
    5,
  ]);
}

function randomTags(dice: Dice): unknown {
  const schemaEntity = {
    entityPath: dice.pick(['R', 'R.f0', 'R.f1', '', 'x']),
    entityType: dice.pick(['sr_record', 'sr_field', 'SR_FIELD']),
  };
  return dice.pick<unknown>([{ schemaEntity, tags: ['A', 'B'].slice(dice.below(2)) }, { schemaEntity }, {}, 'x']);
}

function schemaBody(dice: Dice): Record<string, unknown> {
  const [schemaType, schema] = randomSchema(dice);
  return {
    schema,
    ...(schemaType === 'AVRO' && dice.chance(0.5) ? {} : { schemaType }),
    ...dice.some(
      {
        metadata: () => randomMetadata(dice),
        id: () => dice.pick([1, 2, 7, 100, -1, 2147483647, '5']),
        version: () => dice.pick([1, 2, 3, -1, 0]),
      },
      0.06,
    ),
    ...(dice.chance(0.12) ? { references: randomReferences(dice, schemaType) } : {}),
    ...(dice.chance(0.04) ? { schemaTagsToAdd: [randomTags(dice)] } : {}),
    ...(dice.chance(0.03)
      ? { ruleSet: { domainRules: [{ name: 'r', kind: 'CONDITION', type: 'CEL', expr: 'true' }] } }
      : {}),
  };
}

function randomReferences(dice: Dice, schemaType: string): unknown {
  return Array.from({ length: 1 + dice.below(2) }, () => ({
    name: schemaType === 'PROTOBUF' ? 'r.proto' : dice.pick(['R', 'r.json', '__proto__']),
    subject: dice.chance(0.9) ? dice.pick(SUBJECTS) : dice.pick(ODD_SUBJECTS),
    version: dice.pick([1, 1, 2, -1, 0]),
  }));
}

/** A few characters changed, taken away, doubled, or another text put in. */
export function mutate(dice: Dice, text: string): string {
  let result = text;
  for (let times = 1 + dice.below(3); times > 0; times--) {
    const at = dice.below(result.length + 1);
    const length = dice.below(8);
    const put = dice.pick([
      '',
      '"',
      '{',
      '}',
      '[',
      ',',
      ':',
      '\\',
      '\u0000',
      'null',
      '1e999',
      '-',
      '\ud800',
      result.slice(at, at + 40),
    ]);
    result = result.slice(0, at) + put + result.slice(at + length);
  }
  return result;
}
