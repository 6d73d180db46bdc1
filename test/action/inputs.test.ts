import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { parse } from 'yaml';
import { COMMANDS, INPUTS } from '../../src/action/input-table.ts';
import { type Inputs, readInputs } from '../../src/action/inputs.ts';
import { OUTPUTS } from '../../src/action/outputs.ts';
import { SrgitError } from '../../src/errors.ts';

const ROOT = join(import.meta.dirname, '../..');

afterEach(() => {
  vi.unstubAllEnvs();
});

function read(inputs: Readonly<Record<string, string>>): Inputs {
  for (const [name, value] of Object.entries(inputs)) vi.stubEnv(`INPUT_${name.toUpperCase()}`, value);
  return readInputs('/checkout');
}

function refusal(inputs: Readonly<Record<string, string>>): string {
  try {
    read(inputs);
  } catch (error) {
    if (error instanceof SrgitError) return `${error.code} ${error.message}`;
    throw error;
  }
  throw new Error('the inputs were taken');
}

describe('action.yml', () => {
  const action: {
    readonly description: string;
    readonly inputs: Readonly<Record<string, { readonly description: string; readonly default?: string }>>;
    readonly outputs: object;
    readonly runs: { readonly using: string; readonly main: string };
  } = parse(readFileSync(join(ROOT, 'action.yml'), 'utf8'));

  it('has the inputs that are read, and the outputs that are written', () => {
    expect(Object.keys(action.inputs).sort()).toEqual(Object.keys(INPUTS).sort());
    expect(Object.keys(action.outputs).sort()).toEqual([...OUTPUTS].sort());
    expect(action.inputs['command']?.description).toBe(`${COMMANDS.slice(0, -1).join(', ')} or ${COMMANDS.at(-1)}.`);
    // The marketplace takes no longer one.
    expect(action.description.length).toBeLessThan(125);
    expect(action.runs).toEqual({ using: 'node24', main: 'dist-action/index.js' });
  });

  it('has the defaults that the code has', () => {
    const { comment, failOn } = read({ command: 'verify' });
    const defaults = Object.entries(action.inputs).flatMap(([name, input]) =>
      input.default === undefined ? [] : [[name, input.default]],
    );
    expect(Object.fromEntries(defaults)).toEqual({
      'github-token': `$\{{ github.token }}`,
      comment,
      'fail-on': failOn,
    });
  });
});

describe('inputs', () => {
  it('are decoded, with paths from the working directory', () => {
    const inputs = read({
      command: 'plan',
      'working-directory': 'registries',
      url: 'https://sr-1:8081\n https://sr-2:8081\n\n',
      subject: 'orders-*',
      'soft-deleted': 'false',
      map: 'a=b\nc=d',
      out: 'plan.json',
      prune: 'true',
    });
    expect(inputs).toMatchObject({
      cwd: '/checkout/registries',
      out: '/checkout/registries/plan.json',
      prune: true,
      how: { map: ['a=b', 'c=d'], includeSoftDeleted: false },
    });
    expect(inputs.flags).toMatchObject({ url: ['https://sr-1:8081', 'https://sr-2:8081'], subjects: ['orders-*'] });
    expect(inputs.flags.exclude).toBeUndefined();
  });

  it.each<[string, Record<string, string>, string]>([
    ['no command', {}, 'input command is missing'],
    ['an unknown command', { command: 'exprot' }, 'there is no "exprot"'],
    [
      'what says nothing to the command',
      { command: 'export', prune: 'true' },
      'input prune says nothing to command export',
    ],
    ['no boolean', { command: 'export', push: 'yes' }, 'push: "yes" is neither true nor false'],
    ['no number', { command: 'export', concurrency: '1e3' }, 'concurrency: "1e3" is no number from 1 to 256'],
    ['too great a number', { command: 'export', concurrency: '999' }, 'is no number from 1 to 256'],
    ['an unknown type', { command: 'export', type: 'AVRO\nXML' }, 'type: there is no "XML"'],
    ['permanent alone', { command: 'reconcile', permanent: 'true' }, 'permanent needs prune: true'],
    ['two branches', { command: 'export', branch: 'a', 'open-pull-request': 'true' }, 'exclude each other'],
    ['a branch for nothing', { command: 'export', 'pull-request-branch': 'a' }, 'needs open-pull-request: true'],
  ])('refuse %s', (_, inputs, message) => {
    expect(refusal(inputs)).toMatch(/^SRGIT_USAGE /);
    expect(refusal(inputs)).toContain(message);
  });
});
