/** Where the real servers are kept between runs: outside the work tree, filled once, safe for several runs at a time. */
import { access, mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** `SRGIT_TEST_CACHE`, or `~/.cache/srgit-test`. */
export function cacheFolder(): string {
  return process.env['SRGIT_TEST_CACHE'] ?? join(homedir(), '.cache', 'srgit-test');
}

/**
 * The folder `name` of the cache. When it is not there, `fill` makes its content in a temporary folder, which is then
 * renamed: whoever is killed meanwhile leaves nothing that looks complete, and of two at a time one wins.
 */
export async function cachedFolder(name: string, fill: (folder: string) => Promise<void>): Promise<string> {
  const root = cacheFolder();
  const folder = join(root, name);
  if (await exists(folder)) return folder;
  await mkdir(root, { recursive: true });
  const temporary = await mkdtemp(join(root, `.${name}-`));
  try {
    await fill(temporary);
    await rename(temporary, folder);
  } catch (error) {
    await rm(temporary, { recursive: true, force: true });
    if (!(await exists(folder))) throw error;
  }
  return folder;
}

export async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
