/** `config check` and `config show` as they are typed. */
// biome-ignore-all lint/suspicious/noTemplateCurlyInString: variables as the file has them
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { cliEntry, runCli, runCliJson } from '../support/cli.ts';
import { temporaryFolder } from '../support/trees.ts';

const TEST_MS = 60_000;

beforeAll(async () => {
  await cliEntry();
}, TEST_MS);

function folderWith(yaml: string): string {
  const cwd = temporaryFolder();
  writeFileSync(join(cwd, 'srgit.yaml'), yaml);
  return cwd;
}

describe('config check', { timeout: TEST_MS }, () => {
  it('ends with 2 and every mistake, or with 0', async () => {
    const cwd = folderWith('tre: x\nregistries:\n  a: { url: http://a, auth: { token: "${T}" } }\n');
    const bad = await runCli(['config', 'check'], { cwd });
    expect(bad).toMatchObject({ code: 2, stderr: '' });
    expect(bad.stdout).toBe(`✗ srgit.yaml:1:1 unknown key "tre"; did you mean "tree"?
✗ srgit.yaml:3:38 \${T} is not set
    Set the environment variable T, or give it a default: \${T:-value}.
2 mistakes in srgit.yaml.
`);
    writeFileSync(join(cwd, 'good.yaml'), 'tree: x\n');
    const good = await runCli(['config', 'check', 'good.yaml'], { cwd });
    expect(good).toMatchObject({ code: 0, stdout: 'good.yaml is good.\n', stderr: '' });
    const { code, json } = await runCliJson(['config', 'check'], { cwd, env: { T: 'hunter2' } });
    expect([code, json]).toEqual([
      2,
      {
        file: join(cwd, 'srgit.yaml'),
        form: 'srgit',
        valid: false,
        mistakes: [{ line: 1, column: 1, message: 'unknown key "tre"; did you mean "tree"?' }],
        notes: [],
      },
    ]);
  });

  it('says where there is no file', async () => {
    const { code, stderr } = await runCli(['config', 'check'], { cwd: temporaryFolder() });
    expect([code, stderr.split('\n')[0]]).toEqual([2, 'Error: there is no srgit.yaml in this folder']);
  });
});

describe('config show', { timeout: TEST_MS }, () => {
  it('shows values with where they come from, and no secret', async () => {
    const cwd = folderWith('tree: t\nregistries: { a: { url: http://a, auth: { token: "${T}" } } }\n');
    const { code, stdout, stderr } = await runCli(['config', 'show', '-s', 'x-*'], { cwd, env: { T: 'hunter2' } });
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).not.toContain('hunter2');
    expect(stdout).toMatch(/^registries\.a\.auth\.token +\*\*\* +srgit\.yaml:2:50$/m);
    expect(stdout).toMatch(/^backup\.subjects +\["x-\*"\] +--subject$/m);
    const { json } = await runCliJson(['config', 'show'], { cwd });
    expect((json as { settings: unknown[] }).settings[0]).toEqual({
      path: ['tree'],
      key: 'tree',
      value: join(cwd, 't'),
      origin: `${join(cwd, 'srgit.yaml')}:1:7`,
    });
  });
});
