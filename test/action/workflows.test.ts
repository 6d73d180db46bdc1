import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { COMMANDS, type Command, isInputName, takesInput } from '../../src/action/input-table.ts';
import { hasProgram, runProgram } from '../support/run-program.ts';
import { cachedFolder } from '../support/test-cache.ts';

const ROOT = join(import.meta.dirname, '../..');
const EXAMPLES = join(ROOT, '.github/workflows-examples');
const ACTIONLINT = '1.7.12';

const files = readdirSync(EXAMPLES).filter((file) => file.endsWith('.yml'));

interface Step {
  readonly uses?: string;
  readonly with?: Readonly<Record<string, unknown>>;
}

interface Workflow {
  readonly permissions: object;
  readonly jobs: Readonly<Record<string, { readonly permissions?: object; readonly steps: readonly Step[] }>>;
}

/** Built with Go, once. */
async function actionlint(): Promise<string> {
  const folder = await cachedFolder(`actionlint-${ACTIONLINT}`, async (target) => {
    if (!(await hasProgram('go', 'version'))) throw new Error('This test needs Go, to build actionlint.');
    const env = { GOBIN: target, GOFLAGS: '-mod=mod' };
    await runProgram('go', ['install', `github.com/rhysd/actionlint/cmd/actionlint@v${ACTIONLINT}`], {
      cwd: target,
      env,
    });
  });
  return join(folder, 'actionlint');
}

it('actionlint finds nothing in the workflows', async () => {
  const own = readdirSync(join(ROOT, '.github/workflows')).map((file) => join(ROOT, '.github/workflows', file));
  const program = await actionlint();
  const args = ['-no-color', '-shellcheck=', '-pyflakes='];
  expect(await runProgram(program, [...args, ...own, ...files.map((file) => join(EXAMPLES, file))])).toBe('');
}, 600_000);

it('every workflow is played as it stands', () => {
  const tests = readdirSync(import.meta.dirname).filter((file) => /^play-.*\.test\.ts$/.test(file));
  const text = tests.map((file) => readFileSync(join(import.meta.dirname, file), 'utf8')).join('\n');
  for (const file of files) expect(text).toContain(`playWorkflow('${file}'`);
});

describe.each(files)('%s', (file) => {
  const text = readFileSync(join(EXAMPLES, file), 'utf8');
  const workflow: Workflow = parse(text);

  it('gives each job the permissions it needs, with a reason, and none to the rest', () => {
    expect(workflow.permissions).toEqual({});
    for (const { permissions } of Object.values(workflow.jobs)) expect(permissions).toBeDefined();
    const lines = text.split('\n').filter((line) => /^ {6}[a-z-]+: (read|write)\b/.test(line));
    expect(lines.length).toBeGreaterThan(0);
    for (const line of lines) expect(line).toMatch(/: (read|write) # \w+/);
  });

  it('pins every action by commit, with its version', () => {
    const uses = text.split('\n').filter((line) => line.includes('uses:'));
    for (const line of uses) expect(line).toMatch(/uses: [\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+/);
  });

  it('gives the Action inputs that it takes', () => {
    const steps = Object.values(workflow.jobs).flatMap((job) =>
      job.steps.filter((step) => /^srgit\//.test(step.uses ?? '')),
    );
    expect(steps.length).toBeGreaterThan(0);
    for (const { with: inputs = {} } of steps) {
      expect(COMMANDS).toContain(inputs['command']);
      for (const name of Object.keys(inputs)) {
        expect(isInputName(name) && takesInput(inputs['command'] as Command, name), name).toBe(true);
      }
    }
  });
});
