/** srgit.yaml as it stands: parsed, its variables replaced, its shape checked with places a person can find. */
import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js';
import {
  type Document,
  isCollection,
  isNode,
  isScalar,
  LineCounter,
  parseDocument,
  visit,
  type YAMLParseError,
} from 'yaml';
import { SrgitError } from '../errors.ts';
import type { SchemaType } from '../model/schema-version.ts';
import type { IdPolicy, Strategy } from '../plan/plan.ts';
import schema from './config.schema.json' with { type: 'json' };
import { nearestName } from './nearest-name.ts';
import { placeOf } from './place.ts';
import { pointerOf, replaceVariables, type UnsetVariable } from './variables.ts';

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

export interface RawCluster {
  readonly bootstrap_servers: string | readonly string[];
  readonly client?: 'platformatic' | 'kafkajs';
  readonly client_id?: string;
  readonly security?: {
    readonly protocol?: 'PLAINTEXT' | 'SSL' | 'SASL_PLAINTEXT' | 'SASL_SSL';
    readonly mechanism?: 'PLAIN' | 'SCRAM-SHA-256' | 'SCRAM-SHA-512' | 'OAUTHBEARER';
    readonly username?: string;
    readonly password?: string;
    readonly token?: string;
    readonly token_url?: string;
    readonly client_id?: string;
    readonly client_secret?: string;
    readonly scope?: string;
  };
  readonly tls?: NonNullable<RawRegistry['tls']> & { readonly verify?: boolean };
  readonly connect_timeout_seconds?: number;
  readonly request_timeout_seconds?: number;
}

export interface RawStorage {
  readonly backend?: 'filesystem' | 's3';
  readonly path?: string;
  readonly bucket?: string;
  readonly prefix?: string;
  readonly region?: string;
  readonly endpoint?: string;
  readonly path_style?: boolean;
  readonly allow_http?: boolean;
  readonly access_key?: string;
  readonly secret_key?: string;
  readonly session_token?: string;
}

type RawFraming = 'auto' | 'confluent' | 'none';

export interface RawReplay {
  readonly topics?: string | readonly string[];
  readonly exclude?: string | readonly string[];
  readonly framing?: Readonly<Record<string, RawFraming | { readonly key?: RawFraming; readonly value?: RawFraming }>>;
  readonly contexts?: Readonly<Record<string, string>>;
  readonly topic_mapping?: Readonly<Record<string, string>>;
  readonly on_unknown?: 'fail' | 'pass' | 'dead-letter' | 'skip';
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
  readonly restore?: {
    readonly enabled?: boolean;
    readonly strategy?: Strategy;
    readonly strategy_by_subject?: Readonly<Record<string, Strategy>>;
    readonly id_policy?: IdPolicy;
    readonly id_mapping?: boolean;
    readonly rewrite_ids?: boolean;
    readonly force_ids?: boolean;
    readonly id_mapping_file?: string;
    readonly subject_mapping?: Readonly<Record<string, string>>;
    readonly to_context?: string;
    readonly set_compatibility?: string;
    readonly force_register?: boolean;
    readonly include_soft_deleted?: boolean;
    readonly settings?: boolean;
  };
  readonly git?: {
    readonly branch?: string;
    readonly remote?: string;
    readonly author_name?: string;
    readonly author_email?: string;
  };
  readonly kafka?: Readonly<Record<string, RawCluster>>;
  readonly storage?: RawStorage;
  readonly replay?: RawReplay;
}

export interface ParsedConfig {
  readonly raw: RawConfig;
  /** Variables without a value; those of registries that are not used may stay so. */
  readonly unset: readonly UnsetVariable[];
  /** True when parts of the file are used in several places, so that a value's path does not tell who needs it. */
  readonly hasAliases: boolean;
}

let validator: ValidateFunction<RawConfig> | undefined;

