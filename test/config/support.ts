import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isSrgitError, type SrgitError } from '../../src/errors.ts';
import { temporaryFolder } from '../support/trees.ts';

/** A folder with such a srgit.yaml. */
export function folderWith(yaml: string): string {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'srgit.yaml'), yaml);
  return folder;
}

/** What it throws, which must be an error of ours. */
export function configError(act: () => unknown): SrgitError {
  try {
    act();
  } catch (error) {
    if (isSrgitError(error)) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}
