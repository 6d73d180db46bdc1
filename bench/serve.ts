/**
 * `srgit serve` of a large tree: processor time until it answers, then look-ups by id against Apicurio Registry with the
 * same schemas, in turns in one run. Linux only: processor time and memory are read from /proc.
 *
 * Usage: node bench/serve.ts [subjects] [versions] [bytes] [rounds] [requests a round]
 * Needs what the tests need for Apicurio (Maven, Java 21). SRGIT_BENCH_CLI names another bin/run.js, SRGIT_BENCH_PEER=no
 * leaves Apicurio out.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Pool } from 'undici';
import type { RegistrySnapshot } from '../src/model/registry-snapshot.ts';
import { applyWritePlan } from '../src/tree/apply-write.ts';
import { planTreeWrite } from '../src/tree/plan-write.ts';
import { readTreeIndex } from '../src/tree/read-index.ts';
import { startRealRegistry } from '../test/support/real-registries.ts';
import { syntheticSnapshot } from './synthetic-registry.ts';

const [subjects = 10_000, versions = 3, bytes = 2000, rounds = 5, requests = 20_000] = process.argv
  .slice(2)
  .map(Number);
const cli = process.env['SRGIT_BENCH_CLI'] ?? join(import.meta.dirname, '../bin/run.js');
const STARTS = 5;
const CLOCK_TICKS_PER_SECOND = 100;
const FILL_MS = 60_000;
const PEER_LIMIT = 10_000;

interface Server {
  readonly name: string;
  readonly url: string;
  readonly pid: number;
  /** Ids that it knows. */
  readonly ids: readonly number[];
  stop(): Promise<void> | void;
}

async function writeTree(folder: string, snapshot: RegistrySnapshot): Promise<void> {
  const plan = await planTreeWrite(await readTreeIndex(folder), snapshot, {
    covers: () => true,
    retiresIds: true,
    includeSensitive: false,
    now: '2026-01-02T03:04:05Z',
  });
  await applyWritePlan(folder, plan);
}

/** User and system time of a process so far, in seconds. */
function processorSeconds(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /s, '')
    .split(' ');
  return (Number(fields[11]) + Number(fields[12])) / CLOCK_TICKS_PER_SECOND;
}

function residentMiB(pid: number): number {
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1024;
}

function childrenOf(parent: number): number[] {
  return readdirSync('/proc').flatMap((name) => {
    if (!/^\d+$/.test(name)) return [];
    try {
      const stat = readFileSync(`/proc/${name}/stat`, 'utf8')
        .replace(/^.*\) /s, '')
        .split(' ');
      return Number(stat[1]) === parent ? [Number(name)] : [];
    } catch {
      return [];
    }
  });
}

interface Start {
  readonly url: string;
  readonly wall: number;
  readonly processor: number;
  readonly resident: number;
  readonly child: ChildProcess & { readonly pid: number };
}

async function startServe(folder: string): Promise<Start> {
  const begin = performance.now();
  const child = spawn(process.execPath, [cli, 'serve', '--tree', folder, '--port', '0'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const url = await new Promise<string>((resolve, reject) => {
    let said = '';
    child.stdout.on('data', (data: Buffer) => {
      said += String(data);
      const found = /http:\/\/[^\s,]+/.exec(said)?.[0];
      if (found !== undefined) resolve(found);
    });
    child.once('exit', (code) => reject(new Error(`serve ended with ${code}`)));
  });
  await (await fetch(`${url}/schemas/ids/1`)).text();
  const { pid } = child;
  if (pid === undefined) throw new Error('serve has no process id');
  const wall = (performance.now() - begin) / 1000;
  return {
    url,
    wall,
    processor: processorSeconds(pid),
    resident: residentMiB(pid),
    child: Object.assign(child, { pid }),
  };
}

/**
 * As many of the schemas as it takes in a minute: with 512 MiB of heap, as the tests start it, it does not hold 30,000
 * of them. That fewer are in it is to its advantage.
 */
async function startPeer(snapshot: RegistrySnapshot): Promise<Server> {
  const before = new Set(childrenOf(process.pid));
  const server = await startRealRegistry('apicurio-3');
  const pid = childrenOf(process.pid).find((child) => !before.has(child));
  if (pid === undefined) throw new Error('the process of Apicurio was not found');
  const { origin, pathname } = new URL(server.url);
  const pool = new Pool(origin, { connections: 8 });
  const queue = snapshot.contexts.flatMap((context) =>
    context.subjects.flatMap(({ name, versions: rows }) => rows.map(({ schema }) => ({ name, schema }))),
  );
  const ids: number[] = [];
  const begin = performance.now();
  const work = async (share: number): Promise<void> => {
    // One subject's versions stay with one worker, in their order.
    for (const { name, schema } of queue.filter((_, at) => Math.floor(at / versions) % 8 === share)) {
      if (performance.now() - begin > FILL_MS || ids.length >= PEER_LIMIT) return;
      const { body } = await pool.request({
        method: 'POST',
        path: `${pathname}/subjects/${encodeURIComponent(name)}/versions`,
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ schema }),
      });
      const { id } = (await body.json()) as { id?: number };
      if (id !== undefined) ids.push(id);
    }
  };
  await Promise.all(Array.from({ length: 8 }, (_, share) => work(share)));
  await pool.close();
  console.log(`Apicurio took ${ids.length} schemas in ${((performance.now() - begin) / 1000).toFixed(0)} s`);
  return { name: 'Apicurio 3.3.3', url: server.url, pid, ids, stop: () => server.stop() };
}

