// Writes the tables of inputs and outputs in docs/action.md, from action.yml and the list of which command takes which input;
// with --check only tells whether they are up to date.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseDocument } from 'yaml';
import { COMMANDS, INPUTS } from '../src/action/input-table.ts';

const root = join(import.meta.dirname, '..');
const file = join(root, 'docs/action.md');
const action = parseDocument(readFileSync(join(root, 'action.yml'), 'utf8'));

/** Inputs in the order of action.yml, under the comments that stand before some of them. */
function inputTables() {
  const groups = [{ title: 'Every command', rows: [] }];
  for (const { key, value } of action.get('inputs').items) {
    const comment = key.commentBefore?.trim();
    if (comment !== undefined) groups.push({ title: comment, rows: [] });
    const { description, default: preset } = value.toJSON();
    groups.at(-1).rows.push([key.value, takenBy(key.value), cell(description + presetOf(preset))]);
  }
  return groups.map(({ title, rows }) => `### ${title.replace(/\.$/, '')}\n\n${tableOf(rows)}`);
}

/** Commands are named once where they are the same for the whole table. */
function tableOf(rows) {
  const [[, first]] = rows;
  if (rows.every(([, of]) => of === first)) {
    const lead = first === 'all' ? '' : `Of ${first}.\n\n`;
    return `${lead}| input | |\n|---|---|\n${rows.map(([name, , text]) => `| \`${name}\` | ${text} |`).join('\n')}`;
  }
  return `| input | of | |\n|---|---|---|\n${rows.map(([name, of, text]) => `| \`${name}\` | ${of} | ${text} |`).join('\n')}`;
}

function takenBy(name) {
  const commands = INPUTS[name];
  if (commands.length === COMMANDS.length) return 'all';
  return commands.map((command) => `\`${command}\``).join(', ');
}

function presetOf(preset) {
  return preset === undefined || preset.includes('${') ? '' : ` Default \`${preset}\`.`;
}

function outputTable() {
  const rows = action
    .get('outputs')
    .items.map(({ key, value }) => `| \`${key.value}\` | ${cell(value.get('description'))} |`);
  return `| output | |\n|---|---|\n${rows.join('\n')}`;
}

/** What would be markup, or end the cell: the descriptions are plain text with code in backquotes. */
function cell(text) {
  return text.replaceAll(/(`[^`]*`)|[|<>*_]/g, (found, code) => (code ?? `\\${found}`).replaceAll(/(?<!\\)\|/g, '\\|'));
}

function replaceBetween(text, name, content) {
  const [start, end] = [`<!-- ${name}: from action.yml -->`, `<!-- end of ${name} -->`];
  const [from, to] = [text.indexOf(start), text.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`docs/action.md has no place for ${name}`);
  return `${text.slice(0, from + start.length)}\n\n${content}\n\n${text.slice(to)}`;
}

const now = readFileSync(file, 'utf8');
const wanted = replaceBetween(replaceBetween(now, 'inputs', inputTables().join('\n\n')), 'outputs', outputTable());
if (!process.argv.includes('--check')) writeFileSync(file, wanted);
else if (now !== wanted) {
  console.error('docs/action.md is out of date: run `node scripts/action-reference.mjs`.');
  process.exitCode = 1;
}
