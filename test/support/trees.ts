/** Writing and reading trees in temporary folders. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { RegistrySnapshot } from '../../src/model/registry-snapshot.ts';
import { applyWritePlan } from '../../src/tree/apply-write.ts';
import { planTreeWrite } from '../../src/tree/plan-write.ts';
import { readTreeIndex } from '../../src/tree/read-index.ts';
import type { PlanWriteOptions, WritePlan } from '../../src/tree/write-draft.ts';

/** An empty folder that goes away with the test. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'srgit-test-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

export const NOW = '2026-01-02T03:04:05Z';

/** Writes a snapshot into the tree at `root`, as an export of everything does. */
export async function writeTree(
  root: string,
  snapshot: RegistrySnapshot,
  options: Partial<PlanWriteOptions> = {},
): Promise<WritePlan> {
  const plan = await planTreeWrite(await readTreeIndex(root), snapshot, {
    covers: () => true,
    retiresIds: true,
    includeSensitive: false,
    now: NOW,
    ...options,
  });
  await applyWritePlan(root, plan);
  return plan;
}

/** Every file below a folder with its bytes as latin1 text, by relative path. `.git` is left out. */
export function readFolder(root: string): Map<string, string> {
  const files = new Map<string, string>();
  for (const entry of readdirSync(root, { withFileTypes: true, recursive: true })) {
    const path = join(entry.parentPath, entry.name);
    const relative = path.slice(root.length + 1);
    if (entry.isFile() && !relative.startsWith('.git/')) files.set(relative, readFileSync(path, 'latin1'));
  }
  return new Map([...files].sort(([a], [b]) => (a < b ? -1 : 1)));
}
