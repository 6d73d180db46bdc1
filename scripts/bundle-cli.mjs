// Joins the compiled command line and the libraries that every start needs into few files, in place: most of a start was
// looking for and reading hundreds of small ones. The library (dist/index.js and what it imports) stays as it is.
//
//   node scripts/bundle-cli.mjs [FOLDER]     FOLDER has dist/ and package.json; default the repository
import { readdirSync, rmSync } from 'node:fs';
import { join, resolve, sep } from 'node:path';
import { rolldown } from 'rolldown';

const root = join(import.meta.dirname, '..');
const folder = resolve(process.argv[2] ?? root);
const dist = join(folder, 'dist');

/** Of the command line itself, and of srgit.yaml. What else there is, is big, native, or not needed by every command. */
const BUNDLED = /^(@oclif\/core|yaml|ajv)(\/|$)/;

// Modules of the old kind within the bundle use these; a module of the new kind has none.
const BANNER = `import { dirname as __bundleDirname } from 'node:path';
import { fileURLToPath as __bundlePath } from 'node:url';
const __filename = __bundlePath(import.meta.url);
const __dirname = __bundleDirname(__filename);`;

const WSL = `export const isWsl = false; export const powerShellPath = async () => 'powershell.exe';`;

const commands = readdirSync(join(dist, 'commands'), { recursive: true })
  .filter((name) => name.endsWith('.js'))
  .map((name) => `commands/${name.replaceAll(sep, '/').replace(/\.js$/, '')}`);

const bundle = await rolldown({
  cwd: root,
  input: Object.fromEntries(['cli/main', ...commands].map((name) => [name, join(dist, `${name}.js`)])),
  platform: 'node',
  external(id, importer) {
    if (/^(\.|\/|[A-Za-z]:[\\/])/.test(id)) return false;
    // Of a library that is in it, everything is: what it imports itself, too.
    const isOurs = importer === undefined || importer.startsWith(dist + sep);
    return id.startsWith('node:') || (isOurs && !BUNDLED.test(id));
  },
  plugins: [
    {
      // Asked at every start whether Linux runs within Windows, for a word in the user agent; the answer costs a sixth of it.
      name: 'no-wsl',
      resolveId: (id) => (id === 'wsl-utils' ? '\0wsl-utils' : null),
      load: (id) => (id === '\0wsl-utils' ? WSL : null),
    },
  ],
  onLog(level, log, next) {
    // Libraries that look at their own code; whatever else is said is a fault.
    if (log.code === 'EVAL' || log.code === 'CIRCULAR_DEPENDENCY') return;
    next(level === 'warn' ? 'error' : level, log);
  },
});
await bundle.write({
  dir: dist,
  format: 'esm',
  // Shorter to read; names stay, for stacks.
  minify: { compress: false, mangle: false, codegen: { removeWhitespace: true } },
  banner: BANNER,
  entryFileNames: '[name].js',
  chunkFileNames: 'cli/chunks/[name]-[hash].js',
});
await bundle.close();

// They were of the files that are replaced.
for (const name of ['cli/main', ...commands]) rmSync(join(dist, `${name}.js.map`), { force: true });
