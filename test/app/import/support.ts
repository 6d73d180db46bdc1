/** Imports by the use case itself, and what the tree then holds. */
import { cpSync, existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { type ImportOptions, type ImportResult, importSchemas } from '../../../src/app/import/import-schemas.ts';
import { loadConfig } from '../../../src/config/load-config.ts';
import { formatSubjectName } from '../../../src/model/subject-name.ts';
import { checkTree } from '../../../src/tree/check-tree.ts';
import { type LoadedTree, loadTree } from '../../../src/tree/load-tree.ts';

export const FIXTURES = join(import.meta.dirname, '../../fixtures/import');

/** A moment that a test may name. */
export const NOW = Date.UTC(2026, 0, 2, 3, 4, 5);

/** Imports into the tree `schemas` of a folder. */
export function importHere(cwd: string, from: string, asked: Partial<ImportOptions> = {}): Promise<ImportResult> {
  return importSchemas({
    config: loadConfig({}, {}, cwd, { registry: false }),
    from,
    cwd,
    merge: false,
    skipDamaged: false,
    dryRun: false,
    apicurioIds: 'content',
    now: () => NOW,
    ...asked,
  });
}

/** A copy of a fixture in a folder, to be changed there. */
export function copyFixture(cwd: string, name: string): string {
  const copy = join(cwd, 'source', name);
  cpSync(join(FIXTURES, name), copy, { recursive: true });
  return copy;
}

export function treeExists(cwd: string): boolean {
  const tree = join(cwd, 'schemas');
  return existsSync(tree) && readdirSync(tree).length > 0;
}

/** The tree, which must be sound. */
export async function soundTree(cwd: string): Promise<LoadedTree> {
  const tree = await loadTree(join(cwd, 'schemas'));
  expect(checkTree(tree).filter(({ severity }) => severity === 'error')).toEqual([]);
  return tree;
}

/** `orders-value 3 = 5`, in the order of the tree; soft-deleted ones with `deleted`, those without an id with `?`. */
export function rowNames({ snapshot, pending }: Pick<LoadedTree, 'snapshot' | 'pending'>): readonly string[] {
  return [
    ...snapshot.contexts.flatMap(({ name: context, subjects }) =>
      subjects.flatMap(({ name, versions }) =>
        versions.map(({ version, id, deleted }) => {
          return `${formatSubjectName({ context, subject: name })} ${version} = ${id}${deleted ? ' deleted' : ''}`;
        }),
      ),
    ),
    ...pending.map((one) => `${formatSubjectName(one)} ${one.version} = ?`).sort(),
  ];
}
