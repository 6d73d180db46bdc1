import { describe, expect, it } from 'vitest';
import { describeError, errorDocument } from '../../src/cli/describe-error.ts';
import { ERROR_CODES, SrgitError } from '../../src/errors.ts';

describe('describeError', () => {
  it('has three lines: what and why, what to do, the code', () => {
    const error = new SrgitError('SRGIT_TREE_MISSING', 'there is no tree', { hint: 'Export first.' });
    expect(describeError(error, false)).toEqual({
      text: 'Error: there is no tree\nExport first.\n(SRGIT_TREE_MISSING)',
      exitCode: 1,
    });
  });

  it('adds details, stack and causes for --debug', () => {
    const cause = new Error('outer', { cause: new Error('inner') });
    const { text } = describeError(new SrgitError('SRGIT_INTERNAL', 'm', { cause, details: { status: 500 } }), true);
    expect(text).toMatch(/\{ status: 500 \}[\s\S]*at [\s\S]*Caused by: Error: outer[\s\S]*Caused by: Error: inner/);
  });

  it('asks for a report of what should not happen', () => {
    expect(describeError(new TypeError('x is not a function'), false)).toEqual({
      text: 'Error: this should not have happened: TypeError: x is not a function\nPlease report it with what --debug prints. (SRGIT_INTERNAL)',
      exitCode: 1,
    });
    expect(describeError('odd', false).text).toContain('odd');
  });

  it('has an exit code for every code', () => {
    const codes = ERROR_CODES.map((code) => [code, new SrgitError(code, '').exitCode] as const);
    expect(Object.fromEntries(codes.filter(([, exit]) => exit !== 1))).toEqual({
      SRGIT_USAGE: 2,
      SRGIT_CONFIG_INVALID: 2,
      SRGIT_CONFIG_MISSING: 2,
      SRGIT_ENV_UNSET: 2,
      SRGIT_INTERRUPTED: 130,
    });
  });
});

it('errorDocument says the same to a program', () => {
  expect(errorDocument(new SrgitError('SRGIT_USAGE', 'm', { hint: 'h', details: { a: 1 } }))).toEqual({
    error: { code: 'SRGIT_USAGE', message: 'm', hint: 'h', details: { a: 1 } },
  });
  expect(errorDocument(new TypeError('t'))).toEqual({ error: { code: 'SRGIT_INTERNAL', message: 't' } });
});

it.each([
  ['no tree in https://u:hunter2@host/x', 'no tree in https://***@host/x'],
  ["'s3://key:hunter2@b' and ssh://git@h", "'s3://***@b' and ssh://***@h"],
  ['/trees/http:/u:hunter2@h/schemas', '/trees/http:/***@h/schemas'],
  [`${'a'.repeat(1_000_000)} ftp://u:hunter2@h`, `${'a'.repeat(1_000_000)} ftp://***@h`],
  ['https://h/subjects/a@b and git@h:o/r', 'https://h/subjects/a@b and git@h:o/r'],
])('an error shows no credentials of an address: %.60s', (text, shown) => {
  const { message, hint } = new SrgitError('SRGIT_USAGE', text, { hint: text });
  expect([message, hint]).toEqual([shown, shown]);
});
