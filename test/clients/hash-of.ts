/** Names of what is kept between runs: another content is another name. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';

export function hashOf(...files: readonly string[]): string {
  const hash = createHash('sha256');
  for (const file of files) hash.update(readFileSync(file)).update('\0');
  return hash.digest('hex').slice(0, 12);
}
