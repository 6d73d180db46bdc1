/** Names and texts of others, as bad as they can be, in every place that the Action reads: nothing of them counts. */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { register, registryDuringTest, request } from '../support/embedded-registry.ts';
import { git, remote } from '../support/git.ts';
import { type GitHubServer, gitHubDuringTest } from './github-server.ts';
import { type BundleResult, builtBundle, runBundle } from './run-bundle.ts';

const TIMEOUT = 240_000;

beforeAll(async () => {
  await builtBundle();
}, TIMEOUT);

/** What a runner, a shell, markdown and git could take for something. Where a name may not hold it, an escape stands. */
const EXPRESSION = '$' + '{{ github.token }}';
const SUBJECTS = [
  EXPRESSION,
  'new\u2028line::error::forged',
  '::set-output name=changed::forged',
  '%0A::error::forged%0D',
  '`touch forged`$(touch forged);touch forged|touch forged',
  '"><img src=x onerror=alert(1)><script>',
  '[x](https://example.com) ![x](https://example.com/x.png) @everyone #1',
  '| a | b |',
  '<!-- srgit:0123456789abcdef0123 -->',
];
const DOC = `::error file=x::forged\n::stop-commands::x\n\`\`\`\n@everyone <script> ${EXPRESSION} ![x](https://example.com/x.png)\n</details>`;
const BRANCH = `main\`touch$IFS-forged\`;$(touch$IFS-forged)<img>@everyone${EXPRESSION.replaceAll(' ', '')}#1`;

const schema = (...more: readonly object[]) => ({
  type: 'record',
  name: 'A',
  doc: DOC,
  fields: [{ name: 'a', type: 'string', doc: DOC }, ...more],
});

