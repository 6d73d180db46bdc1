// Writes what `srgit COMMAND --help` prints into README.md, between its markers; with --check only tells whether it is
// up to date.
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');
const readme = join(root, 'README.md');
const [start, end] = ['<!-- commands -->', '<!-- /commands -->'];

const help = (...args) =>
  execFileSync(process.execPath, [join(root, 'bin/run.js'), ...args, '--help'], {
    encoding: 'utf8',
    env: { ...process.env, NO_COLOR: '1', COLUMNS: '100', OCLIF_COLUMNS: '100' },
  }).trim();

const commands = readdirSync(join(root, 'src/commands'))
  .map((name) => name.replace(/\.ts$/, ''))
  .sort();
const sections = commands.map((name) => `### srgit ${name}\n\n\`\`\`text\n${help(name)}\n\`\`\``);
const text = readFileSync(readme, 'utf8');
const [before, rest] = text.split(start);
const after = rest?.split(end)[1];
if (before === undefined || after === undefined) throw new Error(`README.md has no ${start} … ${end}`);
const wanted = `${before}${start}\n\n${sections.join('\n\n')}\n\n${end}${after}`;

if (process.argv.includes('--check')) {
  if (wanted !== text) {
    console.error('The command reference in README.md is out of date: run `npm run docs`.');
    process.exitCode = 1;
  }
} else writeFileSync(readme, wanted);