interface Load {
  readonly perSecond: number;
  readonly p50: number;
  readonly p99: number;
}

/** Look-ups by id, so many at once; latencies in milliseconds. */
async function load(server: Server, count: number, atOnce: number): Promise<Load> {
  const { origin, pathname } = new URL(server.url);
  const base = pathname === '/' ? '' : pathname;
  const pool = new Pool(origin, { connections: atOnce, pipelining: 1 });
  const latencies: number[] = [];
  let sent = 0;
  const begin = performance.now();
  await Promise.all(
    Array.from({ length: atOnce }, async () => {
      while (sent < count) {
        const id = server.ids[(sent++ * 7919) % server.ids.length];
        const start = performance.now();
        const { statusCode, body } = await pool.request({ method: 'GET', path: `${base}/schemas/ids/${id}` });
        await body.arrayBuffer();
        if (statusCode !== 200) throw new Error(`${server.name} answered ${statusCode} for id ${id}`);
        latencies.push(performance.now() - start);
      }
    }),
  );
  const seconds = (performance.now() - begin) / 1000;
  await pool.close();
  latencies.sort((a, b) => a - b);
  const at = (share: number): number => latencies[Math.floor(latencies.length * share)] ?? Number.NaN;
  return { perSecond: latencies.length / seconds, p50: at(0.5), p99: at(0.99) };
}

const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;

const folder = mkdtempSync(join(tmpdir(), 'srgit-bench-serve-'));
const servers: Server[] = [];
try {
  const snapshot = syntheticSnapshot({ subjects, versions, bytes });
  const tree = join(folder, 'schemas');
  await writeTree(tree, snapshot);
  console.log(
    `${subjects} subjects x ${versions} versions of about ${bytes} bytes, medians of ${STARTS} starts and ${rounds} rounds`,
  );
  const starts: Start[] = [];
  for (let i = 0; i < STARTS; i++) {
    starts.at(-1)?.child.kill();
    starts.push(await startServe(tree));
  }
  const processor = median(starts.map((start) => start.processor));
  console.log(
    `serve: until it answers ${processor.toFixed(2)} s of processor time, ${median(starts.map(({ wall }) => wall)).toFixed(2)} s wall, ` +
      `${median(starts.map(({ resident }) => resident)).toFixed(0)} MiB resident`,
  );
  const last = starts.at(-1);
  if (last === undefined) throw new Error('no start');
  const ids = Array.from({ length: subjects * versions }, (_, at) => at + 1);
  servers.push({ name: 'srgit serve', url: last.url, pid: last.child.pid, ids, stop: () => void last.child.kill() });
  if (process.env['SRGIT_BENCH_PEER'] !== 'no') servers.push(await startPeer(snapshot));

  for (const atOnce of [1, 16]) {
    const results = new Map<Server, Load[]>(servers.map((server) => [server, []]));
    // The first round warms both up and is not counted.
    for (let round = 0; round <= rounds; round++) {
      for (const server of servers) {
        const result = await load(server, requests, atOnce);
        if (round > 0) results.get(server)?.push(result);
      }
    }
    for (const [{ name, pid }, loads] of results) {
      const of = (key: keyof Load): number => median(loads.map((one) => one[key]));
      console.log(
        `${String(atOnce).padStart(2)} at once  ${name.padEnd(15)} ${of('perSecond').toFixed(0).padStart(6)}/s  ` +
          `p50 ${of('p50').toFixed(3)} ms  p99 ${of('p99').toFixed(3)} ms  ${residentMiB(pid).toFixed(0)} MiB resident`,
      );
    }
  }
} finally {
  for (const server of servers) await server.stop();
  rmSync(folder, { recursive: true, force: true });
}