/** Nothing ran, no command was forged, and markdown has no markup but the Action's own. */
function expectHarmless(workspace: string, hub: GitHubServer, results: readonly BundleResult[]): void {
  for (const folder of [workspace, join(workspace, '..')]) {
    const files = existsSync(folder) ? readdirSync(folder, { recursive: true, encoding: 'utf8' }) : [];
    expect(files.filter((file) => /(^|\/)forged/.test(file))).toEqual([]);
  }
  for (const { commands, outputs, stdout } of results) {
    for (const command of commands) {
      expect(command).toMatch(
        /^(error|warning|notice)( (title|file|line)=[^:,]*(,(title|file|line)=[^:,]*)*)?::[^\n]*$/,
      );
      expect(command).not.toMatch(/^\w+( [^:]*)?::forged/);
    }
    expect(stdout).not.toMatch(/^::(stop-commands|set-output|save-state|add-path|set-env)/m);
    expect(outputs['changed']).not.toBe('forged');
    expect(Object.keys(outputs)).not.toContain('forged');
  }
  const texts = [
    ...results.map(({ summary }) => summary),
    ...hub.comments.map(({ body }) => body.replace(/^<!-- srgit:[0-9a-f]{20} -->\n/, '')),
    ...hub.pulls.map(({ body }) => body.replace(/^<!-- srgit:[0-9a-f]{20} -->\n/, '')),
  ];
  for (const text of texts) {
    expect(text).not.toMatch(/^::/m);
    const outside = withoutCode(text);
    expect(outside).not.toMatch(/@everyone|<img|<script|<!--|!\[|\]\(https:\/\/example/);
    // Folds of its own only, all of them closed.
    expect(outside.split('<details>').length).toBe(outside.split('</details>').length);
  }
  for (const { title } of hub.pulls) expect(title).toMatch(/^schemas[^\n]{0,99}$/);
}

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

describe('subjects, texts, branches and files of others', () => {
  it(
    'execute nothing and break nothing, from export to restore',
    async () => {
      const { url } = await registryDuringTest();
      for (const subject of SUBJECTS) await register(url, subject, schema());
      const bare = remote();
      const workspace = bare.clone('work');
      writeFileSync(join(workspace, 'README.md'), 'schemas\n');
      git(workspace, 'add', '--all');
      git(workspace, 'commit', '--quiet', '--message', 'Begin');
      git(workspace, 'branch', '--quiet', '--move', BRANCH);
      git(workspace, 'push', '--quiet', 'origin', BRANCH);
      const hub = await gitHubDuringTest();
      const options = { workspace, githubUrl: hub.url };
      const exported = await runBundle({ command: 'export', url, push: 'true' }, options);
      expect([exported.code, exported.commands]).toEqual([0, []]);
      expect(git(bare.url, 'log', '-1', '--format=%(trailers)', BRANCH)).toBe('');
      const base = git(workspace, 'rev-parse', 'HEAD');

      // Drift, as a pull request for a branch of that name.
      for (const subject of SUBJECTS.slice(0, 3))
        await request(url, 'DELETE', `/subjects/${encodeURIComponent(subject)}`);
      await register(url, SUBJECTS[4] ?? '', schema({ name: 'b', type: ['null', 'string'], default: null, doc: DOC }));
      const drift = await runBundle({ command: 'verify', url }, options);
      expect(drift.code).toBe(1);
      const proposed = await runBundle({ command: 'export', url, 'open-pull-request': 'true' }, options);
      expect([proposed.code, proposed.commands]).toEqual([0, []]);
      expect(hub.pulls).toMatchObject([{ base: BRANCH }]);

      // A pull request with bad versions, and files that should not be there, of bad names.
      git(workspace, 'switch', '--quiet', '--create', 'feature');
      for (const folder of readdirSync(join(workspace, 'schemas/subjects'))) {
        const home = join(workspace, 'schemas/subjects', folder);
        writeFileSync(join(home, 'v2.avsc'), JSON.stringify(schema({ name: 'b', type: DOC })));
      }
      const odd = join(workspace, 'schemas/subjects/::error::forged,line=1`<img>');
      mkdirSync(odd);
      writeFileSync(join(odd, 'v1.avsc'), DOC);
      writeFileSync(join(odd, 'v1\n::error::forged.avsc'), '{}');
      git(workspace, 'add', '--all');
      git(workspace, 'commit', '--quiet', '--message', DOC);
      const pullRequest = { number: 1, base: { ref: BRANCH, sha: base } };
      const events = { ...options, pullRequest };
      const planned = await runBundle({ command: 'plan', url }, events);
      const fork = await runBundle({ command: 'plan' }, { ...options, pullRequest: { ...pullRequest, fork: true } });
      const checked = await runBundle({ command: 'check' }, events);
      const diffed = await runBundle({ command: 'diff' }, events);
      expect([planned.code, fork.code, checked.code]).toEqual([1, 1, 1]);
      const restored = await runBundle({ command: 'restore', url }, events);
      expect(restored.code).toBe(1);
      expectHarmless(workspace, hub, [exported, drift, proposed, planned, fork, checked, diffed, restored]);
    },
    TIMEOUT,
  );

  it(
    'are text in inputs, too',
    async () => {
      const { url } = await registryDuringTest();
      await register(url, 'orders', schema());
      const workspace = remote().clone('work');
      const hub = await gitHubDuringTest();
      const results: BundleResult[] = [];
      const tree = 'schemas`touch forged`<img>';
      const run = async (inputs: Readonly<Record<string, string>>): Promise<BundleResult> => {
        const result = await runBundle(inputs, { workspace, githubUrl: hub.url });
        results.push(result);
        return result;
      };
      const message = `Export\n\n${DOC}`;
      const exported = await run({ command: 'export', url, tree, commit: 'true', message });
      expect(exported.code).toBe(0);
      expect(git(workspace, 'log', '-1', '--format=%s')).toBe('Export');
      for (const bad of ['--upload-pack=touch forged', '$(touch forged)', `a\n::error::forged`, EXPRESSION, '-x']) {
        await run({ command: 'export', url, tree, push: 'true', remote: bad });
        await run({ command: 'export', url, tree, 'open-pull-request': 'true', 'pull-request-branch': bad });
        await run({ command: 'diff', tree, from: bad });
      }
      await run({ command: DOC });
      await run({ command: 'plan', tree, url: DOC });
      await run({ command: 'export', url, tree, subject: DOC, 'fail-on': 'never' });
      await run({ command: 'replay', from: `kbak:${DOC}`, to: 'kafka:127.0.0.1:1', 'no-map': 'true' });
      for (const { code, commands } of results.slice(1, -1)) {
        if (code !== 0) expect(commands).toHaveLength(1);
      }
      expectHarmless(workspace, hub, results);
      expect(readFileSync(join(workspace, '.git/HEAD'), 'utf8').trim()).toBe('ref: refs/heads/main');
    },
    TIMEOUT,
  );
});
