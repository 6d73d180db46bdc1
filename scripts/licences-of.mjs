// The licences of what a bundle holds, for the file beside it.
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';

/** The licence texts of every package below `root` that a module is from. */
export function licencesOf(moduleIds, root) {
  const packages = new Map();
  for (const id of moduleIds) {
    const path = relative(root, id).split(sep);
    const at = path.lastIndexOf('node_modules');
    if (at < 0) continue;
    const name = path.slice(at + 1, path[at + 1].startsWith('@') ? at + 3 : at + 2);
    const home = join(root, ...path.slice(0, at + 1), ...name);
    const { version, license = 'see below' } = JSON.parse(readFileSync(join(home, 'package.json'), 'utf8'));
    packages.set(`${name.join('/')} ${version}`, { home, license });
  }
  return [...packages]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([title, { home, license }]) => {
      const texts = readdirSync(home)
        .filter((file) => /^(licen[cs]e|notice|copying)(\.|-|$)/i.test(file))
        .sort()
        .map((file) => readFileSync(join(home, file), 'utf8').replaceAll('\r\n', '\n').trim());
      return [`${title} (${license})`, '', ...texts.flatMap((text) => [text, ''])].join('\n');
    })
    .join(`\n${'-'.repeat(80)}\n\n`);
}
