// Writes what the package brings with it as CycloneDX, from the lock file; nothing need be installed.
//
//   node scripts/sbom.mjs FILE
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');
const [file] = process.argv.slice(2);
if (file === undefined) throw new Error('usage: node scripts/sbom.mjs FILE');
const readJson = (name) => JSON.parse(readFileSync(join(root, name), 'utf8'));

// `npm sbom --omit dev` leaves out what development needs too (npm 11.19: half of the list), so it is asked about a project
// that has nothing but what an installation has.
const { devDependencies, overrides, ...manifest } = readJson('package.json');
const lock = readJson('package-lock.json');
const production = Object.entries(lock.packages).filter(([, { dev, devOptional }]) => !dev && !devOptional);
lock.packages = Object.fromEntries(production);
delete lock.packages[''].devDependencies;

const scratch = mkdtempSync(join(tmpdir(), 'srgit-sbom-'));
try {
  // The name of the folder is what npm takes for the name of the application.
  const project = join(scratch, manifest.name);
  mkdirSync(project);
  writeFileSync(join(project, 'package.json'), JSON.stringify(manifest));
  writeFileSync(join(project, 'package-lock.json'), JSON.stringify(lock));
  const format = ['--sbom-format', 'cyclonedx', '--sbom-type', 'application'];
  const text = execFileSync('npm', ['sbom', '--package-lock-only', ...format], {
    cwd: project,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const { components } = JSON.parse(text);
  const listed = new Set(components.map(({ name, version }) => `${name}@${version}`));
  const missing = production
    .filter(([path]) => path !== '')
    .map(
      ([path, { version }]) => `${path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length)}@${version}`,
    )
    .filter((one) => !listed.has(one));
  if (missing.length > 0) throw new Error(`npm's list lacks ${missing.join(', ')}`);
  writeFileSync(file, text);
  console.log(`${components.length} components`);
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
