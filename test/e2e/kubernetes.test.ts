/** The manifests of deploy/kubernetes: valid by Kubernetes' own schemas, hardened, complete; and their commands do what they say. */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { Deployment } from 'kubernetes-models/apps/v1';
import { CronJob, Job } from 'kubernetes-models/batch/v1';
import { Secret, Service, ServiceAccount } from 'kubernetes-models/v1';
import { beforeAll, describe, expect, it } from 'vitest';
import { parse, parseAllDocuments, stringify } from 'yaml';
import { parseShard } from '../../src/app/records/lanes.ts';
import { writeTopicRecords } from '../../src/app/topic/write-topic-records.ts';
import { openKafka } from '../../src/kafka/open-kafka.ts';
import { CLI_ENV, cliEntry } from '../support/cli.ts';
import { record, register, registryDuringTest } from '../support/embedded-registry.ts';
import { git, remote } from '../support/git.ts';
import { sharedKafka } from '../support/kafka-broker-shared.ts';
import { findDeadPort } from '../support/loopback-server.ts';
import { temporaryFolder } from '../support/trees.ts';

const DEPLOY = join(import.meta.dirname, '../../deploy');
const FOLDERS = ['base', 'replay'] as const;
const START_MS = 300_000;
const TEST_MS = 120_000;

type Folder = (typeof FOLDERS)[number];

interface EnvEntry {
  readonly name: string;
  readonly value?: string;
  readonly valueFrom?: { readonly secretKeyRef: { readonly name: string; readonly key: string } };
}

interface Container {
  readonly name: string;
  readonly image: string;
  readonly command: readonly string[];
  readonly args: readonly string[];
  readonly env: readonly EnvEntry[];
  readonly envFrom?: unknown;
  readonly resources: { readonly requests: object; readonly limits: { readonly memory: string } };
  readonly securityContext: object;
  readonly volumeMounts: readonly { readonly name: string; readonly mountPath: string }[];
  readonly readinessProbe?: { readonly httpGet: { readonly path: string } };
  readonly livenessProbe?: { readonly httpGet: { readonly path: string } };
}

interface PodSpec {
  readonly serviceAccountName: string;
  readonly automountServiceAccountToken: boolean;
  readonly securityContext: object;
  readonly initContainers?: readonly Container[];
  readonly containers: readonly Container[];
  readonly volumes: readonly {
    readonly name: string;
    readonly configMap?: { readonly name: string };
    readonly secret?: { readonly secretName: string };
  }[];
}

interface Template {
  readonly metadata: { readonly labels: object };
  readonly spec: PodSpec;
}

interface Manifest {
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly stringData?: Readonly<Record<string, string>>;
  readonly spec?: {
    readonly template?: Template;
    readonly jobTemplate?: { readonly spec: { readonly template: Template } };
    readonly selector?: unknown;
    readonly completions?: number;
    readonly parallelism?: number;
    readonly ports?: readonly { readonly targetPort: string }[];
  };
}

interface Kustomization {
  readonly resources: readonly string[];
  readonly configMapGenerator: readonly { readonly name: string; readonly files: readonly string[] }[];
  readonly images: readonly { readonly name: string }[];
}

const MODELS: Readonly<Record<string, new (data?: never) => { validate(): void }>> = {
  CronJob,
  Deployment,
  Job,
  Secret,
  Service,
  ServiceAccount,
};

beforeAll(async () => {
  await cliEntry();
}, START_MS);

function read(folder: Folder, file: string): readonly Manifest[] {
  const text = readFileSync(join(DEPLOY, 'kubernetes', folder, file), 'utf8');
  return parseAllDocuments(text).map((document) => {
    expect(document.errors, file).toEqual([]);
    return document.toJS() as Manifest;
  });
}

function kustomization(folder: Folder): Kustomization {
  return parse(readFileSync(join(DEPLOY, 'kubernetes', folder, 'kustomization.yaml'), 'utf8'));
}

function manifests(folder: Folder): readonly Manifest[] {
  return kustomization(folder).resources.flatMap((file) => read(folder, file));
}

function podOf({ spec }: Manifest): PodSpec | undefined {
  return (spec?.template ?? spec?.jobTemplate?.spec.template)?.spec;
}

function containersOf(pod: PodSpec): readonly Container[] {
  return [...(pod.initContainers ?? []), ...pod.containers];
}

