/**
 * Demo: the whole story on this machine, with the commands that a user would type and the files they make. Each command
 * is a real process of this very program.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { devNull, tmpdir } from 'node:os';
import { join } from 'node:path';
import { EXIT, SrgitError, throwIfAborted } from '../errors.ts';
import { createRegistryClient } from '../registry/client.ts';

export interface DemoOptions {
  /** The entry script, run with this Node. */
  readonly cli: string;
  /** The worked tree that the package ships. */
  readonly example: string;
  readonly env: NodeJS.ProcessEnv;
  readonly say: (text: string) => void;
  readonly signal?: AbortSignal | undefined;
}

export interface DemoResult {
  /** Left for a look. */
  readonly folder: string;
  readonly commits: number;
}

/** The new version that a producer registers in the middle of the story. */
const NEW_VERSION = {
  type: 'record',
  name: 'Order',
  namespace: 'com.example.shop',
  doc: 'An order as it was placed.',
  fields: [
    {
      name: 'order_id',
      type: { type: 'string', logicalType: 'uuid' },
      doc: 'Given by the shop when the order is placed.',
    },
    { name: 'customer_id', type: 'long' },
    { name: 'total_cents', type: 'long', doc: 'In minor units of the currency.' },
    { name: 'currency', type: 'string', default: 'EUR', doc: 'ISO 4217.' },
    { name: 'ship_to', type: ['null', 'com.example.shop.Address'], default: null },
    { name: 'gift_note', type: ['null', 'string'], default: null },
  ],
};

/** The same with the last field as it is often proposed first. */
function withoutDefault({ fields, ...rest }: typeof NEW_VERSION): object {
  return { ...rest, fields: [...fields.slice(0, -1), { name: 'gift_note', type: 'string' }] };
}

export async function runDemo(options: DemoOptions): Promise<DemoResult> {
  const { say } = options;
  const stage = new Stage(
    { ...options, env: demoEnvironment(options.env) },
    mkdtempSync(join(tmpdir(), 'srgit-demo-')),
  );
  try {
    say('A registry to back up: srgit serves the example company as one (any Confluent-compatible registry will do).');
    const url = await stage.serve('serve', '--tree', options.example, '--writable', '--port', '0');

    say('\n1. Export it into git: schemas as files, ids, references, settings.');
    await stage.run('git', 'init', '--quiet', '--initial-branch=main');
    await stage.srgit('export', '--url', url, '--commit');
    say(stage.listTree());
    say('\n   A version as a person reviews it:');
    stage.show('schemas/subjects/payments-value/v1.proto');

    say('\n2. Export again: nothing changed, so no file changes and no commit is made.');
    await stage.srgit('export', '--url', url, '--commit');

    say(
      '\n3. Somebody wants a field without a default. The tree knows that consumers would break: no registry needed.',
    );
    stage.write('order.avsc', JSON.stringify(withoutDefault(NEW_VERSION)));
    await stage.srgitFailing(EXIT.differences, 'check', 'order.avsc', '--subject', 'orders-value');
    say('\n   With a default it fits:');
    stage.write('order.avsc', JSON.stringify(NEW_VERSION));
    await stage.srgit('check', 'order.avsc', '--subject', 'orders-value');

    say('\n4. A producer registers a new version of orders-value; the nightly export commits exactly that.');
    await registerVersion(url, options.signal, say);
    await stage.srgit('export', '--url', url, '--commit');
    await stage.run('git', 'log', '--oneline');
    await stage.run('git', 'show', '--stat', '--format=%B', 'HEAD');
    await stage.srgit('diff', 'HEAD~1', 'HEAD');

    say('\n5. Is the tree what the registry holds? And is it sound by itself?');
    await stage.srgit('verify', '--url', url);
    await stage.srgit('verify', '--offline');
    await stage.srgit('describe');

    say('\n6. The worst day: the registry is gone. The tree answers with the same ids.');
    const before = await ask(url, '/schemas/ids/5', options.signal);
    await stage.stopServers();
    const spare = await stage.serve('serve', '--port', '0');
    const after = await ask(spare, '/schemas/ids/5', options.signal);
    say(`   GET /schemas/ids/5 → ${after.slice(0, 120)}…`);
    if (after !== before) throw new SrgitError('SRGIT_INTERNAL', 'the tree answers otherwise than the registry did');
    say('   The same answer, byte for byte, as the registry gave.');
    await stage.stopServers();

    say('\n7. A new registry, which numbers its schemas itself: the plan, the restore, and the map of ids, in git.');
    const empty = await stage.serve('serve', '--empty', '--writable', '--port', '0');
    stage.configure('dr', empty);
    await stage.srgit('plan', '--to', 'registry:dr');
    await stage.srgit('restore', '--to', 'registry:dr', '--commit');
    stage.show('schemas/id-maps/dr.json');
    await stage.srgit('idmap', '--to', 'registry:dr', '--check');
    say('\n   Or with every id and version as it was, into another one:');
    const twin = await stage.serve('serve', '--empty', '--writable', '--port', '0');
    await stage.srgit('restore', '--url', twin, '--ids', 'force');
    await stage.srgit('verify', '--url', twin);

    const commits = Number((await stage.capture('git', ['rev-list', '--count', 'HEAD'])).trim());
    say(`\nDone. Look around: cd ${stage.folder}`);
    return { folder: stage.folder, commits };
  } finally {
    await stage.stopServers();
  }
}

