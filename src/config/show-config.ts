/** The configuration as it applies, each setting with where it comes from, and no secret. */
import { dirname, isAbsolute, resolve } from 'node:path';
import { hideCredentials } from '../errors.ts';
import type { ConfigForm } from './config-form.ts';
import { environmentSettings, withEnvironment } from './environment.ts';
import { findFile, namesOf } from './load-config.ts';
import { type ParsedConfig, parseRawConfig } from './raw-config.ts';
import type { RawConfig } from './raw-types.ts';
import { layerRegistries } from './registry-layers.ts';
import { restoreSettings } from './restore-settings.ts';
import { DEFAULT_TREE, nonEmpty, readText } from './setting.ts';
import { type LayeredSetting, SettingLayers, schemaAt } from './setting-layers.ts';
import type { ConfigFlags } from './types.ts';

export interface ShownSetting {
  /** Keys in the words of srgit.yaml; a registry that is named by URL only is `(url)`. */
  readonly path: readonly string[];
  /** The same with dots. */
  readonly key: string;
  /** Secrets are `***`. */
  readonly value: unknown;
  /** `default`, `FILE:LINE:COLUMN`, the name of a variable or a flag. */
  readonly origin: string;
}

export interface ShownConfig {
  readonly file?: string;
  readonly form?: ConfigForm;
  readonly settings: readonly ShownSetting[];
  /** Keys of the file that do not apply, and why, each with its place. */
  readonly notes: readonly string[];
}

/** @throws SrgitError SRGIT_CONFIG_INVALID, SRGIT_CONFIG_MISSING */
export function showConfig(flags: ConfigFlags, env: NodeJS.ProcessEnv, cwd: string): ShownConfig {
  const { file, parsed, settings } = layerSettings(flags, env, cwd);
  const open = new Map((parsed?.unset ?? []).map((variable) => [JSON.stringify(variable.path), variable]));
  return {
    ...(file === undefined ? {} : { file }),
    ...(parsed === undefined ? {} : { form: parsed.form }),
    settings: settings.map(({ path, value, origin }) => {
      const unset = open.get(JSON.stringify(path));
      const gap =
        unset === undefined || !origin.startsWith(`${file}:`) ? '' : `, ${unset.name || 'its Secret'} is not set`;
      return { path, key: path.join('.'), value: masked(path, value), origin: origin + gap };
    }),
    notes: (parsed?.notes ?? []).map(({ place, text }) => `${file}:${place} ${text}`),
  };
}

/** The same with secrets, as the settings are used. */
export function layerSettings(flags: ConfigFlags, env: NodeJS.ProcessEnv, cwd: string) {
  const file = findFile(flags.config, nonEmpty(env['SRGIT_CONFIG']), cwd);
  const parsed = file === undefined ? undefined : parseRawConfig(readText(file, 'SRGIT_CONFIG_MISSING'), file, env);
  const base = file === undefined ? cwd : dirname(file);
  const given = environmentSettings(env, namesOf(parsed?.raw ?? {}, flags, env), cwd);
  const raw = withEnvironment(parsed?.raw ?? {}, given);
  const layers = new SettingLayers();
  layers.set(['tree'], DEFAULT_TREE, 'default');
  for (const section of [['backup'], ['restore'], ['git'], ['replay']]) layers.setDefaults(section);
  for (const name of Object.keys(raw.registries ?? {})) layers.setDefaults(['registries', name]);
  for (const [name, { tls }] of Object.entries(raw.kafka ?? {})) {
    layers.setDefaults(['kafka', name]);
    if (tls !== undefined) layers.setDefaults(['kafka', name, 'tls']);
  }
  if (raw.storage?.backend === 's3' || raw.storage?.bucket !== undefined) layers.setDefaults(['storage']);
  if (parsed !== undefined) layers.setAll(parsed.raw, (path) => `${file}:${parsed.place(path)}`);
  for (const { path, value, variable } of given) layers.set(path, value, variable);
  for (const setting of layers.list()) resolvePath(layers, setting, base);
  settleWords(layers, raw, base, originIn(parsed, file));
  layerRegistries(layers, raw, { flags, env, cwd });
  setFlags(layers, flags, env, cwd);
  return { file, parsed, settings: layers.list() };
}

