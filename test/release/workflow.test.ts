/** The release, as far as it can be looked at and played without GitHub and npm. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { git, repository } from '../support/git.ts';
import { temporaryFolder } from '../support/trees.ts';
import { ROOT, run } from './staged-package.ts';

interface Step {
  readonly id?: string;
  readonly uses?: string;
  readonly run?: string;
  readonly env?: Readonly<Record<string, string>>;
}

interface Job {
  readonly permissions: Readonly<Record<string, string>>;
  readonly needs?: string | readonly string[];
  readonly environment?: string;
  readonly steps: readonly Step[];
}

const text = readFileSync(join(ROOT, '.github/workflows/release.yml'), 'utf8');
const { permissions, jobs } = parse(text) as {
  readonly permissions: object;
  readonly jobs: Readonly<Record<string, Job>>;
};

function job(name: string): Job {
  const found = jobs[name];
  if (found === undefined) throw new Error(`there is no job ${name}`);
  return found;
}

/** The script of the step that has this in it. */
function script(name: string, part: string): string {
  const found = job(name).steps.find(({ run = '' }) => run.includes(part))?.run;
  if (found === undefined) throw new Error(`no step of ${name} has ${part}`);
  return found;
}

describe('release.yml', () => {
  it('gives each job the permissions it needs, with a reason', () => {
    expect(permissions).toEqual({});
    const lines = text.split('\n').filter((line) => /^ {6}[a-z-]+: (read|write)\b/.test(line));
    for (const line of lines) expect(line).toMatch(/: (read|write) # \w+/);
    expect(lines).toHaveLength(Object.values(jobs).flatMap(({ permissions }) => Object.keys(permissions)).length);
  });

  it('pins every action by commit, with its version', () => {
    const uses = text.split('\n').filter((line) => line.includes('uses:') && !line.includes('`uses:'));
    expect(uses.length).toBeGreaterThan(5);
    for (const line of uses) expect(line).toMatch(/uses: [\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
  });

  it('writes no expression into a script: values come by the environment', () => {
    for (const { steps } of Object.values(jobs)) for (const { run = '' } of steps) expect(run).not.toContain('${{');
  });

  it('lets only the job that can publish have the token for it, after the tests, and runs none of our code there', () => {
    const withToken = Object.entries(jobs).filter(([, { permissions }]) => 'id-token' in permissions);
    expect(withToken.map(([name]) => name)).toEqual(['publish']);
    const { steps, environment, needs } = job('publish');
    expect(environment).toBe('npm');
    expect(needs).toEqual(['find', 'tested', 'pack']);
    expect(steps.flatMap(({ uses = [] }) => uses).join()).not.toContain('checkout');
    const scripts = steps.flatMap(({ run = [] }) => run).join('\n');
    expect(scripts).not.toMatch(/npm (ci|install|run)|node /);
    expect(scripts).toContain('--provenance');
    // Trusted publishing: there is no secret that could be lost.
    expect(text).not.toMatch(/secrets\.|NODE_AUTH_TOKEN/);
  });

  it('finds what is to be done', async () => {
    const folder = repository();
    writeFileSync(join(folder, 'package.json'), '{"version":"0.2.0"}\n');
    mkdirSync(join(folder, '.changeset'));
    writeFileSync(join(folder, '.changeset/README.md'), '# Changesets\n');
    git(folder, 'add', '.');
    git(folder, 'commit', '--quiet', '-m', 'first');
    const find = async (): Promise<string> => {
      const output = join(temporaryFolder(), 'output');
      writeFileSync(output, '');
      const done = await run('bash', ['-ec', `GITHUB_OUTPUT='${output}'\n${script('find', 'next=')}`], folder);
      expect(done, done.stderr).toMatchObject({ code: 0 });
      return readFileSync(output, 'utf8');
    };
    git(folder, 'tag', 'v0.1.0');
    expect(await find()).toBe('next=publish\nversion=0.2.0\n');
    writeFileSync(join(folder, '.changeset/kind-cats-sing.md'), '---\n"srgit": minor\n---\n\nMore.\n');
    expect(await find()).toBe('next=version\nversion=0.2.0\n');
    git(folder, 'clean', '--quiet', '--force', '.changeset');
    git(folder, 'tag', 'v0.2.0');
    expect(await find()).toBe('next=nothing\nversion=0.2.0\n');
  });

  it('takes the notes of the version, and of no other', async () => {
    const folder = temporaryFolder();
    const log = ['# Changelog', '', '## 0.2.0', '', '### Minor Changes', '', '- new', '', '## 0.1.0', '', '- old', ''];
    writeFileSync(join(folder, 'CHANGELOG.md'), log.join('\n'));
    const awk =
      script('pack', 'awk')
        .split('\n')
        .find((line) => line.startsWith('awk')) ?? '';
    await run('bash', ['-ec', `VERSION=0.2.0\n${awk}`], folder);
    expect(readFileSync(join(folder, 'notes.md'), 'utf8').trim()).toBe('### Minor Changes\n\n- new');
  });

  it('moves the major tag for releases, and not for prereleases', async () => {
    const folder = temporaryFolder();
    const gh = join(folder, 'gh');
    // Answers that there is no such release, and no such tag.
    writeFileSync(gh, '#!/bin/sh\necho "$*" >> calls\ncase "$*" in *view*|*PATCH*) exit 1 ;; esac\n', { mode: 0o755 });
    mkdirSync(join(folder, 'release'));
    writeFileSync(join(folder, 'release/srgit.tgz'), '');
    const calls = async (version: string): Promise<string> => {
      writeFileSync(join(folder, 'calls'), '');
      const setting = `PATH='${folder}':$PATH GH_REPO=o/srgit GITHUB_SHA=abc VERSION=${version}`;
      const done = await run('bash', ['-ec', `export ${setting}\n${script('release', 'gh release')}`], folder);
      expect(done, done.stderr).toMatchObject({ code: 0 });
      return readFileSync(join(folder, 'calls'), 'utf8');
    };
    const released = await calls('1.4.2');
    expect(released).toContain('release create v1.4.2 release/srgit.tgz --latest --target abc');
    expect(released).toContain('PATCH repos/o/srgit/git/refs/tags/v1 -f sha=abc -F force=true');
    expect(released).toContain('POST repos/o/srgit/git/refs -f ref=refs/tags/v1 -f sha=abc');
    const pre = await calls('2.0.0-rc.1');
    expect(pre).toContain('--prerelease');
    expect(pre).not.toContain('refs/tags');
  });
});

describe('beside the workflow', () => {
  it('changesets know the branch and the package', () => {
    const config = JSON.parse(readFileSync(join(ROOT, '.changeset/config.json'), 'utf8'));
    expect(config).toMatchObject({ baseBranch: 'main', access: 'public' });
    const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
    for (const name of ['release:version', 'prepack']) expect(scripts).toHaveProperty([name]);
    const log = readFileSync(join(ROOT, 'CHANGELOG.md'), 'utf8');
    expect(log).toMatch(/^# Changelog\n\n## \d+\.\d+\.\d+\n/);
  });

  it('THIRD-PARTY-LICENCES is up to date, and every licence is on the list', async () => {
    const { code, stderr } = await run(process.execPath, ['scripts/licences.mjs', '--check'], ROOT);
    expect(stderr).toBe('');
    expect(code).toBe(0);
  });

  it('the list of components has everything that an installation has', async () => {
    const file = join(temporaryFolder(), 'bom.json');
    const { code, stderr } = await run(process.execPath, ['scripts/sbom.mjs', file], ROOT);
    expect(code, stderr).toBe(0);
    const { bomFormat, metadata, components } = JSON.parse(readFileSync(file, 'utf8'));
    expect(bomFormat).toBe('CycloneDX');
    expect(metadata.component.name).toBe('srgit');
    const names = new Set(components.map(({ name }: { readonly name: string }) => name));
    const { dependencies, devDependencies } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
    for (const name of Object.keys(dependencies)) expect(names).toContain(name);
    for (const name of ['vitest', 'typescript', 'oclif']) {
      expect(devDependencies).toHaveProperty([name]);
      expect(names).not.toContain(name);
    }
    for (const { purl, licenses } of components) {
      expect(purl).toMatch(/^pkg:npm\//);
      expect(licenses, purl).not.toEqual([]);
    }
  }, 60_000);

  it('the image is built in two stages, runs as nobody, and has neither npm nor a build argument in the last', () => {
    const lines = readFileSync(join(ROOT, 'deploy/Dockerfile'), 'utf8').replaceAll('\\\n', '').split('\n');
    const instructions = lines.filter((line) => /^[A-Z]+ /.test(line));
    const stages = instructions.flatMap((line, at) => (line.startsWith('FROM ') ? [at] : []));
    expect(stages).toHaveLength(2);
    const last = instructions.slice(stages[1]);
    expect(last.map((line) => line.split(' ')[0])).toEqual([
      'FROM',
      'RUN',
      'COPY',
      'COPY',
      'USER',
      'WORKDIR',
      'ENTRYPOINT',
    ]);
    expect(last.join('\n')).not.toMatch(/\bnpm\b/);
    expect(last).toContain('USER 1000:1000');
    for (const line of instructions.filter((line) => line.startsWith('FROM'))) expect(line).toMatch(/^FROM [\w/]+:\d+/);
  });
});
