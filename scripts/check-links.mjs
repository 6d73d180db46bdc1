// Checks every link of the Markdown pages that leads into the repository: the file is there, and so is the heading. Links to
// other hosts are not fetched; --list prints them.
//
//   node scripts/check-links.mjs [--list] [FOLDER]
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';

const LEFT_OUT = new Set(['node_modules', 'dist', 'dist-action', '.git', '.srgit', 'fixtures']);
const OTHER_HOST = /^[a-z][a-z0-9+.-]*:/i;

const args = process.argv.slice(2);
const root = resolve(args.find((arg) => !arg.startsWith('--')) ?? join(import.meta.dirname, '..'));
const pages = findPages(root);
const anchorsOf = new Map();
const faults = [];
const elsewhere = new Map();

for (const page of pages) {
  for (const { target, line } of linksOf(readFileSync(page, 'utf8'))) {
    const place = `${relative(root, page)}:${line}`;
    if (OTHER_HOST.test(target)) {
      elsewhere.set(target, place);
      continue;
    }
    const fault = faultOf(page, target);
    if (fault !== undefined) faults.push(`${place}: ${target}: ${fault}`);
  }
}

if (args.includes('--list')) for (const [target, place] of [...elsewhere].sort()) console.log(`${target}  (${place})`);
for (const fault of faults) console.error(fault);
if (faults.length > 0) process.exitCode = 1;
else if (!args.includes('--list')) console.log(`${pages.length} pages, ${elsewhere.size} links to other hosts`);

function faultOf(page, target) {
  const [path = '', anchor] = target.split('#', 2);
  const file = path === '' ? page : resolve(dirname(page), decodeURIComponent(path));
  if (file !== root && !file.startsWith(root + sep)) return 'leads out of the repository';
  if (!existsSync(file)) return 'is not there';
  if (anchor === undefined) return undefined;
  if (statSync(file).isDirectory() || !file.endsWith('.md'))
    return /^L\d+/.test(anchor) ? undefined : 'has no headings';
  return anchors(file).has(anchor) ? undefined : 'has no such heading';
}

/** Of the page's text, without code: [words](target), ![alt](target), [words]: target, href="" and src="". */
function linksOf(text) {
  const links = [];
  withoutCode(text).forEach((content, index) => {
    const found = [
      ...content.matchAll(/\]\(\s*<?([^)<>\s]+)>?(?:\s+"[^"]*")?\s*\)/g),
      ...content.matchAll(/^\s*\[[^\]]+\]:\s+<?(\S+?)>?(?:\s|$)/g),
      ...content.matchAll(/(?:href|src|srcset)="([^"\s]+)"/g),
    ];
    for (const [, target] of found) links.push({ target, line: index + 1 });
  });
  return links;
}

function withoutCode(text) {
  let fence;
  return text.split('\n').map((line) => {
    const mark = /^\s*(```+|~~~+)/.exec(line)?.[1];
    if (fence === undefined && mark !== undefined) fence = mark;
    else if (mark?.startsWith(fence)) fence = undefined;
    else if (fence === undefined) return line.replaceAll(/(`+).*?\1/g, '');
    return '';
  });
}

/** As GitHub names them: lower case, punctuation left out, spaces as hyphens, a number behind one that is there twice. */
function anchors(file) {
  const known = anchorsOf.get(file);
  if (known !== undefined) return known;
  const names = new Set();
  const counts = new Map();
  const text = readFileSync(file, 'utf8');
  const lines = text.split('\n');
  // Code within a heading counts, code blocks do not.
  const outside = withoutCode(text);
  lines.forEach((line, index) => {
    const words = /^#{1,6}\s+(.*?)\s*#*$/.exec(outside[index] === '' ? '' : line)?.[1];
    if (words === undefined) return;
    const name = words
      .replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1')
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\p{M} _-]/gu, '')
      .replaceAll(' ', '-');
    const count = counts.get(name) ?? 0;
    counts.set(name, count + 1);
    names.add(count === 0 ? name : `${name}-${count}`);
  });
  for (const [, name] of text.matchAll(/<a (?:id|name)="([^"]+)">/g)) names.add(name);
  anchorsOf.set(file, names);
  return names;
}

function findPages(folder) {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    if (LEFT_OUT.has(entry.name)) return [];
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return findPages(path);
    return entry.name.endsWith('.md') ? [path] : [];
  });
}
