/** Everything that is wrong with a configuration file, at once: no registry and no cluster is asked. */
import { dirname } from 'node:path';
import type { ConfigForm } from '../../config/config-form.ts';
import { environmentSettings, withEnvironment } from '../../config/environment.ts';
import { clusterSettings } from '../../config/kafka-settings.ts';
import { namesOf, TARGET_VARIABLES } from '../../config/load-config.ts';
import { nearestName } from '../../config/nearest-name.ts';
import { type ParsedConfig, readConfig } from '../../config/raw-config.ts';
import type { RawConfig } from '../../config/raw-types.ts';
import { recordSettings, storageSettings } from '../../config/record-settings.ts';
import type { Refuse } from '../../config/refuse.ts';
import { registrySettings } from '../../config/registry-settings.ts';
import { restoreSettings } from '../../config/restore-settings.ts';
import { readText } from '../../config/setting.ts';
import { describeUnset, type UnsetVariable } from '../../config/variables.ts';
import { isSrgitError, SrgitError } from '../../errors.ts';
import { readIdMapping } from '../restore/plan-options.ts';

export interface ConfigMistake {
  /** Both from 1; absent for what is not in the file. */
  readonly line?: number;
  readonly column?: number;
  readonly message: string;
  readonly hint?: string;
}

export interface ConfigCheck {
  readonly file: string;
  readonly form?: ConfigForm;
  readonly valid: boolean;
  /** In the order of the file. */
  readonly mistakes: readonly ConfigMistake[];
  /** Keys that do not apply, and why. */
  readonly notes: readonly ConfigMistake[];
}

/**
 * @param file absolute path.
 * @param cwd where relative paths of the environment start.
 * @throws SrgitError SRGIT_CONFIG_MISSING for a file that cannot be read.
 */
export function checkConfig(file: string, env: NodeJS.ProcessEnv, cwd: string): ConfigCheck {
  const { mistakes: shape, parsed } = readConfig(readText(file, 'SRGIT_CONFIG_MISSING'), env);
  const found = shape.map(({ place, text }) => at(place, text));
  if (parsed !== undefined) found.push(...checkSettings(parsed, dirname(file), env, cwd));
  const seen = new Set<string>();
  const mistakes = found
    .filter(({ line, column, message }) => {
      const key = `${line}:${column} ${message}`;
      return !seen.has(key) && seen.add(key);
    })
    .sort((a, b) => (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0));
  return {
    file,
    ...(parsed === undefined ? {} : { form: parsed.form }),
    valid: mistakes.length === 0,
    mistakes,
    notes: (parsed?.notes ?? []).map(({ place, text }) => at(place, text)),
  };
}

/** What fits together by its shape, and is still wrong. */
function checkSettings(parsed: ParsedConfig, base: string, env: NodeJS.ProcessEnv, cwd: string): ConfigMistake[] {
  const found: ConfigMistake[] = [];
  const collect = (error: SrgitError, path: readonly string[]): void => {
    const { message, hint } = error;
    const place = path.length === 0 ? undefined : parsed.place(path);
    const more = hint === undefined ? {} : { hint };
    found.push(place === undefined ? { message, ...more } : { ...at(place, message), ...more });
  };
  const given = environmentSettings(env, namesOf(parsed.raw, {}, env), cwd, collect);
  const raw = withEnvironment(parsed.raw, given);
  const isOff = ([section, name]: readonly string[]): boolean =>
    section === 'registries' && name !== undefined && raw.registries?.[name]?.enabled === false;
  const unset = parsed.unset.filter(
    ({ path }) => !isOff(path) && !given.some((setting) => isWithin(path, setting.path)),
  );
  found.push(
    ...unset.map((variable) => ({ ...at(variable.place, describeUnset(variable)), hint: unsetHint(variable) })),
  );
  // What a variable leaves open cannot be wrong yet.
  const refuse: Refuse = (error, path) => {
    if (!unset.some((variable) => isWithin(variable.path, path) || isWithin(path, variable.path))) collect(error, path);
  };
  checkRegistries(raw, base, env, cwd, refuse);
  for (const name of Object.keys(raw.kafka ?? {})) clusterSettings(name, raw.kafka ?? {}, base, refuse);
  // The backup's name alone is no storage.
  const { backup_id: _, ...storage } = raw.storage ?? {};
  if (Object.keys(storage).length > 0) storageSettings(raw.storage, base, refuse);
  recordSettings(raw, { clusters: [], storage: false }, base, refuse);
  const { idMappingFile } = restoreSettings(raw.restore, base, refuse);
  if (idMappingFile !== undefined) {
    try {
      readIdMapping(idMappingFile);
    } catch (error) {
      if (!isSrgitError(error)) throw error;
      refuse(error, ['restore', 'id_mapping_file']);
    }
  }
  return found;
}

function checkRegistries(raw: RawConfig, base: string, env: NodeJS.ProcessEnv, cwd: string, refuse: Refuse): void {
  const registries = Object.entries(raw.registries ?? {});
  const names = registries.map(([name]) => name);
  const wanted = raw.registry;
  if (wanted !== undefined && !names.includes(wanted)) {
    const nearest = nearestName(wanted, names);
    const hint =
      nearest === undefined ? `Known: ${names.join(', ') || 'none'}.` : `Did you mean ${JSON.stringify(nearest)}?`;
    refuse(new SrgitError('SRGIT_CONFIG_MISSING', `no registry ${JSON.stringify(wanted)} is configured`, { hint }), [
      'registry',
    ]);
  }
  const meant = env['SRGIT_REGISTRY'] || wanted || (names.length === 1 ? names[0] : undefined);
  // Names and passwords of the environment are those of the registry that is meant.
  const foreign = Object.fromEntries(Object.entries(env).filter(([name]) => !TARGET_VARIABLES.includes(name)));
  for (const [name, registry] of registries) {
    if (registry.enabled === false) continue;
    registrySettings({ name, raw: registry }, {}, name === meant ? env : foreign, { base, cwd }, refuse);
  }
}

function at(place: string, message: string): ConfigMistake {
  const [line, column] = place.split(':').map(Number);
  return line === undefined || column === undefined ? { message } : { line, column, message };
}

function isWithin(inner: readonly string[], outer: readonly string[]): boolean {
  return outer.every((key, index) => inner[index] === key);
}

function unsetHint({ name, missing }: UnsetVariable): string {
  return missing?.hint ?? `Set the environment variable ${name}, or give it a default: \${${name}:-value}.`;
}
