/**
 * Every command has a schema of what it prints with --json, and what it prints fits it: here for those that need a registry
 * and a tree; `runCliJson` holds every other run of the tests against them, too.
 */
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { cliEntry, runCliJson } from '../support/cli.ts';
import { type EmbeddedRegistry, record, register, startRegistry } from '../support/embedded-registry.ts';
import { git } from '../support/git.ts';
import { shapeFault, shapeNames, shapeOf } from '../support/json-shapes.ts';

vi.setConfig({ testTimeout: 120_000 });

const ROOT = join(import.meta.dirname, '../..');
const home = mkdtempSync(join(tmpdir(), 'srgit-test-'));
let registry: EmbeddedRegistry;
let other: EmbeddedRegistry;

beforeAll(async () => {
  await cliEntry();
  registry = await startRegistry();
  other = await startRegistry();
  await register(registry.url, 'orders-value', record('Order'));
  await register(registry.url, 'orders-value', record('Order', 'number'));
  git(home, 'init', '--quiet', '--initial-branch=main');
  writeFileSync(
    join(home, 'srgit.yaml'),
    `registries:\n  a: { url: "${registry.url}" }\n  b: { url: "${other.url}" }\nregistry: a\n`,
  );
  writeFileSync(join(home, 'order.avsc'), JSON.stringify(record('Order', 'third')));
  cpSync(join(ROOT, 'schemas-example'), join(home, 'example'), { recursive: true });
}, 120_000);

afterAll(async () => {
  await registry.close();
  await other.close();
  rmSync(home, { recursive: true, force: true });
});

describe('the schemas of --json', () => {
  it('are one for each command, and one for errors', () => {
    const commands = readdirSync(join(ROOT, 'src/commands'), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts'))
      .map((name) =>
        name
          .replace(/\.ts$/, '')
          .replaceAll(/[/\\]/g, '-')
          .replace(/-index$/, ''),
      );
    expect(shapeNames()).toEqual([...commands, 'error'].sort());
    for (const name of shapeNames()) expect(shapeOf(name)).toBeTypeOf('function');
  });

  it('say what they are of, and are in the docs', () => {
    const docs = readFileSync(join(ROOT, 'docs/json-output.md'), 'utf8');
    for (const name of shapeNames()) {
      const { title, description } = JSON.parse(readFileSync(join(ROOT, `schemas/json/${name}.schema.json`), 'utf8'));
      expect([title, description]).toEqual([expect.stringContaining('--json'), expect.any(String)]);
      expect(docs).toContain(`(../schemas/json/${name}.schema.json)`);
    }
  });

  it('refuse what they do not name', () => {
    expect(shapeFault(['index'], { tree: 'x', written: [] })).toBeUndefined();
    expect(shapeFault(['index'], { tree: 'x', written: [], more: 1 })).toContain('index.schema.json');
    expect(shapeFault(['topic', 'backup'], { topic: 'x', records: '1', nextOffset: 1 })).toContain('topic-backup');
    expect(shapeFault(['index'], { error: { message: 'x' } })).toContain('error.schema.json');
  });
});

describe('what a command prints with --json has the promised shape:', () => {
  // In this order: each may need what the ones before have made.
  const lines: readonly (readonly [string, number])[] = [
    ['export --commit', 0],
    ['export --commit', 0],
    ['describe', 0],
    ['describe --tree example', 0],
    ['verify', 0],
    ['verify --offline --tree example', 0],
    ['check order.avsc --subject orders-value', 0],
    ['check', 0],
    ['diff', 0],
    ['diff HEAD registry', 0],
    ['index', 0],
    ['plan -r b', 0],
    ['plan -r b --from tree:example', 0],
    ['plan --from tree:example --to tree:schemas', 1],
    ['restore -r b --dry-run', 0],
    ['restore -r b', 0],
    ['restore -r b', 0],
    ['restore --tree schemas --format apicurio-zip --out out.zip', 0],
    ['reconcile -r b --prune --yes --allow-deletions', 0],
    ['reconcile -r b --dry-run', 0],
    ['idmap -r b', 0],
    ['idmap -r b --check', 0],
    ['idmap --file schemas/id-maps/b.json', 0],
    ['health', 0],
    ['config show', 0],
    ['config check', 0],
    ['completion fish', 0],
    ['import --from tree:example --tree imported', 0],
    ['describe --tree nowhere', 1],
    ['exprot', 2],
  ];
  it.each(lines)('srgit %s', async (line, code) => {
    const result = await runCliJson(line.split(' '), { cwd: home });
    expect([result.code, result.code === code ? '' : result.stdout + result.stderr]).toEqual([code, '']);
  });
});
