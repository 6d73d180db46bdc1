/** The shapes that docs/json-output.md promises: schemas/json of the package, held against what commands really print. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';

const FOLDER = join(import.meta.dirname, '../../schemas/json');

/** Names of the schemas: those of commands with hyphens for spaces, and `error`. */
export function shapeNames(): readonly string[] {
  return readdirSync(FOLDER)
    .map((file) => file.replace(/\.schema\.json$/, ''))
    .sort();
}

const ajv = new Ajv2020({ allErrors: true, strict: true, strictRequired: false, allowUnionTypes: true });
const compiled = new Map<string, ValidateFunction>();

export function shapeOf(name: string): ValidateFunction {
  const known = compiled.get(name);
  if (known !== undefined) return known;
  const validate = ajv.compile(JSON.parse(readFileSync(join(FOLDER, `${name}.schema.json`), 'utf8')));
  compiled.set(name, validate);
  return validate;
}

/** What is wrong with a document that a command line printed; undefined where it has the promised shape. */
export function shapeFault(args: readonly string[], document: unknown): string | undefined {
  const [first = '', second = ''] = args;
  const isError = typeof document === 'object' && document !== null && 'error' in document;
  const names = shapeNames();
  const name = isError ? 'error' : [`${first}-${second}`, first].find((known) => names.includes(known));
  if (name === undefined) return undefined;
  const validate = shapeOf(name);
  if (validate(document)) return undefined;
  const faults = validate.errors
    ?.slice(0, 5)
    .map(({ instancePath, message, params }) => `${instancePath} ${message} ${JSON.stringify(params)}`);
  return `srgit ${args.join(' ')} prints what schemas/json/${name}.schema.json does not promise: ${faults?.join('; ')}`;
}
