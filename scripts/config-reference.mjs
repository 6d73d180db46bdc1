// Writes the tables of all keys of the configuration, from its JSON Schemas, into docs/configuration.md and
// docs/backup-tool.md between markers; with --check only tells whether they are up to date.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { resolveSchema, schemaOf } from '../src/config/config-form.ts';

const root = join(import.meta.dirname, '..');

const code = (text) => `\`${text}\``;
const cell = (text) => text.replaceAll('|', '\\|').replaceAll('\n', ' ');

/** Every key with its path, schema and what it is about. */
function* keysOf(schema, top, path) {
  for (const [key, inner] of Object.entries(schema.properties ?? {})) {
    const resolved = resolveSchema(inner, top);
    const here = path === '' ? key : `${path}.${key}`;
    yield { path: here, schema: resolved };
    yield* keysOf(resolved, top, here);
    const others =
      typeof resolved.additionalProperties === 'object' ? resolveSchema(resolved.additionalProperties, top) : {};
    yield* keysOf(others, top, `${here}.NAME`);
  }
}

function typeOf({ type, enum: allowed, items, additionalProperties: others }, top) {
  if (allowed !== undefined) return allowed.map((value) => code(value)).join(', ');
  if (Array.isArray(type)) return type.includes('array') ? 'text, or a list' : String(type[0]);
  if (type === 'array')
    return items?.enum === undefined ? 'list' : `list of ${items.enum.map((value) => code(value)).join(', ')}`;
  if (type === 'string') return 'text';
  if (type === 'boolean') return '`true`, `false`';
  if (type === 'integer' || type === 'number') return 'number';
  const inner = typeof others === 'object' ? resolveSchema(others, top) : undefined;
  return inner?.enum === undefined ? 'mapping' : `mapping to ${inner.enum.map((value) => code(value)).join(', ')}`;
}

/** A section that only holds others says nothing that its keys do not. */
function isLeaf({ properties, additionalProperties: others }, top) {
  return (
    properties === undefined && (typeof others !== 'object' || resolveSchema(others, top).properties === undefined)
  );
}

function referenceTable() {
  const top = schemaOf('srgit');
  const rows = [...keysOf(top, top, '')]
    .filter(({ schema }) => isLeaf(schema, top))
    .map(({ path, schema }) => {
      const value = schema.default;
      const standard = value === undefined ? '' : code(Array.isArray(value) ? value.join(', ') : String(value));
      return `| ${code(path)} | ${cell(typeOf(schema, top))} | ${standard} | ${cell(schema.description ?? '')} |`;
    });
  return ['| key | value | default | |', '|---|---|---|---|', ...rows].join('\n');
}

/** What srgit does with each key of another tool; those that do nothing come in a table of their own where `applied` is false. */
function foreignTable(form, applied, within) {
  const top = schemaOf(form);
  const rows = [...keysOf(top, top, '')]
    .filter(({ path, schema }) => within(path) && (schema.notApplied === undefined) === applied)
    .filter(({ schema }) => !applied || isLeaf(schema, top))
    .map(({ path, schema }) => `| ${code(path)} | ${cell(applied ? (schema.description ?? '') : schema.notApplied)} |`);
  const head = applied ? ['| key | what srgit does with it |', '|---|---|'] : ['| key | does not apply |', '|---|---|'];
  return [...head, ...rows].join('\n');
}

const any = () => true;
const tables = {
  'docs/configuration.md': { 'config-reference': referenceTable },
  'docs/backup-tool.md': {
    'backup-tool-keys': () => foreignTable('backup-tool', true, any),
    'backup-tool-not-applied': () => foreignTable('backup-tool', false, any),
    'operator-keys': () =>
      foreignTable('operator', true, (path) => !/schemaRegistry\.(?!enabled|url|credentialsSecret)/.test(path)),
    'operator-not-applied': () => foreignTable('operator', false, any),
  },
};

for (const [name, parts] of Object.entries(tables)) {
  const file = join(root, name);
  const before = readFileSync(file, 'utf8');
  let after = before;
  for (const [marker, make] of Object.entries(parts)) {
    const place = new RegExp(`(<!-- ${marker} -->\n)[^]*?(<!-- /${marker} -->)`);
    if (!place.test(after)) throw new Error(`${name} has no markers <!-- ${marker} --> and <!-- /${marker} -->`);
    after = after.replace(place, (_, begin, end) => `${begin}\n${make()}\n\n${end}`);
  }
  if (after === before) continue;
  if (process.argv.includes('--check')) {
    console.error(`${name} is out of date: run \`node scripts/config-reference.mjs\`.`);
    process.exitCode = 1;
  } else writeFileSync(file, after);
}
