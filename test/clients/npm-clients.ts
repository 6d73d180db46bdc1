/** The clients from npm, installed outside the work tree from the lockfile beside their programs. */
import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runProgram } from '../support/run-program.ts';
import { cachedFolder } from '../support/test-cache.ts';
import type { ClientProgram } from './client-process.ts';
import { hashOf } from './hash-of.ts';

const SOURCE = join(import.meta.dirname, 'npm');

export async function installNpmClient(name: 'kafkajs' | 'confluent'): Promise<ClientProgram> {
  const folder = await cachedFolder(`clients-npm-${hashOf(join(SOURCE, 'package-lock.json'))}`, async (target) => {
    for (const file of ['package.json', 'package-lock.json']) await copyFile(join(SOURCE, file), join(target, file));
    await runProgram('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], { cwd: target });
  });
  return { program: process.execPath, args: [join(SOURCE, `${name}.mjs`), folder] };
}