/** @throws SrgitError SRGIT_CONFIG_INVALID with every mistake, its line and column. */
export function parseRawConfig(text: string, file: string, env: NodeJS.ProcessEnv): ParsedConfig {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, merge: true });
  const mistakes = document.errors.map((error) => `${placeOf(lines, error.pos[0])} ${describeYamlError(error)}`);
  if (mistakes.length > 0) throw invalid(file, mistakes);
  let hasAliases = false;
  visit(document, {
    Alias(_, node) {
      hasAliases = true;
      if (node.resolve(document) !== undefined) return;
      // The alias is not named: a password that begins with `*` looks like one.
      throw invalid(file, [
        `${placeOf(lines, node.range?.[0] ?? 0)} an alias (*name) has no anchor (&name) before it; quote a value that begins with *`,
      ]);
    },
  });
  const { unset, replaced } = replaceVariables(document, lines, env);
  const value = toPlainData(document, file);
  validator ??= new Ajv2020({ allErrors: true, strict: false, verbose: true }).compile<RawConfig>(schema);
  const validate = validator;
  const valid = validate(value) || (convertReplaced(value, validate.errors ?? [], replaced) && validate(value));
  if (valid) return { raw: value as RawConfig, unset, hasAliases };
  // A value that is still `${NAME}` is reported as such, and only where it is needed.
  const open = new Set(unset.map(({ path }) => pointerOf(path)));
  const errors = (validate.errors ?? []).filter((error) => !open.has(error.instancePath));
  if (errors.length === 0) return { raw: value as RawConfig, unset, hasAliases };
  const found = errors.map((error) => describeMistake(error, document, lines));
  throw invalid(file, [...new Set(found)]);
}

function toPlainData(document: Document, file: string): unknown {
  try {
    return document.toJS() ?? {};
  } catch {
    // The parser counts what aliases expand to and stops at an amount that no honest file has.
    throw invalid(file, ['1:1 aliases expand to too much']);
  }
}

/** The parser's words without what it quotes: a password that is not YAML must not come out here. */
function describeYamlError(error: YAMLParseError): string {
  const [first = ''] = error.message.split('\n');
  return first.replace(/: .*| \\.*/, '');
}

/** Text that came out of a variable where a number or a boolean is wanted. @returns whether anything was converted. */
function convertReplaced(root: unknown, errors: readonly ErrorObject[], replaced: ReadonlySet<string>): boolean {
  let converted = false;
  for (const { keyword, params, instancePath } of errors) {
    if (keyword !== 'type' || !replaced.has(instancePath)) continue;
    const path = pathOfPointer(instancePath);
    const name = path.pop() ?? '';
    const holder = path.reduce<unknown>((node, part) => (isRecord(node) ? node[part] : undefined), root);
    const text = isRecord(holder) ? holder[name] : undefined;
    if (!isRecord(holder) || typeof text !== 'string') continue;
    const wanted: unknown = params['type'];
    if (wanted === 'boolean' && /^(true|false)$/.test(text)) holder[name] = text === 'true';
    else if ((wanted === 'integer' || wanted === 'number') && /^-?\d+(\.\d+)?$/.test(text)) holder[name] = Number(text);
    else continue;
    converted = true;
  }
  return converted;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

function invalid(file: string, mistakes: readonly string[]): SrgitError {
  const shown = mistakes.slice(0, 12).map((mistake) => `${file}:${mistake}`);
  if (mistakes.length > shown.length) shown.push(`… and ${mistakes.length - shown.length} more`);
  return new SrgitError('SRGIT_CONFIG_INVALID', shown.join('\n'), {
    hint: 'Every key is described in docs/configuration.md.',
  });
}

function describeMistake(error: ErrorObject, document: Document, lines: LineCounter): string {
  const path = pathOfPointer(error.instancePath);
  const unknown: unknown = error.params['additionalProperty'];
  if (typeof unknown === 'string') {
    const known = Object.keys((error.parentSchema?.['properties'] as object | undefined) ?? {});
    const nearest = nearestName(unknown, known);
    const at = placeOf(lines, offsetOf(document, [...path, unknown], true));
    const hint = nearest === undefined ? `known here: ${known.join(', ')}` : `did you mean ${JSON.stringify(nearest)}?`;
    return `${at} unknown key ${JSON.stringify(unknown)}${path.length === 0 ? '' : ` in ${path.join('.')}`}; ${hint}`;
  }
  const allowed: unknown = error.params['allowedValues'];
  const what = Array.isArray(allowed)
    ? `must be one of ${allowed.join(', ')}`
    : (error.message?.replace('string,array', 'a string or a list') ?? 'is wrong');
  return `${placeOf(lines, offsetOf(document, path, false))} ${path.join('.') || 'the file'} ${what}`;
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

function pathOfPointer(pointer: string): string[] {
  return pointer
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));
}
