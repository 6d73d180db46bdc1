import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { record, register, registryDuringTest } from '../support/embedded-registry.ts';
import { git, remote } from '../support/git.ts';
import { type FrontAuth, type SecureFront, startSecureFront } from '../support/secure-front.ts';
import { gitHubDuringTest } from './github-server.ts';
import { type BundleResult, builtBundle, runBundle } from './run-bundle.ts';

const TIMEOUT = 180_000;

beforeAll(async () => {
  await builtBundle();
}, TIMEOUT);

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

  it(
    'are in no log, summary, output, comment, pull request, plan or commit, whatever a server repeats of them',
    async () => {
      const registry = await registryDuringTest();
      await register(registry.url, 'orders-value', record('Order'));
      const user = { type: 'basic', username: 'me', password: SECRETS.password } as const;
      const oauth = { type: 'oauth', clientId: 'me', clientSecret: SECRETS.oauth } as const;
      const byUser = await front(registry.url, user);
      const byToken = await front(registry.url, { type: 'bearer', token: SECRETS.token });
      const byOauth = await front(registry.url, oauth);
      const bare = remote();
      const workspace = bare.clone('work');
      writeFileSync(join(workspace, 'srgit.yaml'), configuration(byOauth));
      git(workspace, 'add', '--all');
      git(workspace, 'commit', '--quiet', '--message', 'Begin');
      const hub = await gitHubDuringTest();
      const pullRequest = { number: 1, base: { ref: 'main', sha: git(workspace, 'rev-parse', 'HEAD') } };
      const env = { OAUTH_SECRET: SECRETS.oauth, KAFKA_PASSWORD: SECRETS.kafka, S3_SECRET: SECRETS.storage };
      const results: BundleResult[] = [];
      const run = async (wanted: number, inputs: Readonly<Record<string, string>>): Promise<void> => {
        const given = { 'github-token': SECRETS.github, comment: 'always', ...inputs };
        const result = await runBundle(given, { workspace, githubUrl: hub.url, pullRequest, env });
        const errors = result.commands.filter((one) => one.startsWith('error'));
        expect([inputs['command'], result.code, errors.length > 0]).toEqual([inputs['command'], wanted, wanted !== 0]);
        results.push(result);
      };
      const basic = { url: byUser.url, username: 'me', password: SECRETS.password, header: `X-Key: ${SECRETS.header}` };
      const inUrl = { url: byUser.url.replace('//', `//me:${encodeURIComponent(SECRETS.password)}@`) };
      const bearer = { url: byToken.url, token: SECRETS.token };
      await run(0, { command: 'export', ...basic, push: 'true' });
      await register(registry.url, 'orders-value', record('Order', 'number'));
      await run(1, { command: 'verify', ...inUrl });
      await run(0, { command: 'export', ...bearer, 'open-pull-request': 'true' });
      await run(0, { command: 'diff', registry: 'prod', to: 'registry' });
      await run(0, { command: 'plan', ...bearer, out: 'plan.json' });
      await run(0, { command: 'restore', ...bearer, plan: 'plan.json', push: 'true' });
      await run(0, { command: 'reconcile', ...basic, commit: 'true' });
      await run(0, { command: 'health', ...inUrl });
      await run(1, { command: 'health', ...inUrl, header: `Authorization: Bearer ${SECRETS.header}` });
      // Servers that say what they were given, and what is only half given.
      const wrong = { url: byToken.url, username: 'me', password: SECRETS.password };
      for (const command of ['export', 'plan']) await run(1, { command, ...wrong });
      await run(1, { command: 'verify', url: byUser.url, token: SECRETS.token });
      byOauth.failTokenRequests({ status: 400, body: { error: 'x', error_description: SECRETS.oauth } });
      await run(1, { command: 'verify', registry: 'prod' });
      await run(0, { command: 'export', ...basic, 'client-key-password': SECRETS.key });
      await run(1, {
        command: 'export',
        ...basic,
        push: 'true',
        remote: `https://me:${SECRETS.remote}@127.0.0.1:1/x.git`,
      });
      await run(1, { command: 'replay', from: 'kbak:storage', to: 'kafka:dr', 'no-map': 'true' });
      await run(1, {
        command: 'replay',
        from: `https://me:${SECRETS.remote}@host/x`,
        to: 'kafka:dr',
        'no-map': 'true',
      });
      await run(1, { command: 'topic-backup', from: 'kafka:dr', to: 'kbak:storage' });

      const texts: Record<string, string> = {
        comments: JSON.stringify(hub.comments),
        pulls: JSON.stringify(hub.pulls),
        commits: git(bare.url, 'log', '--all', '--patch', '--format=fuller'),
        'own commits': git(workspace, 'log', '--all', '--patch', '--format=fuller'),
      };
      for (const [at, { stdout, stderr, summary, outputs }] of results.entries()) {
        texts[`log ${at}`] = stdout.replaceAll(/^::add-mask::.*$/gm, '');
        texts[`stderr ${at}`] = stderr;
        texts[`summary ${at}`] = summary;
        texts[`outputs ${at}`] = JSON.stringify(outputs);
      }
      for (const file of readdirSync(workspace, { recursive: true, encoding: 'utf8' })) {
        const path = join(workspace, file);
        if (!file.startsWith('.git/objects') && statSync(path).isFile()) texts[file] = readFileSync(path, 'utf8');
      }
      expect(hub.comments.length).toBeGreaterThan(0);
      expect(Object.keys(texts)).toContain('plan.json');
      // The servers did repeat them.
      expect(results.filter(({ stdout }) => stdout.includes('***')).length).toBeGreaterThan(2);
      expect(hub.comments.map(({ body }) => body).join()).toContain('***'.replaceAll('*', '\\*'));
      for (const [name, secret] of Object.entries(SECRETS)) {
        const forms = [secret, encodeURIComponent(secret), Buffer.from(`me:${secret}`).toString('base64')];
        for (const [where, text] of Object.entries(texts)) {
          for (const form of forms)
            expect(text.includes(form), `${name} in ${where}: ${text.slice(0, 500)}`).toBe(false);
        }
      }
    },
    TIMEOUT,
  );
});

/** One of each kind; with characters that an address writes otherwise. */
const SECRETS = {
  password: 'hunter2@password/0',
  token: 'hunter2-token-0123456789',
  header: 'hunter2-header-0123456789',
  key: 'hunter2-of-the-key',
  oauth: 'hunter2-oauth-0123456789',
  github: 'ghs_of-this-run',
  kafka: 'hunter2-kafka-0123456789',
  storage: 'hunter2-storage-0123456789',
  remote: 'hunter2-remote-0123456789',
};

async function front(target: string, auth: FrontAuth): Promise<SecureFront> {
  const server = await startSecureFront({ target, auth });
  onTestFinished(() => server.close());
  return server;
}

function configuration({ url, tokenUrl }: SecureFront): string {
  const variable = (name: string): string => `"$\{${name}}"`;
  return `registries:
  prod:
    url: ${url}
    auth: { type: oauth, token_url: "${tokenUrl}", client_id: me, client_secret: ${variable('OAUTH_SECRET')} }
kafka:
  dr:
    bootstrap_servers: ["127.0.0.1:1"]
    security: { protocol: SASL_PLAINTEXT, mechanism: PLAIN, username: me, password: ${variable('KAFKA_PASSWORD')} }
    connect_timeout_seconds: 1
    request_timeout_seconds: 1
storage:
  backend: s3
  bucket: backups
  endpoint: http://127.0.0.1:1
  allow_http: true
  access_key: me
  secret_key: ${variable('S3_SECRET')}
`;
}