async function registerVersion(url: string, signal: AbortSignal | undefined, say: DemoOptions['say']): Promise<void> {
  const client = createRegistryClient({ urls: [url] });
  try {
    const answer = await client.send('POST', '/subjects/orders-value/versions', {
      body: {
        schema: JSON.stringify(NEW_VERSION),
        references: [{ name: 'com.example.shop.Address', subject: 'common-address-value', version: 1 }],
      },
      signal,
    });
    const { id, version } = answer.body as { id: number; version: number };
    say(`   POST /subjects/orders-value/versions → version ${version}, id ${id}`);
  } finally {
    await client.close();
  }
}

async function ask(url: string, path: string, signal: AbortSignal | undefined): Promise<string> {
  const client = createRegistryClient({ urls: [url] });
  try {
    return JSON.stringify((await client.get(path, { signal })).body);
  } finally {
    await client.close();
  }
}

/**
 * The environment without what would lead the story elsewhere: the user's own tree, registry and repository, a proxy,
 * and git settings such as signed commits.
 */
function demoEnvironment(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const own = Object.entries(env).filter(([name]) => !/^(SRGIT_|GIT_|(https?|no)_proxy$)/i.test(name));
  return { ...Object.fromEntries(own), GIT_CONFIG_GLOBAL: devNull, GIT_CONFIG_SYSTEM: devNull };
}

/** The folder of the story and the processes that play in it. */
class Stage {
  readonly folder: string;
  readonly #options: DemoOptions;
  readonly #servers: ChildProcess[] = [];

  constructor(options: DemoOptions, folder: string) {
    this.#options = options;
    this.folder = folder;
  }

  async srgit(...args: readonly string[]): Promise<void> {
    this.#options.say(`\n   $ srgit ${args.join(' ')}`);
    const author = args.includes('--commit')
      ? ['--author-name', 'srgit demo', '--author-email', 'demo@example.com']
      : [];
    this.#print(await this.capture(process.execPath, [this.#options.cli, ...args, ...author]));
  }

  /** A command that has to end with another exit code than 0. */
  async srgitFailing(exitCode: number, ...args: readonly string[]): Promise<void> {
    this.#options.say(`\n   $ srgit ${args.join(' ')}`);
    this.#print(await this.capture(process.execPath, [this.#options.cli, ...args], exitCode));
    this.#options.say(`   (exit code ${exitCode})`);
  }

  /** A registry under a name, as a user's srgit.yaml has it. */
  configure(name: string, url: string): void {
    this.write('srgit.yaml', `registries:\n  ${name}:\n    url: ${url}\n`);
    this.#options.say('\n   srgit.yaml:');
    this.show('srgit.yaml');
  }

  write(file: string, text: string): void {
    writeFileSync(join(this.folder, file), text);
  }

  async run(program: string, ...args: readonly string[]): Promise<void> {
    this.#options.say(`\n   $ ${[program, ...args].join(' ')}`);
    this.#print(await this.capture(program, args));
  }

  /** Starts `srgit serve` and waits for its address. */
  async serve(...args: readonly string[]): Promise<string> {
    this.#options.say(`\n   $ srgit ${args.join(' ')}`);
    const server = spawn(process.execPath, [this.#options.cli, ...args], {
      cwd: this.folder,
      env: this.#options.env,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    this.#servers.push(server);
    const line = await new Promise<string>((resolve, reject) => {
      let text = '';
      server.stdout.on('data', (data: Buffer) => {
        text += data.toString();
        if (text.includes('\n')) resolve(text);
      });
      server.once('exit', (code) =>
        reject(new SrgitError('SRGIT_SERVER_START', `srgit serve ended with exit code ${code}`)),
      );
    });
    this.#print(line);
    const url = /http:\/\/\S+/.exec(line)?.[0];
    if (url === undefined) throw new SrgitError('SRGIT_SERVER_START', `srgit serve told no address: ${line.trim()}`);
    return url;
  }

  async stopServers(): Promise<void> {
    for (const server of this.#servers.splice(0)) {
      if (server.exitCode !== null) continue;
      const ended = new Promise((resolve) => server.once('exit', resolve));
      server.kill();
      await ended;
    }
  }

  /** Standard output of a program that must end so. */
  async capture(program: string, args: readonly string[], exitCode = 0): Promise<string> {
    throwIfAborted(this.#options.signal);
    const child = spawn(program, [...args], {
      cwd: this.folder,
      env: this.#options.env,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let out = '';
    child.stdout.on('data', (data: Buffer) => {
      out += data.toString();
    });
    const code = await new Promise<number | null>((resolve, reject) => {
      child.once('error', (cause) =>
        reject(
          new SrgitError('SRGIT_GIT_FAILED', `${program} cannot be started`, { hint: `Install ${program}.`, cause }),
        ),
      );
      child.once('close', resolve);
    });
    if (code === exitCode) return out;
    throw new SrgitError('SRGIT_INTERNAL', `${program} ended with exit code ${code}`, { hint: out.trim().slice(-300) });
  }

  show(file: string): void {
    this.#print(readFileSync(join(this.folder, file), 'utf8'));
  }

  listTree(): string {
    const files = readdirSync(join(this.folder, 'schemas'), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name).slice(this.folder.length + 1))
      .sort();
    return files.map((file) => `   ${file}`).join('\n');
  }

  #print(text: string): void {
    const lines = text.trimEnd();
    if (lines !== '')
      this.#options.say(
        lines
          .split('\n')
          .map((line) => `   ${line}`)
          .join('\n'),
      );
  }
}
