/**
 * Export of real schemas from real registries by the real command line, into real commits. Slow (10 s and more): Java
 * servers start and take 584 registrations each.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { versionPath } from '../../src/registry/paths.ts';
import { createState } from '../../src/semantics/state.ts';
import { startServer } from '../../src/server/server.ts';
import type { ManifestDocument, MetadataDocument } from '../../src/tree/documents.ts';
import { runCli } from '../support/cli.ts';
import { git, repository } from '../support/git.ts';
import { loadRegistry, readRealSchemas } from '../support/load-registry.ts';
import { makeClient } from '../support/registry-client.ts';
import { sharedRegistry } from '../support/shared-registry.ts';

const lines = readRealSchemas();
if (lines === undefined) console.warn('real-registries: skipped, the real schemas are not there (SRGIT_REAL_SCHEMAS)');

const PREFIX = 'e2e/';

async function startedRegistry(name: string): Promise<{ url: string; close: () => Promise<void> }> {
  if (name === 'apicurio-3' || name === 'apicurio-2') return { url: await sharedRegistry(name), close: async () => {} };
  return startServer({ state: createState() });
}

describe.skipIf(lines === undefined).each(['embedded', 'apicurio-3', 'apicurio-2'])('real schemas in %s', (name) => {
  it('are exported in one commit, then in none, and every text is the one that the registry answers', async () => {
    const registry = await startedRegistry(name);
    try {
      const client = makeClient({ urls: [registry.url] });
      const { accepted } = await loadRegistry(client, lines ?? [], PREFIX);
      expect(accepted.length).toBeGreaterThan(500);
      const cwd = repository();
      const args = ['--url', registry.url, '--subject', `${PREFIX}*`];

      const first = await runCli(['export', '--commit', ...args], { cwd });
      expect([first.code, first.stderr]).toEqual([0, '']);
      expect(git(cwd, 'rev-list', '--count', 'HEAD')).toBe('1');
      const second = await runCli(['export', '--commit', ...args], { cwd });
      expect([second.code, second.stderr]).toEqual([0, '']);
      expect(second.stdout).toContain('Up to date: no file changed.');
      expect(git(cwd, 'rev-list', '--count', 'HEAD')).toBe('1');
      expect(git(cwd, 'status', '--porcelain')).toBe('');

      const verified = await runCli(['verify', ...args], { cwd });
      expect([verified.code, verified.stderr]).toEqual([0, '']);
      const offline = await runCli(['verify', '--offline'], { cwd });
      expect([offline.code, offline.stderr]).toEqual([0, '']);

      const manifest: ManifestDocument = JSON.parse(readFileSync(join(cwd, 'schemas/manifest.json'), 'utf8'));
      let texts = 0;
      for (const { name: subject, versions } of manifest.subjects) {
        for (const { version, id, schema_file } of versions) {
          const folder = join(cwd, 'schemas', schema_file, '..');
          const metadata: MetadataDocument = JSON.parse(readFileSync(join(folder, 'metadata.json'), 'utf8'));
          const answer = await client.get(versionPath(subject, version), { query: { deleted: true } });
          const { schema, id: answered } = answer.body as { schema: string; id: number };
          const entry = metadata.versions.find((candidate) => candidate.version === version);
          const sha256 = createHash('sha256').update(schema, 'utf8').digest('hex');
          expect([subject, version, entry?.sha256, id]).toEqual([subject, version, sha256, answered]);
          texts++;
        }
      }
      expect(new Set(manifest.subjects.map((subject) => subject.name))).toEqual(
        new Set(accepted.map((line) => PREFIX + line.subject)),
      );
      console.log(`${name}: ${accepted.length} registrations accepted, ${texts} versions exported and compared`);
    } finally {
      await registry.close();
    }
  }, 180_000);
});
