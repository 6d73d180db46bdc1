// Bundles the catalogue's pages (site/) into two scripts that need nothing else, and puts page, styles and the licences of
// what is in them beside. The same sources always give the same bytes.
//
//   node scripts/build-site.mjs [FOLDER]
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';
import { licencesOf } from './licences-of.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const folder = process.argv[2] ?? join(root, 'dist/site/pages');
mkdirSync(folder, { recursive: true });

const modules = new Set();
for (const [input, fileName] of [
  ['site/main.tsx', 'app.js'],
  ['site/languages.ts', 'languages.js'],
]) {
  const bundle = await rolldown({
    cwd: root,
    input,
    platform: 'browser',
    tsconfig: join(root, 'site/tsconfig.json'),
    transform: { target: 'es2023' },
    onLog(level, log, next) {
      next(level === 'warn' ? 'error' : level, log);
    },
  });
  // Plain scripts: a page that is opened from disk may not load modules.
  const { output } = await bundle.generate({
    format: 'iife',
    codeSplitting: false,
    minify: true,
    comments: { legal: false },
    entryFileNames: fileName,
  });
  await bundle.close();
  const [main, ...others] = output;
  if (others.length > 0) throw new Error(`more than one file: ${others.map((other) => other.fileName).join(', ')}`);
  writeFileSync(join(folder, fileName), `${main.code.trimEnd()}\n`);
  for (const id of main.moduleIds) modules.add(id);
}
for (const name of ['index.html', 'style.css', 'icon.svg']) copyFileSync(join(root, 'site', name), join(folder, name));
writeFileSync(join(folder, 'licenses.txt'), licencesOf(modules, root));
