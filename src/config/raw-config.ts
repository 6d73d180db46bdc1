/** srgit.yaml as it stands: parsed, its variables replaced, its shape checked with places a person can find. */
import { Ajv2020, type ErrorObject } from 'ajv/dist/2020.js';
import { type Document, isCollection, isNode, isScalar, LineCounter, parseDocument, visit } from 'yaml';
import { SrgitError } from '../errors.ts';
import type { SchemaType } from '../model/schema-version.ts';
import schema from './config.schema.json' with { type: 'json' };

export interface RawRegistry {
  readonly url: string | readonly string[];
  readonly auth?: {
    readonly type?: 'none' | 'basic' | 'bearer' | 'oauth' | 'mtls';
    readonly username?: string;
    readonly password?: string;
    readonly token?: string;
    readonly token_url?: string;
    readonly client_id?: string;
    readonly client_secret?: string;
    readonly scope?: string;
    readonly logical_cluster?: string;
    readonly identity_pool_id?: string;
  };
  readonly tls?: {
    readonly ca_cert?: string;
    readonly client_cert?: string;
    readonly client_key?: string;
    readonly client_key_password?: string;
  };
  readonly headers?: Readonly<Record<string, string>>;
  readonly concurrency?: number;
  readonly timeout_seconds?: number;
}

export interface RawConfig {
  readonly tree?: string;
  readonly registry?: string;
  readonly registries?: Readonly<Record<string, RawRegistry>>;
  readonly backup?: {
    readonly subjects?: string | readonly string[];
    readonly exclude?: string | readonly string[];
    readonly include_soft_deleted?: boolean;
    readonly include_versions?: 'all' | 'latest';
    readonly include_references?: boolean;
    readonly include_sensitive?: boolean;
    readonly schema_types?: readonly SchemaType[];
    readonly protobuf?: { readonly include_dependencies?: boolean };
  };
  readonly git?: {
    readonly branch?: string;
    readonly remote?: string;
    readonly author_name?: string;
    readonly author_email?: string;
  };
}

/**
 * @throws SrgitError SRGIT_CONFIG_INVALID with every mistake, its line and column; SRGIT_ENV_UNSET naming a variable
 * that is used and not set.
 */
export function parseRawConfig(text: string, file: string, env: NodeJS.ProcessEnv): RawConfig {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const mistakes = document.errors.map((error) => `${place(lines, error.pos[0])} ${error.message.split('\n')[0]}`);
  if (mistakes.length > 0) throw invalid(file, mistakes);
  replaceVariables(document, file, lines, env);
  const value: unknown = document.toJS() ?? {};
  const validate = new Ajv2020({ allErrors: true, strict: false, verbose: true }).compile<RawConfig>(schema);
  if (validate(value)) return value;
  const found = (validate.errors ?? [])
    .filter((error) => error.keyword !== 'oneOf' || !hasDeeper(error, validate.errors ?? []))
    .map((error) => describeMistake(error, document, lines));
  throw invalid(file, [...new Set(found)]);
}

const VARIABLE = /\$\{([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?\}/g;

/** `${NAME}` and `${NAME:-default}` in values, never in keys; an empty variable counts as unset where it has a default. */
export function replaceVariable(text: string, env: NodeJS.ProcessEnv, onUnset: (name: string) => never): string {
  return text.replace(VARIABLE, (_, name: string, fallback: string | undefined) => {
    const value = env[name];
    if (value !== undefined && (value !== '' || fallback === undefined)) return value;
    return fallback ?? onUnset(name);
  });
}

function replaceVariables(document: Document, file: string, lines: LineCounter, env: NodeJS.ProcessEnv): void {
  visit(document, {
    Scalar(key, node) {
      if (key === 'key' || typeof node.value !== 'string' || !node.value.includes('${')) return;
      node.value = replaceVariable(node.value, env, (name) => {
        throw new SrgitError(
          'SRGIT_ENV_UNSET',
          `${file}:${place(lines, node.range?.[0] ?? 0)} \${${name}} is not set`,
          {
            hint: `Set the environment variable ${name}, or give it a default: \${${name}:-value}.`,
          },
        );
      });
    },
  });
}

function invalid(file: string, mistakes: readonly string[]): SrgitError {
  const shown = mistakes.slice(0, 12).map((mistake) => `${file}:${mistake}`);
  if (mistakes.length > shown.length) shown.push(`… and ${mistakes.length - shown.length} more`);
  return new SrgitError('SRGIT_CONFIG_INVALID', shown.join('\n'), {
    hint: 'Every key is described in docs/configuration.md.',
  });
}

function place(lines: LineCounter, offset: number): string {
  const { line, col } = lines.linePos(offset);
  return `${line}:${col}`;
}

function hasDeeper(error: ErrorObject, all: readonly ErrorObject[]): boolean {
  return all.some((other) => other !== error && other.instancePath.startsWith(`${error.instancePath}/`));
}

function describeMistake(error: ErrorObject, document: Document, lines: LineCounter): string {
  const path = error.instancePath
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));
  const unknown: unknown = error.params['additionalProperty'];
  if (typeof unknown === 'string') {
    const known = Object.keys((error.parentSchema?.['properties'] as object | undefined) ?? {});
    const nearest = nearestName(unknown, known);
    const at = place(lines, offsetOf(document, [...path, unknown], true));
    const hint = nearest === undefined ? `known here: ${known.join(', ')}` : `did you mean ${JSON.stringify(nearest)}?`;
    return `${at} unknown key ${JSON.stringify(unknown)}${path.length === 0 ? '' : ` in ${path.join('.')}`}; ${hint}`;
  }
  const allowed: unknown = error.params['allowedValues'];
  const what = Array.isArray(allowed) ? `must be one of ${allowed.join(', ')}` : (error.message ?? 'is wrong');
  return `${place(lines, offsetOf(document, path, false))} ${path.join('.') || 'the file'} ${what}`;
}

function offsetOf(document: Document, path: readonly string[], key: boolean): number {
  const last = path.at(-1);
  if (key && last !== undefined) {
    const parent: unknown = path.length === 1 ? document.contents : document.getIn(path.slice(0, -1), true);
    if (isCollection(parent)) {
      for (const item of parent.items) {
        const name: unknown = typeof item === 'object' && item !== null && 'key' in item ? item.key : undefined;
        if (isScalar(name) && String(name.value) === last) return name.range?.[0] ?? 0;
      }
    }
  }
  const node: unknown = path.length === 0 ? document.contents : document.getIn(path, true);
  return isNode(node) ? (node.range?.[0] ?? 0) : 0;
}

/** The known name with the fewest edits to a mistyped one; undefined when none is near. */
export function nearestName(name: string, known: readonly string[]): string | undefined {
  const ranked = known
    .map((candidate) => ({ candidate, distance: editDistance(name.toLowerCase(), candidate.toLowerCase()) }))
    .sort((a, b) => a.distance - b.distance);
  const [best] = ranked;
  return best && best.distance <= Math.max(2, Math.floor(name.length / 3)) ? best.candidate : undefined;
}

function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const cost = a[i - 1] === b[j - 1] ? 0 : 1;
      next.push(Math.min((row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, (row[j - 1] ?? 0) + cost));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