function container(folder: Folder, name: string): Container {
  const found = manifests(folder)
    .flatMap((manifest) => podOf(manifest) ?? [])
    .flatMap(containersOf)
    .find((one) => one.name === name);
  if (found === undefined) throw new Error(`no container ${name}`);
  return found;
}

const SECRETS = new Map(
  read('base', 'secret.example.yaml').map(({ metadata, stringData }) => [metadata.name, stringData ?? {}]),
);

interface KnownNames {
  readonly accounts: readonly string[];
  readonly configMaps: readonly string[];
  readonly images: readonly string[];
}

function expectNothingMissing(pod: PodSpec, { accounts, configMaps, images }: KnownNames): void {
  expect(accounts).toContain(pod.serviceAccountName);
  for (const { configMap, secret } of pod.volumes) {
    if (configMap !== undefined) expect(configMaps).toContain(configMap.name);
    if (secret !== undefined) expect([...SECRETS.keys()]).toContain(secret.secretName);
  }
  const volumes = pod.volumes.map(({ name }) => name);
  for (const { image, env, volumeMounts } of containersOf(pod)) {
    expect(images).toContain(image);
    for (const mount of volumeMounts) expect(volumes).toContain(mount.name);
    for (const { name, valueFrom } of env) {
      if (valueFrom === undefined) continue;
      const { name: secret, key } = valueFrom.secretKeyRef;
      expect(Object.keys(SECRETS.get(secret) ?? {}), name).toContain(key);
    }
  }
}

describe('the manifests', () => {
  it.each(FOLDERS)('of %s are valid, and nothing that they name is missing', (folder) => {
    const { resources, configMapGenerator, images } = kustomization(folder);
    const files = readdirSync(join(DEPLOY, 'kubernetes', folder));
    const listed = [...resources, ...configMapGenerator.flatMap((generator) => generator.files)];
    // Every file is used, but for the example of a Secret.
    expect([...listed, 'kustomization.yaml'].sort()).toEqual(
      files.filter((file) => file !== 'secret.example.yaml').sort(),
    );
    const all = [...manifests(folder), ...(folder === 'base' ? read('base', 'secret.example.yaml') : [])];
    for (const manifest of all) {
      const Model = MODELS[manifest.kind];
      if (Model === undefined) throw new Error(`no model of ${manifest.kind}`);
      expect(() => new Model(manifest as never).validate(), manifest.metadata.name).not.toThrow();
    }
    const known = {
      accounts: all.flatMap(({ kind, metadata }) => (kind === 'ServiceAccount' ? [metadata.name] : [])),
      configMaps: configMapGenerator.map(({ name }) => name),
      images: images.map(({ name }) => name),
    };
    for (const pod of all.flatMap((manifest) => podOf(manifest) ?? [])) expectNothingMissing(pod, known);
  });

  it('would not pass with a mistake in them', () => {
    const [job] = read('base', 'export-cronjob.yaml');
    const broken = structuredClone(job) as unknown as { spec: { schedule?: unknown; jobTemplate: { spec: unknown } } };
    broken.spec.jobTemplate.spec = { template: { spec: { containers: [{ image: 'srgit' }] } } };
    expect(() => new CronJob(broken as never).validate()).toThrow();
  });

  it.each(FOLDERS)('of %s run as nobody, write to their volumes only, and have bounds', (folder) => {
    const pods = manifests(folder).flatMap((manifest) => podOf(manifest) ?? []);
    expect(pods.length).toBeGreaterThan(0);
    for (const pod of pods) {
      expect(pod.automountServiceAccountToken).toBe(false);
      expect(pod.securityContext).toMatchObject({
        runAsNonRoot: true,
        runAsUser: 1000,
        seccompProfile: { type: 'RuntimeDefault' },
      });
      for (const one of containersOf(pod)) {
        expect(one.securityContext).toEqual({
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          capabilities: { drop: ['ALL'] },
        });
        expect(one.resources).toMatchObject({
          requests: { cpu: expect.any(String), memory: expect.any(String) },
          limits: { memory: expect.any(String) },
        });
        // A container is given the secrets that it needs by name.
        expect(one.envFrom).toBeUndefined();
      }
    }
    expect(readFileSync(join(DEPLOY, 'Dockerfile'), 'utf8')).toMatch(/^USER 1000:1000$/m);
  });

  it('are found by the service, which has the port of the server', () => {
    const all = manifests('base');
    const deployment = all.find(({ kind }) => kind === 'Deployment');
    const service = all.find(({ kind }) => kind === 'Service');
    expect(deployment?.spec?.selector).toEqual({ matchLabels: service?.spec?.selector });
    expect(deployment?.spec?.template?.metadata.labels).toEqual(service?.spec?.selector);
    expect(service?.spec?.ports?.map(({ targetPort }) => targetPort)).toEqual(['http']);
  });
});

