import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { register, registryDuringTest, request } from '../support/embedded-registry.ts';
import { git, remote } from '../support/git.ts';
import { gitHubDuringTest } from './github-server.ts';
import { builtBundle, runBundle } from './run-bundle.ts';

const TIMEOUT = 180_000;

beforeAll(async () => {
  await builtBundle();
}, TIMEOUT);

/** What a name or a text of a schema may try on a runner, on markdown, and on a shell. */
const SUBJECTS = [
  '::error::forged',
  '::set-output name=changed::forged',
  '$(touch forged)`touch forged`;touch forged',
  '@everyone ![x](https://example.com/x.png) <img src=x>',
  '</details>```\u2028::add-mask::a',
  '--upload-pack=touch forged',
];

const EVIL = '::error file=x::forged\n::stop-commands::x @everyone <script>';

describe('names and texts of others', () => {
  it(
    'are no commands of the runner, no markup, no mentions and no arguments of programs',
    async () => {
      const { url } = await registryDuringTest();
      const evil = { type: 'record', name: 'A', doc: EVIL, fields: [{ name: 'a', type: 'string', doc: EVIL }] };
      for (const subject of SUBJECTS) await register(url, subject, evil);
      const bare = remote();
      const workspace = bare.clone('work');
      const hub = await gitHubDuringTest();
      const exported = await runBundle({ command: 'export', url, push: 'true' }, { workspace });
      expect([exported.code, exported.commands, exported.outputs['changed']]).toEqual([0, [], 'true']);

      await request(url, 'DELETE', `/subjects/${encodeURIComponent(SUBJECTS[0] ?? '')}`);
      const proposed = await runBundle(
        { command: 'export', url, 'open-pull-request': 'true' },
        { workspace, githubUrl: hub.url },
      );
      expect([proposed.code, proposed.commands]).toEqual([0, []]);
      const pullRequest = { number: 1, base: { ref: 'main', sha: git(workspace, 'rev-parse', 'HEAD') } };
      for (const { folder } of manifestOf(workspace)) {
        const changed = { ...evil, fields: [...evil.fields, { name: `b${EVIL}`.slice(0, 1), type: EVIL }] };
        writeFileSync(join(workspace, 'schemas', folder, 'v2.avsc'), JSON.stringify(changed));
      }
      const planned = await runBundle({ command: 'plan', url }, { workspace, githubUrl: hub.url, pullRequest });
      expect(planned.code).toBe(1);
      const commands = planned.commands.filter((command) => !command.startsWith('error '));
      expect(commands).toEqual([expect.stringMatching(/^error::\d+ problems: nothing would be written$/)]);
      for (const command of planned.commands)
        expect(command).toMatch(/^error(::| title=[^:]*,file=schemas\/[^:]*,line=\d+::)/);
      expect(planned.outputs['changed']).not.toBe('forged');

      const texts = [
        planned.summary,
        exported.summary,
        ...hub.comments.map(({ body }) => body),
        ...hub.pulls.map(({ body }) => body),
      ];
      for (const text of texts) {
        const outside = withoutCode(text);
        expect(outside).not.toMatch(/@everyone|<img|<script|!\[x\]/);
        expect(text).not.toMatch(/^::/m);
      }
      const made = readdirSync(workspace, { recursive: true, encoding: 'utf8' });
      expect(made.filter((file) => /(^|\/)forged$/.test(file))).toEqual([]);
    },
    TIMEOUT,
  );
});

/** Markdown without code, where nothing counts, and without what a backslash takes the meaning from. */
function withoutCode(markdown: string): string {
  const text = markdown.replace(/^(`{3,}).*\n[\s\S]*?^\1$/gm, '');
  let kept = '';
  for (let at = 0; at < text.length; at++) {
    if (text[at] === '\\') {
      at++;
      continue;
    }
    const [run = ''] = /^`*/.exec(text.slice(at)) ?? [];
    const rest = text.slice(at + run.length);
    const end = run === '' ? -1 : rest.search(new RegExp(`(?<!\`)\`{${run.length}}(?!\`)`));
    if (end < 0) kept += text[at];
    else at += run.length + end + run.length - 1;
  }
  return kept;
}

function manifestOf(workspace: string): readonly { readonly folder: string }[] {
  const files = git(workspace, 'ls-files', '-z', 'schemas').split('\0');
  return files
    .filter((file) => file.endsWith('/v1.avsc'))
    .map((file) => ({ folder: file.slice('schemas/'.length, -'/v1.avsc'.length) }));
}

describe('secrets', () => {
  it(
    'are told to the runner before anything else is said, and not to git',
    async () => {
      const { url } = await registryDuringTest();
      const workspace = remote().clone('work');
      // A hook sees what git was started with.
      writeFileSync(join(workspace, '.git/hooks/pre-commit'), `#!/bin/sh\nenv > "${workspace}/.git/seen"\n`, {
        mode: 0o755,
      });
      await register(url, 'a', { type: 'record', name: 'A', fields: [] });
      const inputs = { command: 'export', url, commit: 'true', username: 'me', password: 'hunter2-of-the-input' };
      const env = { REGISTRY_KEY: 'hunter2-of-the-file' };
      writeFileSync(
        join(workspace, 'srgit.yaml'),
        `registries: { prod: { url: "http://127.0.0.1:1", headers: { X-Key: "$\{REGISTRY_KEY}" } } }\n`,
      );
      const exported = await runBundle(inputs, { workspace, env });
      expect(exported.code).toBe(0);
      expect(exported.masks).toEqual([
        'hunter2-of-the-input',
        Buffer.from('me:hunter2-of-the-input').toString('base64'),
      ]);
      expect(exported.stdout.startsWith('::add-mask::hunter2-of-the-input\n')).toBe(true);
      expect(readFileSync(join(workspace, '.git/seen'), 'utf8')).not.toContain('hunter2-of-the-input');

      const failed = await runBundle({ command: 'export', registry: 'prod' }, { workspace, env });
      expect([failed.code, failed.masks]).toEqual([1, ['hunter2-of-the-file']]);
      expect(failed.stdout.replace('::add-mask::hunter2-of-the-file', '')).not.toContain('hunter2');
    },
    TIMEOUT,
  );
});