function originIn(parsed: ParsedConfig | undefined, file: string | undefined): (path: readonly string[]) => string {
  return (path) => (parsed === undefined ? 'default' : `${file}:${parsed.place(path)}`);
}

/** Several words for one setting come to the one. */
function settleWords(
  layers: SettingLayers,
  raw: RawConfig,
  base: string,
  origin: (path: readonly string[]) => string,
): void {
  const { restore = {}, backup = {} } = raw;
  const { ids } = restoreSettings(restore, base);
  const key = (['id_policy', 'id_mapping_file', 'force_ids', 'rewrite_ids'] as const).find(
    (word) => restore[word] ?? false,
  );
  if (key !== undefined) layers.set(['restore', 'id_policy'], ids, origin(['restore', key]));
  for (const word of ['id_mapping', 'rewrite_ids', 'force_ids']) layers.delete(['restore', word]);
  const dependencies = backup.protobuf?.include_dependencies;
  const path = ['backup', 'protobuf', 'include_dependencies'];
  if (dependencies !== undefined && backup.include_references === undefined) {
    layers.set(['backup', 'include_references'], dependencies, origin(path));
  }
  layers.delete(path);
}

function setFlags(layers: SettingLayers, flags: ConfigFlags, env: NodeJS.ProcessEnv, cwd: string): void {
  const tree = flags.tree ?? nonEmpty(env['SRGIT_TREE']);
  if (tree !== undefined) layers.set(['tree'], resolve(cwd, tree), flags.tree === undefined ? 'SRGIT_TREE' : '--tree');
  for (const [path, value, flag] of [
    [['backup', 'subjects'], flags.subjects, '--subject'],
    [['backup', 'exclude'], flags.exclude, '--exclude'],
    [['backup', 'include_soft_deleted'], flags.includeSoftDeleted, '--soft-deleted'],
    [['backup', 'include_versions'], flags.versions, '--versions'],
    [['backup', 'include_references'], flags.includeReferences, '--references'],
    [['backup', 'include_sensitive'], flags.includeSensitive, '--include-sensitive'],
    [['backup', 'schema_types'], flags.schemaTypes, '--type'],
    [['git', 'branch'], flags.branch, '--branch'],
    [['git', 'remote'], flags.remote, '--remote'],
    [['git', 'author_name'], flags.authorName, '--author-name'],
    [['git', 'author_email'], flags.authorEmail, '--author-email'],
  ] as const) {
    layers.set(path, value, flag);
  }
}

/** Paths of the file as they are used: from the file's folder. */
function resolvePath(layers: SettingLayers, { path, value, origin }: LayeredSetting, base: string): void {
  const [section, , third] = path;
  const isPath =
    section === 'tree' ||
    (third === 'tls' && /^(ca_cert|client_cert|client_key)$/.test(path[3] ?? '')) ||
    path.join('.') === 'restore.id_mapping_file' ||
    path.join('.') === 'storage.path';
  if (isPath && typeof value === 'string' && !isAbsolute(value)) layers.set(path, resolve(base, value), origin);
}

const HIDDEN = '***';

/** Secrets by the schema's word, and the user part of every address. */
function masked(path: readonly string[], value: unknown): unknown {
  if (Array.isArray(value)) return value.map((item) => masked(path, item));
  if (typeof value !== 'string') return value;
  if (schemaAt(path).writeOnly === true) return value === '' ? '' : HIDDEN;
  // Everything up to the last @ may be a password, also where the address is wrong around it.
  const isAddress = ['url', 'token_url', 'endpoint', 'bootstrap_servers'].includes(path.at(-1) ?? '');
  return isAddress ? value.replace(/^([a-z]+:\/\/)?.*@/is, `$1${HIDDEN}@`) : hideCredentials(value);
}
