/** A repository that begins with `srgit init`: the files, and what the nightly workflow makes of them. */
import { spawn } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { parse } from 'yaml';
import { AUTH_KINDS, WORKFLOWS } from '../../src/app/init-templates.ts';
import { CLI_ENV, cliEntry, runCli, runCliJson } from '../support/cli.ts';
import { record, register, registryDuringTest } from '../support/embedded-registry.ts';
import { git, remote, repository } from '../support/git.ts';
import { readFolder, temporaryFolder } from '../support/trees.ts';

vi.setConfig({ testTimeout: 120_000 });

const HOOK = join(import.meta.dirname, '../support/terminal-hook.ts');
const TEMPLATES = join(import.meta.dirname, '../../.github/workflows-examples');
const EXAMPLE = 'schemas/subjects/srgit-example-value/v1.avsc';

beforeAll(async () => {
  await cliEntry();
});

/** The `with` of the one step of a workflow that runs srgit, as a command line. */
function commandOf(workflow: string): string[] {
  const { jobs } = parse(workflow) as { jobs: Record<string, { steps: { with?: Record<string, unknown> }[] }> };
  const inputs = Object.values(jobs).flatMap(({ steps }) =>
    steps.flatMap((step) => (step.with?.['command'] ? [step.with] : [])),
  );
  const [{ command, ...rest } = {}, ...others] = inputs;
  expect(others).toEqual([]);
  return [
    String(command),
    ...Object.entries(rest).flatMap(([name, value]) => (value === true ? [`--${name}`] : [`--${name}`, String(value)])),
  ];
}

describe('srgit init in an empty repository', () => {
  it('and then the command of its nightly workflow make a commit with a tree', async () => {
    const { url } = await registryDuringTest();
    await register(url, 'orders-value', record('Order'));
    const origin = remote();
    const cwd = origin.clone('work');
    const { code, stdout, stderr } = await runCli(['init', '--url', url, '--auth', 'none'], { cwd });
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toBe(
      [
        '✓ srgit.yaml',
        '✓ .gitattributes',
        '✓ .gitignore',
        '✓ .github/workflows/schemas-nightly-export.yml',
        '✓ .github/workflows/schemas-pull-request-plan.yml',
        `✓ ${EXAMPLE}`,
        '',
        'By hand:',
        '  - put the commit of the release where the zeros are in .github/workflows',
        '',
        'Then:',
        '',
        '  git add . && git commit -m "Set up srgit"',
        '  srgit export --registry prod --commit',
        '  srgit verify --registry prod',
        '',
      ].join('\n'),
    );
    git(cwd, 'add', '.');
    git(cwd, 'commit', '--quiet', '-m', 'Set up srgit');
    git(cwd, 'push', '--quiet', 'origin', 'main');

    const nightly = commandOf(readFileSync(join(cwd, '.github/workflows/schemas-nightly-export.yml'), 'utf8'));
    expect(nightly).toEqual(['export', '--registry', 'prod', '--push']);
    const first = await runCliJson(nightly, { cwd });
    expect(first).toMatchObject({ code: 0, stderr: '' });
    expect(git(cwd, 'rev-parse', 'origin/main')).toBe(git(cwd, 'rev-parse', 'HEAD'));
    const files = git(cwd, 'ls-tree', '-r', '--name-only', 'origin/main').split('\n');
    expect(files).toContain('schemas/manifest.json');
    expect(files).toContain('schemas/subjects/orders-value/v1.avsc');
    // Nobody has registered it yet, and the export leaves it alone.
    expect(files).toContain(EXAMPLE);
    expect(git(cwd, 'rev-list', '--count', 'HEAD')).toBe('2');
    expect((await runCli(nightly, { cwd })).code).toBe(0);
    expect(git(cwd, 'rev-list', '--count', 'HEAD')).toBe('2');
    expect((await runCli(['verify', '--registry', 'prod'], { cwd })).code).toBe(0);
    // What its restore would do is to register the example, and nothing else.
    const plan = await runCliJson(['plan', '--registry', 'prod'], { cwd });
    expect(plan.json).toMatchObject({ subjects: expect.arrayContaining([]) });
    expect(JSON.stringify(plan.json)).toContain('srgit-example-value');
    expect(git(cwd, 'status', '--porcelain')).toBe('');
  });
});

