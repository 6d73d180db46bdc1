// Packs the package and holds it against what it may contain: its files, its size, its entry points, its types. Prints each
// fault on a line of its own.
//
//   node scripts/pack-check.mjs [FOLDER] [--out FOLDER] [--repository OWNER/NAME]
//
// FOLDER is a built package, by default this one; with --out the tarball stays there, and its name is printed.
// --repository: where it is published from; provenance is refused when package.json names another place.
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';

const root = join(import.meta.dirname, '..');
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { out: { type: 'string' }, repository: { type: 'string' } },
});
const folder = resolve(positionals[0] ?? root);

/** What may be there beside what must be. */
const MAY_HAVE =
  /^(bin|dist|schemas-example|schemas\/json)\/|^\.github\/workflows-examples\/[\w-]+\.(yml|md)$|^CHANGELOG\.md$/;
const MUST_HAVE = [
  'package.json',
  'README.md',
  'LICENSE',
  // The command line is bundled with libraries: their licences go along.
  'THIRD-PARTY-LICENCES',
  'oclif.manifest.json',
  'bin/run.js',
  'dist/index.js',
  'dist/index.d.ts',
];
/** Sources, maps of sources that are not there, and what belongs to nobody but us. */
const MUST_NOT_HAVE =
  /\.map$|(?<!\.d)\.[mc]?tsx?$|\.test\.|(^|\/)(test|fixtures|node_modules)\/|(^|\/)\.(env|npmrc|DS_Store|git|srgit)(\/|$)/;
const MAX_PACKED_BYTES = 2_200_000;
const MAX_UNPACKED_BYTES = 8_500_000;

const faults = [];
const scratch = mkdtempSync(join(tmpdir(), 'srgit-pack-'));
try {
  const out = resolve(values.out ?? scratch);
  mkdirSync(out, { recursive: true });
  // What is there is packed: a build of it is the caller's.
  const listed = execFileSync('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', out, folder], {
    cwd: scratch,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const [packed] = Object.values(JSON.parse(listed));
  const tarball = join(out, packed.filename);
  const unpacked = join(scratch, 'unpacked');
  mkdirSync(unpacked);
  execFileSync('tar', ['-xzf', tarball, '-C', unpacked]);
  const package_ = join(unpacked, 'package');
  const files = readdirSync(package_, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(package_.length + 1));

  checkFiles(files);
  checkSize(statSync(tarball).size, files, package_);
  checkEntries(package_);
  await checkPublint(tarball);
  checkTypes(tarball);
  const size = (statSync(tarball).size / 1000).toFixed(0);
  console.log(`${packed.filename}: ${files.length} files, ${size} kB`);
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
for (const fault of faults) console.log(`FAULT ${fault}`);
process.exitCode = faults.length === 0 ? 0 : 1;

function checkFiles(files) {
  for (const file of files) {
    const isExpected = MAY_HAVE.test(file) || MUST_HAVE.includes(file);
    if (!isExpected || MUST_NOT_HAVE.test(file)) faults.push(`${file} is not to be published`);
  }
  for (const file of MUST_HAVE) if (!files.includes(file)) faults.push(`${file} is missing`);
}

function checkSize(packedBytes, files, package_) {
  const bytes = files.reduce((sum, file) => sum + statSync(join(package_, file)).size, 0);
  if (packedBytes > MAX_PACKED_BYTES) faults.push(`${packedBytes} bytes packed, more than ${MAX_PACKED_BYTES}`);
  if (bytes > MAX_UNPACKED_BYTES) faults.push(`${bytes} bytes unpacked, more than ${MAX_UNPACKED_BYTES}`);
  // A path of the machine that built it tells too much, and works nowhere else.
  for (const file of files) {
    const content = readFileSync(join(package_, file));
    if (content.includes(root) || content.includes(folder)) faults.push(`${file} names a folder of this machine`);
  }
}

/** Every path that package.json names is there, and every dependency is pinned. */
function checkEntries(package_) {
  const { bin, exports, types, dependencies, repository } = JSON.parse(
    readFileSync(join(package_, 'package.json'), 'utf8'),
  );
  for (const path of [types, ...textsOf(bin), ...textsOf(exports)]) {
    if (
      path.includes('*')
        ? !existsSync(join(package_, path.slice(0, path.indexOf('*'))))
        : !existsSync(join(package_, path))
    )
      faults.push(`${path} is named in package.json and not there`);
  }
  for (const [name, range] of Object.entries(dependencies)) {
    if (!/^\d+\.\d+\.\d+$/.test(range)) faults.push(`${name} is not pinned: ${range}`);
  }
  if (values.repository === undefined) return;
  const url = typeof repository === 'string' ? repository : (repository?.url ?? 'nothing');
  if (!new RegExp(`[/:]${values.repository}(\\.git)?$`).test(url)) {
    faults.push(`package.json says it is of ${url}, but it is published from ${values.repository}`);
  }
}

function textsOf(value) {
  return typeof value === 'string' ? [value] : Object.values(value).flatMap(textsOf);
}

async function checkPublint(tarball) {
  const bytes = readFileSync(tarball);
  const { messages, pkg } = await publint({
    pack: { tarball: bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) },
    strict: true,
  });
  for (const message of messages) faults.push(`publint: ${formatMessage(message, pkg, { color: false })}`);
}

/** Types for consumers of both kinds; `require` of a module of the new kind is what the engines in package.json can do. */
function checkTypes(tarball) {
  const attw = join(dirname(fileURLToPath(import.meta.resolve('@arethetypeswrong/cli/package.json'))), 'dist/index.js');
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [attw, '--profile', 'esm-only', '--no-color', '--no-emoji', '--format', 'ascii', tarball],
    { encoding: 'utf8' },
  );
  if (status !== 0) faults.push(`are the types wrong: ${stdout}${stderr}`);
}
