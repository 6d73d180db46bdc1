/** Random evolutions of schemas: verdicts, messages and texts agree with Confluent's own classes and with Avro's. */
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { avroLanguage } from '../../../../src/schema/avro/avro-language.ts';
import { readLines } from '../../../support/data.ts';
import { askAvro, askOracle } from './avro-oracle.ts';
import { breakText } from './break-text.ts';
import { generatePair, type SchemaPair } from './generate-pair.ts';

const PAIRS = 20_000;
const TEXTS = 4_000;
const BROKEN = 10_000;

const seed = Number(process.env['SRGIT_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
const pairs = (): readonly SchemaPair[] => fc.sample(fc.integer().map(generatePair), { numRuns: PAIRS, seed });

it('agrees with Confluent on random pairs', { timeout: 240_000 }, async () => {
  console.log(`seed ${seed}; repeat with SRGIT_SEED=${seed}`);
  const asked = pairs();
  const answers = await askOracle(
    asked.map(({ reader, writer }) => ({
      level: 'BACKWARD',
      candidate: { schema: reader },
      history: [{ schema: writer }],
    })),
  );
  let compatible = 0;
  let literal = 0;
  let unreadable = 0;
  const kinds = new Map<string, number>();
  const wrong: object[] = [];
  for (const [index, { messages, error }] of answers.entries()) {
    const { reader, writer } = asked[index] ?? { reader: '', writer: '' };
    if (messages === undefined) {
      unreadable++;
      wrong.push({ reader, writer, error });
      continue;
    }
    const expected = messages.filter((message) => !/^\{(oldSchema|validateFields|compatibility)/.test(message));
    const ours = check({ reader, writer });
    if (!isSameList(ours, expected)) wrong.push({ reader, writer, ours, expected });
    else if (ours.join() === expected.join()) literal++;
    if (expected.length === 0) compatible++;
    const found = new Set(expected.map((message) => /errorType:'(\w+)'/.exec(message)?.[1] ?? 'other'));
    for (const kind of found) kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
  }
  console.log(
    `${answers.length} pairs: ${compatible} compatible, ${answers.length - compatible - unreadable} not, ` +
      `${unreadable} unreadable to the oracle, ${literal} answered alike to the letter, ${wrong.length} otherwise; ` +
      [...kinds].map(([kind, count]) => `${kind} ${count}`).join(', '),
  );
  expect(wrong.slice(0, 5), `SRGIT_SEED=${seed}`).toEqual([]);
  expect(compatible).toBeGreaterThan(PAIRS / 5);
  expect(answers.length - compatible).toBeGreaterThan(PAIRS / 5);
});

it('writes texts as Confluent does', { timeout: 120_000 }, async () => {
  const schemas = pairs()
    .slice(0, TEXTS)
    .map(({ reader }) => reader);
  const answers = await askOracle(schemas.map((schema) => ({ schema })));
  const ours = schemas.map((schema) => ({
    canonical: canonicalize(schema, false),
    resolved: canonicalize(schema, false),
    normalized: canonicalize(schema, true),
  }));
  const wrong = answers.flatMap(({ canonical, resolved, normalized, error }, index) => {
    const expected = { canonical, resolved, normalized: normalized ?? error };
    return isDeepStrictEqual(expected, ours[index]) ? [] : [{ schema: schemas[index], expected, ours: ours[index] }];
  });
  console.log(`${answers.length} texts, stored and normalised: ${wrong.length} written otherwise`);
  expect(wrong.slice(0, 5), `SRGIT_SEED=${seed}`).toEqual([]);
});

it('says of odd and broken texts what Confluent says', { timeout: 120_000 }, async () => {
  // One rule each; those that Avro 1.11 and 1.12 answer differently are asked of Avro below.
  const texts = readOdd('odd-texts.ndjson');
  const answers = await askOracle(texts.map((schema) => ({ schema })));
  const said = answers.map(({ canonical, normalized, error }) =>
    [canonical ?? error, normalized ?? error].map(unshade),
  );
  const ours = texts.map((text) => [canonicalize(text, false), canonicalize(text, true)].map(unshade));
  expect(ours).toEqual(said);
  console.log(`${texts.length} odd texts answered alike`);
});

it('reads odd and broken texts as Avro 1.12.1 does', { timeout: 120_000 }, async () => {
  const broken = pairs()
    .slice(0, BROKEN)
    .map(({ reader }, index) => breakText(reader, seed + index));
  const texts = [...readOdd('odd-texts.ndjson'), ...readOdd('odd-texts-1.12.ndjson'), ...broken];
  const answers = await askAvro(texts.map((schema) => ({ schema })));
  let refused = 0;
  const wrong = answers.flatMap(({ canonical, error }, index) => {
    const schema = texts[index] ?? '';
    if (canonical === undefined) refused++;
    const [expected, ours] = [canonical ?? error, canonicalize(schema, false)].map((words) =>
      unshade(words)?.replace(/UnresolvedSchema_\d+/g, 'UnresolvedSchema_N'),
    );
    return expected === ours ? [] : [{ schema, expected, ours }];
  });
  console.log(`${texts.length} odd and broken texts: ${refused} refused, ${wrong.length} answered otherwise`);
  expect(wrong.slice(0, 5), `SRGIT_SEED=${seed}`).toEqual([]);
  expect(refused).toBeGreaterThan(BROKEN / 5);
  expect(texts.length - refused).toBeGreaterThan(BROKEN / 20);
});

function readOdd(name: string): readonly string[] {
  return readLines<string>(join(import.meta.dirname, name));
}

/** Without Flink's package names, and without the column of a token, which newer Jackson counts otherwise. */
function unshade(words: string | undefined): string | undefined {
  const plain = words?.replaceAll(/org\.apache\.flink\.avro\.(registry\.confluent\.)?shaded\./g, '');
  return plain?.includes('Unrecognized token') === true ? plain.replace(/column: \d+/, 'column') : plain;
}

function check({ reader, writer }: SchemaPair): readonly string[] {
  const read = { schemaType: 'AVRO' as const, schema: reader, references: [] };
  const written = { schemaType: 'AVRO' as const, schema: writer, references: [] };
  return avroLanguage.findIncompatibilities(read, written, 'new').map(({ message }) => message);
}

/**
 * The same messages in the same order. Avro 1.11 begins a new path where a writer's union meets a reader that is none;
 * 1.12, which is what we follow, goes on with the old one (recorded).
 */
function isSameList(ours: readonly string[], expected: readonly string[]): boolean {
  return (
    ours.length === expected.length &&
    ours.every((message, index) => {
      const [ourPath, ourWords] = splitPath(message);
      const [path, words] = splitPath(expected[index] ?? '');
      return ourWords === words && ourPath.endsWith(path === '/' ? '' : path);
    })
  );
}

function splitPath(message: string): readonly [string, string] {
  const path = /path '([^']*)'/.exec(message)?.[1] ?? '';
  return [path, message.replace(`path '${path}'`, '')];
}

function canonicalize(schema: string, normalize: boolean): string {
  const canonical = avroLanguage.canonicalize(schema, [], { normalize, validate: true });
  return 'text' in canonical ? canonical.text : canonical.error;
}
