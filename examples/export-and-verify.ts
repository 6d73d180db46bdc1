// A registry into a tree, and proof that both hold the same.
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { exportRegistry, isSrgitError, serve, snapshotRegistry, verifyTree } from 'srgit';

// Stands for your registry: 'https://registry.example.com:8081'.
const registry = await serve({ tree: process.argv[2] ?? 'schemas' });
const tree = join(mkdtempSync(join(tmpdir(), 'example-')), 'schemas');

// With credentials: { url, auth: { type: 'basic', username, password } }.
const { counts, files } = await exportRegistry(registry.url, { tree });
console.log(`${counts.subjects} subjects, ${counts.versions} versions in ${files.written} files`);

const again = await exportRegistry(registry.url, { tree });
console.log('again: up to date is', again.upToDate);

const { sound, differences } = await verifyTree(tree, { registry: registry.url });
console.log('sound:', sound, 'differences:', differences?.length);

// Without a tree: the state of a registry as plain data.
const { contexts } = await snapshotRegistry(registry.url, { subjects: ['payments-*'], includeReferences: false });
for (const { subjects } of contexts) for (const { name, versions } of subjects) console.log(name, versions[0]?.guid);

try {
  await verifyTree(tree, { registry: 'http://127.0.0.1:1' });
} catch (error) {
  if (!isSrgitError(error, 'SRGIT_REGISTRY_UNREACHABLE')) throw error;
  console.log(error.code);
}
await registry.close();