interface Stage {
  readonly home: string;
  readonly env: Readonly<Record<string, string>>;
}

/** What a pod has: a home, secrets, the configuration with addresses of here, and `srgit` on its path. */
async function stage(folder: Folder, url: string, changes: object, program?: string): Promise<Stage> {
  const home = temporaryFolder();
  const bin = join(home, 'bin');
  mkdirSync(bin);
  const srgit = program ?? `exec '${process.execPath}' '${await cliEntry()}' "$@"`;
  writeFileSync(join(bin, 'srgit'), `#!/bin/sh\n${srgit}\n`);
  chmodSync(join(bin, 'srgit'), 0o755);
  const config = parse(readFileSync(join(DEPLOY, 'kubernetes', folder, 'srgit.yaml'), 'utf8'));
  writeFileSync(join(home, 'srgit.yaml'), stringify({ ...config, ...changes }));
  writeFileSync(join(home, 'credential'), SECRETS.get('srgit-git')?.['credential'] ?? '');
  const clean = Object.fromEntries(Object.entries(CLI_ENV).filter(([name]) => !name.startsWith('GIT_')));
  const here = {
    HOME: home,
    SRGIT_WORK: home,
    GIT_URL: url,
    GIT_CREDENTIAL: join(home, 'credential'),
    SRGIT_CONFIG: join(home, 'srgit.yaml'),
    GIT_CONFIG_SYSTEM: '/dev/null',
    PATH: [bin, CLI_ENV['PATH']].join(delimiter),
  };
  return { home, env: { ...clean, ...here } };
}

/** With the variables that the manifest gives, and no others. */
function envOf({ env }: Container, here: Stage['env']): Record<string, string> {
  const given = env.map(({ name, value, valueFrom }) => {
    const secret = SECRETS.get(valueFrom?.secretKeyRef.name ?? '')?.[valueFrom?.secretKeyRef.key ?? ''];
    return [name, here[name] ?? value ?? secret ?? ''] as const;
  });
  const usual = ['PATH', 'GIT_CONFIG_SYSTEM', 'JOB_COMPLETION_INDEX'].flatMap((name) =>
    here[name] === undefined ? [] : [[name, here[name]] as const],
  );
  return Object.fromEntries([...usual, ...given]);
}

function run(one: Container, { env, home }: Stage): Promise<{ stdout: string; stderr: string }> {
  const [program = '', ...flags] = one.command;
  return promisify(execFile)(program, [...flags, ...one.args], { cwd: home, env: envOf(one, env), encoding: 'utf8' });
}

const AUTH = { type: 'basic', username: `\${SR_USERNAME}`, password: `\${SR_PASSWORD}` };