describe('srgit init', () => {
  it('says to begin with git init where there is no repository', async () => {
    const cwd = temporaryFolder();
    const { code, json } = await runCliJson(['init', '--no-workflows'], { cwd });
    expect([code, json]).toEqual([
      0,
      {
        folder: cwd,
        created: ['srgit.yaml', '.gitattributes', '.gitignore', EXAMPLE],
        kept: [],
        variables: ['SR_USERNAME', 'SR_PASSWORD'],
        todo: ['put the URL of the registry into srgit.yaml, where https://registry.example.com:8081 stands'],
        next: [
          'git init && git add . && git commit -m "Set up srgit"',
          'srgit export --registry prod --commit',
          'srgit verify --registry prod',
        ],
      },
    ]);
  });

  it('changes nothing that is there, and says what it lacks', async () => {
    const cwd = repository();
    const mine = new Map([
      ['.gitattributes', '*.md text\n'],
      ['.gitignore', 'node_modules/\n.env'],
      ['srgit.yml', 'tree: registries/eu\nregistries:\n  eu: { url: http://localhost:1 }\n'],
      ['.github/workflows/schemas-nightly-export.yml', 'mine\n'],
      ['registries/eu/subjects/a/v1.avsc', '"string"\n'],
      ['README.md', 'hello\r\n'],
    ]);
    for (const [file, text] of mine) {
      mkdirSync(join(cwd, file, '..'), { recursive: true });
      writeFileSync(join(cwd, file), text);
    }
    const { code, stdout } = await runCli(['init'], { cwd });
    expect(code).toBe(0);
    expect(stdout.split('\n\n')[0]).toBe(
      [
        '✓ .github/workflows/schemas-pull-request-plan.yml',
        '· srgit.yml was there and is as it was',
        '· .gitattributes was there and is as it was; it lacks registries/eu/** -text',
        '· .gitignore was there and is as it was; it lacks .srgit/',
        '· .github/workflows/schemas-nightly-export.yml was there and is as it was',
      ].join('\n'),
    );
    const after = readFolder(cwd);
    const plan = '.github/workflows/schemas-pull-request-plan.yml';
    // The configuration that was there says what the workflows are about.
    expect(after.get(plan)).toContain('registry: eu\n');
    expect(after.get(plan)).toContain('paths: ["registries/eu/**", "srgit.yaml"]');
    after.delete(plan);
    expect(after).toEqual(new Map([...mine].sort(([a], [b]) => (a < b ? -1 : 1))));
    const again = await runCliJson(['init'], { cwd });
    expect(again).toMatchObject({ code: 0, json: { created: [] } });
  });

  it('writes through no link', async () => {
    const cwd = temporaryFolder();
    const outside = temporaryFolder();
    symlinkSync(join(outside, 'elsewhere'), join(cwd, '.gitignore'));
    const { code, stdout } = await runCli(['init'], { cwd });
    expect([code, readdirSync(outside)]).toEqual([0, []]);
    expect(stdout).toContain('· .gitignore was there and is as it was; it lacks .srgit/ and .env');
  });

  it('writes what was typed as YAML that says it', async () => {
    const cwd = temporaryFolder();
    const urls = ['https://a:8081', 'https://b:8081/it"s#'];
    const flags = ['--registry', 'on', '--tree', './my schemas/', ...urls.flatMap((url) => ['--url', url])];
    expect((await runCli(['init', ...flags], { cwd })).code).toBe(0);
    const text = readFileSync(join(cwd, 'srgit.yaml'), 'utf8');
    expect(text).toMatch(/^# yaml-language-server: \$schema=https:\/\/\S+\/config\.schema\.json\n/);
    expect(parse(text)).toMatchObject({ tree: 'my schemas', registry: 'on', registries: { on: { url: urls } } });
    const { code, stderr } = await runCli(['export'], { cwd });
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the variable as the file has it
    expect([code, stderr.includes('${SR_USERNAME} is not set')]).toEqual([2, true]);
  });

  it('has a configuration that is accepted, and workflows that fit it, of every kind', async () => {
    for (const auth of AUTH_KINDS) {
      const cwd = temporaryFolder();
      const flags = ['--auth', auth, '--registry', 'eu', ...WORKFLOWS.flatMap((name) => ['--workflow', name])];
      const { json } = await runCliJson(['init', ...flags], { cwd });
      const { variables } = json as { variables: string[] };
      expect((await runCli(['index'], { cwd })).code).toBe(0);
      for (const name of WORKFLOWS) {
        const text = readFileSync(join(cwd, `.github/workflows/schemas-${name}.yml`), 'utf8');
        const template = readFileSync(join(TEMPLATES, `${name}.yml`), 'utf8');
        if (auth === 'basic') expect(text).toBe(template.replaceAll(/\bprod$/gm, 'eu'));
        expect(text).not.toMatch(/\bprod$/m);
        const steps = (workflow: unknown) =>
          Object.values((workflow as { jobs: Record<string, { steps: { env?: object }[] }> }).jobs).flatMap(
            (job) => job.steps,
          );
        const [made, original] = [steps(parse(text)), steps(parse(template))];
        expect(made.length).toBe(original.length);
        for (const [at, { env }] of made.entries()) {
          const names = Object.keys(env ?? {}).filter((key) => key.startsWith('SR_'));
          const had = Object.keys(original[at]?.env ?? {}).some((key) => key.startsWith('SR_'));
          expect([name, at, names]).toEqual([name, at, had ? variables : []]);
        }
      }
    }
  });

  it.each([
    [['--url', 'https://u:hunter2@sr:8081'], 'SRGIT_USAGE'],
    [['--url', 'sr:8081'], 'SRGIT_USAGE'],
    [['--registry', 'a b'], 'SRGIT_USAGE'],
    [['--tree', '../schemas'], 'SRGIT_USAGE'],
    [['--tree', '/schemas'], 'SRGIT_USAGE'],
  ])('writes nothing with %j', async (flags, code) => {
    const cwd = temporaryFolder();
    const result = await runCli(['init', ...flags], { cwd });
    expect([result.code, result.stderr.includes(`(${code})`), readdirSync(cwd)]).toEqual([2, true, []]);
    expect(result.stderr).not.toContain('hunter2');
  });

  it('leaves no half file where one cannot be written', async () => {
    const cwd = temporaryFolder();
    writeFileSync(join(cwd, '.github'), 'a file');
    const { code, stderr } = await runCli(['init'], { cwd });
    expect([code, stderr.split('\n')[0]]).toEqual([
      1,
      `Error: cannot write ${join(cwd, '.github/workflows/schemas-nightly-export.yml')}: a part of its path is a file (ENOTDIR)`,
    ]);
  });

  it('warns where GitHub would not find the workflows', async () => {
    const top = repository();
    const cwd = join(top, 'schemas-of-eu');
    mkdirSync(cwd);
    const { stderr } = await runCli(['init'], { cwd });
    expect(stderr).toBe(`Warning: GitHub reads workflows at the top of the repository only: move .github to ${top}\n`);
  });
});

describe('srgit init on a terminal', () => {
  /** Types an answer whenever something is asked; `null` ends the input. */
  async function converse(cwd: string, answers: readonly (string | null)[], ...flags: string[]) {
    const child = spawn(process.execPath, ['--import', HOOK, await cliEntry(), 'init', ...flags], {
      cwd,
      env: CLI_ENV,
    });
    onTestFinished(() => void child.kill('SIGKILL'));
    let stderr = '';
    let [asked, seen] = [0, 0];
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
      // A question is written in one piece, and the cursor put to its end.
      // biome-ignore lint/suspicious/noControlCharactersInRegex: that is how
      if (stderr.length === seen || !/ \u001b\[\d+G$/.test(stderr)) return;
      seen = stderr.length;
      const answer = answers[asked++];
      if (answer === null || answer === undefined) child.stdin.end();
      else child.stdin.write(answer);
    });
    child.stdout.resume();
    child.stdin.on('error', () => undefined);
    const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
    return { code, stderr, asked };
  }
  const ENTER = '\r';

  it('asks six things, the wrong ones again', async () => {
    const cwd = repository();
    const answers = ['eu', 'localhost', 'http://localhost:1', 'magic', 'none', '', 'drift-watch', 'n'];
    const { code, asked } = await converse(
      cwd,
      answers.map((text) => `${text}${ENTER}`),
    );
    expect([code, asked]).toEqual([0, 8]);
    expect(parse(readFileSync(join(cwd, 'srgit.yaml'), 'utf8'))).toEqual({
      tree: 'schemas',
      registry: 'eu',
      registries: { eu: { url: 'http://localhost:1', auth: { type: 'none' } } },
    });
    expect(readdirSync(join(cwd, '.github/workflows'))).toEqual(['schemas-drift-watch.yml']);
    expect(readdirSync(cwd)).not.toContain('schemas');
  });

  it('asks only what no flag says, and nothing with --yes', async () => {
    const cwd = temporaryFolder();
    const flags = [
      '--registry',
      'eu',
      '--url',
      'http://localhost:1',
      '--auth',
      'none',
      '--no-workflows',
      '--no-example',
    ];
    expect(await converse(cwd, [ENTER], ...flags)).toMatchObject({ code: 0, asked: 1 });
    expect(await converse(temporaryFolder(), [], '--yes')).toMatchObject({ code: 0, asked: 0 });
  });

  it.each([
    ['the end of the input', null],
    ['Ctrl-C', '\u0003'],
  ])('writes nothing after %s', async (_, key) => {
    const cwd = temporaryFolder();
    const { code } = await converse(cwd, [`eu${ENTER}`, key]);
    expect([code, readdirSync(cwd)]).toEqual([130, []]);
  });
});
