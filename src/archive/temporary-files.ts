/** Files of a folder storage that are being written: their names, and what a killed process left of them. */
import { randomBytes } from 'node:crypto';
import { readdir, stat, unlink } from 'node:fs/promises';
import { join } from 'node:path';

const NAME = /^\.srgit-[0-9a-f]{16}\.tmp$/;

export function temporaryName(): string {
  return `.srgit-${randomBytes(8).toString('hex')}.tmp`;
}

/** No listing shows such a file. */
export function isTemporaryName(name: string): boolean {
  return NAME.test(name);
}

/** A file that was not written to for so long is nobody's: a segment that fills more slowly ends by its age. */
const ABANDONED_MS = 3_600_000;

/** Removes what killed processes left in a folder, once for each folder. */
export class Leftovers {
  private readonly swept = new Set<string>();

  /** Never fails: what cannot be removed stays for a person. */
  async sweep(folder: string): Promise<void> {
    if (this.swept.has(folder)) return;
    this.swept.add(folder);
    const names = await readdir(folder).catch(() => []);
    for (const name of names.filter(isTemporaryName)) {
      const path = join(folder, name);
      const found = await stat(path).catch(() => undefined);
      if (found !== undefined && Date.now() - found.mtimeMs > ABANDONED_MS) await unlink(path).catch(() => undefined);
    }
  }
}