describe('the commands', { timeout: TEST_MS }, () => {
  it('export, push, and serve what was pushed to users alone', async () => {
    const registry = await registryDuringTest();
    await register(registry.url, 'orders-value', record('Order'));
    const shared = remote();
    const first = shared.clone('first');
    git(first, 'commit', '--quiet', '--allow-empty', '-m', 'first');
    git(first, 'push', '--quiet', 'origin', 'main');
    const registries = { prod: { url: [registry.url], auth: AUTH } };
    const here = await stage('base', shared.url, { registries });
    const job = container('base', 'export');
    const exported = await run(job, here);
    expect(exported.stderr.replace(/^Warning:.*\n/gm, '')).toBe('');
    expect(git(first, 'ls-remote', 'origin', 'main')).not.toContain(git(first, 'rev-parse', 'HEAD'));
    const credential = promisify(execFile)('git', ['credential', 'fill'], { env: envOf(job, here.env) });
    credential.child.stdin?.end('protocol=https\nhost=git.example.com\n\n');
    expect((await credential).stdout).toContain('password=change-me');
    // Another night, and the same volume again.
    await register(registry.url, 'payments-value', record('Payment'));
    await run(job, here);

    const there = await stage('base', shared.url, {});
    await run(container('base', 'clone'), there);
    writeFileSync(join(there.home, 'users'), SECRETS.get('srgit-serve')?.['users'] ?? '', { mode: 0o400 });
    const server = container('base', 'serve');
    const port = await findDeadPort();
    const [text = ''] = server.args;
    expect(text).toContain('--host 0.0.0.0 --port 8081');
    const args = text
      .replace('--host 0.0.0.0 --port 8081', `--host 127.0.0.1 --port ${port}`)
      .replace('/secrets/serve/users', join(there.home, 'users'));
    const child = spawn('sh', ['-euc', args], { cwd: there.home, env: envOf(server, there.env) });
    const ended = once(child, 'exit');
    try {
      const base = `http://127.0.0.1:${port}`;
      for (const probe of [server.readinessProbe, server.livenessProbe]) {
        const path = probe?.httpGet.path ?? '';
        await expect.poll(() => statusOf(base + path), { timeout: 60_000, interval: 200 }).toBe(200);
      }
      expect(await statusOf(`${base}/subjects`)).toBe(401);
      const headers = { authorization: `Basic ${Buffer.from('reader:change-me').toString('base64')}` };
      const answer = await fetch(`${base}/subjects`, { headers });
      expect(await answer.json()).toEqual(['orders-value', 'payments-value']);
    } finally {
      // `exec` in the manifest: the signal reaches srgit itself.
      child.kill('SIGTERM');
    }
    expect(await ended).toEqual([0, null]);
  });

  it('back the topic up to storage', async () => {
    const { bootstrap } = await sharedKafka();
    const kafka = { prod: { bootstrap_servers: [bootstrap] } };
    const storage = { backend: 'filesystem', path: join(temporaryFolder(), 'backups') };
    const here = await stage('base', '', { kafka, storage });
    const client = await openKafka({ bootstrapServers: [bootstrap], client: 'platformatic' });
    try {
      const [found] = await client.admin.topics(['_schemas']);
      const config = { 'cleanup.policy': 'compact' };
      if (found === undefined) await client.admin.createTopic({ name: '_schemas', partitionCount: 1, config });
      const noop = { key: Buffer.from('{"keytype":"NOOP","magic":0}'), value: Buffer.alloc(0) };
      await writeTopicRecords({ client, topic: '_schemas', records: [noop], now: Date.now });
    } finally {
      await client.close();
    }
    const { stdout } = await run(container('base', 'topic-backup'), here);
    expect(stdout).toMatch(/^Backed up \d+ records? of topic _schemas/);
    expect((await run(container('base', 'topic-backup'), here)).stdout).toContain('Up to date');
  });

  it('replay each share once', async () => {
    const shared = remote();
    const first = shared.clone('first');
    git(first, 'commit', '--quiet', '--allow-empty', '-m', 'first');
    git(first, 'push', '--quiet', 'origin', 'main');
    const job = container('replay', 'replay');
    const [manifest] = read('replay', 'replay-job.yaml');
    const completions = manifest?.spec?.completions ?? 0;
    expect(manifest?.spec?.parallelism).toBe(completions);
    const shards = [];
    for (let index = 0; index < completions; index++) {
      const here = await stage('replay', shared.url, {}, `printf '%s\\n' "$@"`);
      const { stdout } = await run(job, { ...here, env: { ...here.env, JOB_COMPLETION_INDEX: `${index}` } });
      const words = stdout.split('\n');
      shards.push(parseShard(words[words.indexOf('--shard') + 1] ?? ''));
    }
    expect(shards).toEqual(Array.from({ length: completions }, (_, index) => ({ number: index + 1, of: completions })));

    // The real command takes these arguments, and fails for want of what a restore leaves in git only.
    const storage = { backend: 'filesystem', path: join(temporaryFolder(), 'none') };
    const here = await stage('replay', shared.url, { storage });
    await expect(run(job, { ...here, env: { ...here.env, JOB_COMPLETION_INDEX: '0' } })).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringContaining('there is no id map of dr'),
    });
  });
});

async function statusOf(url: string): Promise<number> {
  return fetch(url).then(
    (answer) => answer.status,
    () => 0,
  );
}
