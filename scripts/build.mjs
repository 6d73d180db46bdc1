// Compiles src into dist, bundles the catalogue's pages, and joins what every start needs. A stale file of an earlier build would be found by oclif as a command, so dist goes first.
import { execFileSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
rmSync(join(root, 'dist'), { recursive: true, force: true });
const tsc = join(root, 'node_modules/typescript/bin/tsc');
execFileSync(process.execPath, [tsc, '-p', join(root, 'tsconfig.build.json')], { stdio: 'inherit' });

execFileSync(process.execPath, [join(root, 'scripts/build-site.mjs')], { stdio: 'inherit' });

// With the manifest a command's start loads that command only, not all of them.
const oclif = join(root, 'node_modules/oclif/bin/run.js');
execFileSync(process.execPath, [oclif, 'manifest'], { cwd: root, stdio: ['ignore', 'ignore', 'inherit'] });

execFileSync(process.execPath, [join(root, 'scripts/bundle-cli.mjs')], { stdio: 'inherit' });
