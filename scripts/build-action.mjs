// Bundles the GitHub Action into dist-action: one ESM file that needs nothing but Node 24, and the licences of what is in
// it. The same sources always give the same bytes; a test builds it again and compares.
//
//   node scripts/build-action.mjs [FOLDER]
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';
import { licencesOf } from './licences-of.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const folder = process.argv[2] ?? join(root, 'dist-action');

// Modules of the old kind within the bundle use these; a module of the new kind has none.
const BANNER = `import { dirname as __bundleDirname } from 'node:path';
import { fileURLToPath as __bundlePath } from 'node:url';
const __filename = __bundlePath(import.meta.url);
const __dirname = __bundleDirname(__filename);`;

const bundle = await rolldown({
  cwd: root,
  input: 'src/action/index.ts',
  platform: 'node',
  resolve: {
    alias: {
      // Reads its .wasm file from disk; this form has the bytes in it.
      '@platformatic/wasm-utils': '@platformatic/wasm-utils/bundled',
      // Native code cannot be bundled.
      '@node-rs/crc32': join(root, 'scripts/action/crc32.mjs'),
    },
  },
  onLog(level, log, next) {
    // Libraries that look at their own code; whatever else is said is a fault.
    if (log.code === 'EVAL' || log.code === 'CIRCULAR_DEPENDENCY') return;
    next(level === 'warn' ? 'error' : level, log);
  },
});
const { output } = await bundle.generate({
  format: 'esm',
  codeSplitting: false,
  minify: true,
  comments: { legal: false },
  banner: BANNER,
  entryFileNames: 'index.js',
});
await bundle.close();

const [main, ...others] = output;
if (others.length > 0) throw new Error(`more than one file: ${others.map(({ fileName }) => fileName).join(', ')}`);
mkdirSync(folder, { recursive: true });
writeFileSync(join(folder, 'index.js'), `${main.code.trimEnd()}\n`);
writeFileSync(join(folder, 'licenses.txt'), licencesOf(main.moduleIds, root));
