/** `${NAME}` and `${NAME:-default}` in the values of srgit.yaml. */
import { type Document, isPair, isScalar, type LineCounter, visit } from 'yaml';
import { SrgitError } from '../errors.ts';
import { placeOf } from './place.ts';

/** A variable that is used, has no default and is not set: an error once the command needs the value. */
export interface UnsetVariable {
  readonly name: string;
  /** Keys from the top of the file down to the value. */
  readonly path: readonly string[];
  /** `line:column` */
  readonly place: string;
  /** Where it is not a variable that is missing, but a Secret. */
  readonly missing?: { readonly message: string; readonly hint: string };
}

export interface ReplacedVariables {
  readonly unset: readonly UnsetVariable[];
  /** JSON pointers of the values that came out of a variable. */
  readonly replaced: ReadonlySet<string>;
}

const VARIABLE = /\$\{([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?\}/g;

/**
 * Replaces variables in place, in values and never in keys. An empty variable counts as unset where it has a default;
 * one that is unset and has none stays as it is written, and is reported.
 */
export function replaceVariables(document: Document, lines: LineCounter, env: NodeJS.ProcessEnv): ReplacedVariables {
  const unset: UnsetVariable[] = [];
  const replaced = new Set<string>();
  visit(document, {
    Scalar(key, node, ancestors) {
      if (key === 'key' || typeof node.value !== 'string' || !node.value.includes('${')) return;
      const path = pathOf(ancestors, key);
      node.value = node.value.replace(VARIABLE, (written, name: string, fallback: string | undefined) => {
        const value = env[name];
        if (value !== undefined && (value !== '' || fallback === undefined)) return value;
        if (fallback !== undefined) return fallback;
        unset.push({ name, path, place: placeOf(lines, node.range?.[0] ?? 0) });
        return written;
      });
      replaced.add(pointerOf(path));
    },
  });
  return { unset, replaced };
}

/** @throws SrgitError SRGIT_ENV_UNSET naming the first of them. */
export function refuseUnset(file: string, unset: readonly UnsetVariable[]): void {
  const [first] = unset;
  if (!first) return;
  const { name, place, missing } = first;
  if (missing !== undefined) {
    throw new SrgitError('SRGIT_CONFIG_MISSING', `${file}:${place} ${missing.message}`, { hint: missing.hint });
  }
  throw new SrgitError('SRGIT_ENV_UNSET', `${file}:${place} ${describeUnset(first)}`, {
    hint: `Set the environment variable ${name}, or give it a default: \${${name}:-value}.`,
  });
}

export function describeUnset({ name, missing }: UnsetVariable): string {
  return missing?.message ?? `\${${name}} is not set`;
}

/** RFC 6901, as ajv names places. */
export function pointerOf(path: readonly string[]): string {
  return path.map((part) => `/${part.replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}

function pathOf(ancestors: readonly unknown[], key: number | 'key' | 'value' | null): string[] {
  const path = ancestors.flatMap((node, at) => {
    if (isPair(node)) return [isScalar(node.key) ? String(node.key.value) : String(node.key)];
    const next = ancestors[at + 1];
    // An item of a sequence is named by its index; the pairs of a mapping name themselves.
    const items: unknown = typeof node === 'object' && node !== null && 'items' in node ? node.items : undefined;
    if (!Array.isArray(items) || next === undefined || isPair(next)) return [];
    return [String(items.indexOf(next))];
  });
  return typeof key === 'number' ? [...path, String(key)] : path;
}
