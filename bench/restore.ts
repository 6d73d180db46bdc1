/**
 * A restore into the embedded registry or a real one, beside the plainest loop that posts the same rows with the same
 * concurrency and does nothing else, in turns in one run, each time into an empty registry.
 *
 * Usage: node bench/restore.ts [subjects] [versions] [bytes] [runs] [embedded | apicurio]
 * Apicurio 3.3.3 needs what the tests need for it (Maven, Java 21), and gives ids of its own: they are rewritten.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { restoreSchemas } from '../src/app/restore/restore-schemas.ts';
import { loadConfig, requireRegistry } from '../src/config/load-config.ts';
import type { RegistrySnapshot } from '../src/model/registry-snapshot.ts';
import { createRegistryClient } from '../src/registry/client.ts';
import { mapConcurrent } from '../src/registry/map-concurrent.ts';
import { setMode } from '../src/registry/write-settings.ts';
import { applyWritePlan } from '../src/tree/apply-write.ts';
import { planTreeWrite } from '../src/tree/plan-write.ts';
import { readTreeIndex } from '../src/tree/read-index.ts';
import { startRealRegistry } from '../test/support/real-registries.ts';
import type { ServerProcess } from '../test/support/server-process.ts';
import { referringSnapshot } from './referring-registry.ts';

const [subjects = '5000', versions = '3', bytes = '600', runs = '3', registry = 'embedded'] = process.argv.slice(2);
const ids = registry === 'apicurio' ? 'rewrite' : 'force';
/** As many as a restore begins at once; the client's own limit is the same for both. */
const AT_ONCE = 32;

const snapshot = referringSnapshot(Number(subjects), Number(versions), Number(bytes));
const folder = mkdtempSync(join(tmpdir(), 'srgit-bench-'));
const tree = join(folder, 'schemas');
const written = await planTreeWrite(await readTreeIndex(tree), snapshot, {
  covers: () => true,
  retiresIds: true,
  includeSensitive: false,
  now: new Date().toISOString(),
});
await applyWritePlan(tree, written);

const plain: number[] = [];
const restore: number[] = [];
let last = '';
try {
  for (let run = 0; run < Number(runs); run++) {
    plain.push(await withRegistry((url) => postPlainly(url, snapshot)));
    restore.push(await withRegistry(restoreTree));
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
console.log(
  `${subjects} subjects x ${versions} versions of about ${bytes} bytes, with references, into ${registry}, ${runs} runs`,
);
report('plain loop', plain, '');
report('srgit', restore, `ratio ${(median(restore) / median(plain)).toFixed(2)}  ${last}`);

async function restoreTree(url: string): Promise<void> {
  const config = loadConfig({ url: [url], tree }, {}, folder, { registry: true, restore: true });
  const result = await restoreSchemas({
    config,
    registry: requireRegistry(config),
    source: { kind: 'tree' },
    request: { kind: 'restore', restore: { ...config.restore, ids }, prune: false, permanent: false },
    env: process.env,
    now: Date.now,
    confirm: async () => true,
    allowDeletions: false,
    commit: false,
  });
  if (result.outcome !== 'done') throw new Error(`the restore ended with ${result.outcome}`);
  last = JSON.stringify(result.durations);
}

/** Layer by layer, so that what is referred to is there; nothing is read, checked or written down. */
async function postPlainly(url: string, { contexts }: RegistrySnapshot): Promise<void> {
  const client = createRegistryClient({ urls: [url] });
  if (ids === 'force') await setMode(client, '', 'IMPORT');
  const chains = contexts.flatMap((context) => context.subjects);
  const layers = [chains.filter(isBase), chains.filter((subject) => !isBase(subject))];
  for (const layer of layers) {
    await mapConcurrent(layer, AT_ONCE, async ({ name, versions: rows }) => {
      for (const { schema, references, id, version } of rows) {
        await client.send('POST', `/subjects/${encodeURIComponent(name)}/versions`, {
          body: {
            schema,
            ...(ids === 'force' ? { id, version } : {}),
            references: references.map((reference) => ({ ...reference })),
          },
        });
      }
    });
  }
  await client.close();
}

function isBase({ versions: rows }: RegistrySnapshot['contexts'][number]['subjects'][number]): boolean {
  return rows.every(({ references }) => references.length === 0);
}

/** A fresh registry in a process of its own. @returns seconds of `use`. */
async function withRegistry(use: (url: string) => Promise<void>): Promise<number> {
  const { url, stop } = registry === 'apicurio' ? await startRealRegistry('apicurio-3') : await startEmbedded();
  try {
    const start = performance.now();
    await use(url);
    return (performance.now() - start) / 1000;
  } finally {
    await stop();
  }
}

async function startEmbedded(): Promise<Pick<ServerProcess, 'url' | 'stop'>> {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'empty-registry-process.ts')], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const url = await new Promise<string>((resolve) => {
    child.stdout.once('data', (data: Buffer) => resolve(String(data).trim()));
  });
  return {
    url,
    stop: async () => {
      child.kill();
    },
  };
}

/** The median, and all of them: how far they lie apart says what the median is worth. */
function report(name: string, seconds: readonly number[], more: string): void {
  const all = seconds.map((value) => value.toFixed(2)).join(' ');
  console.log(`${name.padEnd(12)} ${median(seconds).toFixed(2)} s  (${all})  ${more}`);
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}
