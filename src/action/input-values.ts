/** Values of inputs, checked: each function names the input that it refuses. An empty input is one that was not given. */
import { getInput } from '@actions/core';
import { nearestName } from '../config/nearest-name.ts';
import { SrgitError } from '../errors.ts';
import type { InputName } from './input-table.ts';

export function text(name: InputName): string | undefined {
  const value = getInput(name);
  return value === '' ? undefined : value;
}

/** One value a line. */
export function lines(name: InputName): readonly string[] | undefined {
  const values = (text(name) ?? '')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
  return values.length === 0 ? undefined : values;
}

/** As YAML 1.2 has them; `yes` and `on` are no booleans there. */
export function flag(name: InputName): boolean | undefined {
  const value = text(name);
  if (value === undefined) return undefined;
  if (/^(true|True|TRUE)$/.test(value)) return true;
  if (/^(false|False|FALSE)$/.test(value)) return false;
  throw usage(`${name}: ${JSON.stringify(value)} is neither true nor false`, 'Write true or false.');
}

export function number(name: InputName, least: number, most = Number.MAX_SAFE_INTEGER): number | undefined {
  const value = text(name);
  if (value === undefined) return undefined;
  const parsed = Number(value);
  if (/^[0-9]{1,16}$/.test(value) && parsed >= least && parsed <= most) return parsed;
  const range = most === Number.MAX_SAFE_INTEGER ? `from ${least}` : `from ${least} to ${most}`;
  throw usage(`${name}: ${JSON.stringify(value)} is no number ${range}`, 'Write it in digits.');
}

export function choice<T extends string>(name: InputName, options: readonly T[]): T | undefined {
  const value = text(name);
  return value === undefined ? undefined : oneOf(name, value, options);
}

export function oneOf<T extends string>(name: InputName, value: string, options: readonly T[]): T {
  const found = options.find((option) => option === value);
  if (found !== undefined) return found;
  const nearest = nearestName(value, options);
  const known = `One of ${options.join(', ')}.`;
  throw usage(
    `${name}: there is no ${JSON.stringify(value)}`,
    nearest === undefined ? known : `Did you mean ${nearest}? ${known}`,
  );
}

export function usage(what: string, hint: string): SrgitError {
  return new SrgitError('SRGIT_USAGE', `input ${what}`, { hint });
}
