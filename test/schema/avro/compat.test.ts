/** Verdicts and messages as Confluent 8.3.1 answered them, level by level. */
import { expect, it } from 'vitest';
import { avroLanguage } from '../../../src/schema/avro/avro-language.ts';
import type { ResolvedSchema } from '../../../src/schema/language.ts';
import { type CompatRow, compatRows, resolveText } from './recorded.ts';

const rows = compatRows();

it('has rows of both verdicts', () => {
  expect(rows.filter((row) => row.is_compatible).length).toBeGreaterThan(200);
  expect(rows.filter((row) => !row.is_compatible).length).toBeGreaterThan(250);
});

it.each(rows.filter((row) => !isInvalid(row)))('answers $id', (row) => {
  const messages = checkLevel(row);
  expect(messages).toEqual(row.messages.filter((message) => !isSharedLine(message)));
  expect(messages.length === 0).toBe(row.is_compatible);
});

it.each(rows.filter(isInvalid))('refuses the candidate of $id', (row) => {
  const { schema, references } = resolveText(row.candidate, row.refs);
  const canonical = avroLanguage.canonicalize(schema, references, { normalize: false, validate: true });
  const [message = ''] = row.messages;
  expect(canonical).toEqual({ error: message.split(' of type AVRO, details: ').slice(-1)[0] });
});

function isInvalid(row: CompatRow): boolean {
  return row.messages[0]?.startsWith('Invalid schema ') === true;
}

/** Lines that the registry adds for every language. */
function isSharedLine(message: string): boolean {
  return /^\{(oldSchemaVersion|oldSchema|validateFields): /.test(message);
}

/** What the registry asks at a level; of several versions the newest with messages answers. */
function checkLevel({ level, history, candidate, refs }: CompatRow): readonly string[] {
  if (level === 'NONE') return [];
  const next = resolveText(candidate, refs);
  const newestFirst = history.toReversed();
  const asked = level.endsWith('_TRANSITIVE') ? newestFirst : newestFirst.slice(0, 1);
  for (const version of asked) {
    const messages = checkPair(level, next, resolveText(version, refs));
    if (messages.length > 0) return messages;
  }
  return [];
}

function checkPair(level: string, next: ResolvedSchema, previous: ResolvedSchema): readonly string[] {
  const forward = avroLanguage.findIncompatibilities(previous, next, 'old');
  const backward = avroLanguage.findIncompatibilities(next, previous, 'new');
  const found = level.startsWith('FULL') ? [...forward, ...backward] : level.startsWith('F') ? forward : backward;
  return found.map(({ message }) => message);
}
