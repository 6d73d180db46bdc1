// Writes what `srgit COMMAND --help` prints into docs/commands.md; with --check only tells whether it is up to date.
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');
const file = join(root, 'docs/commands.md');
const folder = join(root, 'src/commands');

const help = (name) =>
  execFileSync(process.execPath, [join(root, 'bin/run.js'), ...name.split(' '), '--help'], {
    encoding: 'utf8',
    env: { ...process.env, NO_COLOR: '1', COLUMNS: '100', OCLIF_COLUMNS: '100' },
  }).trim();

const commands = readdirSync(folder, { recursive: true })
  .filter((name) => name.endsWith('.ts'))
  .map((name) =>
    name
      .replace(/\.ts$/, '')
      .replaceAll(/[/\\]/g, ' ')
      .replace(/ index$/, ''),
  )
  .sort();
const sections = commands.map((name) => `## srgit ${name}\n\n\`\`\`text\n${help(name)}\n\`\`\``);
const wanted = `# Commands\n\nWhat each command says of itself with \`--help\`.\n\n${sections.join('\n\n')}\n`;

if (process.argv.includes('--check')) {
  if (!existsSync(file) || readFileSync(file, 'utf8') !== wanted) {
    console.error('docs/commands.md is out of date: run `npm run docs`.');
    process.exitCode = 1;
  }
} else writeFileSync(file, wanted);
