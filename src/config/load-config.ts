/** Joins file, environment and flags into one validated configuration. Flags beat environment beats file. */
import { existsSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { SrgitError } from '../errors.ts';
import { backupSettings } from './backup-settings.ts';
import { environmentSettings, withEnvironment } from './environment.ts';
import { parseRawConfig } from './raw-config.ts';
import type { RawConfig } from './raw-types.ts';
import { recordSettings } from './record-settings.ts';
import { chooseRegistry, registrySettings } from './registry-settings.ts';
import { restoreSettings } from './restore-settings.ts';
import { DEFAULT_TREE, nonEmpty, readText } from './setting.ts';
import type { Config, ConfigFlags, RegistrySettings } from './types.ts';
import { pointerOf, refuseUnset } from './variables.ts';

/** Looked for in the working folder when --config does not name one. */
export const CONFIG_FILES = ['srgit.yaml', 'srgit.yml'] as const;

/** What of the configuration a command needs: what it does not need may be incomplete. */
export interface ConfigNeeds {
  /** False: no registry is looked at, so that neither its secrets nor its certificates need be there. */
  readonly registry: boolean;
  /** False, the default: the `restore` section is not looked at. */
  readonly restore?: boolean;
  /** Absent: nothing about records is looked at; else the clusters named, and whether the storage is. */
  readonly records?: { readonly clusters: readonly string[]; readonly storage: boolean };
}

/**
 * @param flags what the command line says.
 * @param env the process's environment.
 * @param cwd the working folder: relative paths of flags and environment start here, those of the file at the file.
 * @throws SrgitError SRGIT_USAGE, SRGIT_CONFIG_INVALID, SRGIT_CONFIG_MISSING, SRGIT_ENV_UNSET
 */
export function loadConfig(
  flags: ConfigFlags,
  env: NodeJS.ProcessEnv,
  cwd: string,
  needs: ConfigNeeds = { registry: true },
): Config {
  refuseEmptyFlags(flags);
  const file = findFile(flags.config, nonEmpty(env['SRGIT_CONFIG']), cwd);
  const parsed = file === undefined ? undefined : parseRawConfig(readText(file, 'SRGIT_CONFIG_MISSING'), file, env);
  const base = file === undefined ? cwd : dirname(file);
  const given = environmentSettings(env, namesOf(parsed?.raw ?? {}, flags, env, needs.records?.clusters), cwd);
  const raw = withEnvironment(parsed?.raw ?? {}, given);
  const chosen = needs.registry ? chooseRegistry(raw, flags, env) : undefined;
  if (file !== undefined && parsed !== undefined) {
    const replaced = new Set(given.map(({ path }) => pointerOf(path)));
    refuseUnset(
      file,
      parsed.unset.filter(
        ({ path }) => !replaced.has(pointerOf(path)) && (parsed.hasAliases || isNeeded(path, needs, chosen?.name)),
      ),
    );
  }
  const registry = chosen && registrySettings(chosen, flags, env, { base, cwd });
  const chosenTree = flags.tree ?? nonEmpty(env['SRGIT_TREE']);
  const tree = chosenTree === undefined ? resolve(base, raw.tree ?? DEFAULT_TREE) : resolve(cwd, chosenTree);
  const branch = flags.branch ?? raw.git?.branch;
  const authorName = flags.authorName ?? raw.git?.author_name;
  const authorEmail = flags.authorEmail ?? raw.git?.author_email;
  return {
    ...(file === undefined ? {} : { file }),
    ...(parsed === undefined || parsed.notes.length === 0
      ? {}
      : { notes: parsed.notes.map(({ place, text }) => `${file}:${place} ${text}`) }),
    tree,
    ...(registry === undefined ? {} : { registry }),
    backup: backupSettings(raw, flags),
    restore: restoreSettings(needs.restore === true ? raw.restore : undefined, base),
    git: {
      remote: flags.remote ?? raw.git?.remote ?? 'origin',
      ...(branch === undefined ? {} : { branch }),
      ...(authorName === undefined ? {} : { authorName }),
      ...(authorEmail === undefined ? {} : { authorEmail }),
    },
    ...(needs.records === undefined ? {} : { records: recordSettings(raw, needs.records, base) }),
  };
}

/** What the environment may have settings of. */
export function namesOf(
  raw: RawConfig,
  flags: ConfigFlags,
  env: NodeJS.ProcessEnv,
  clusters: readonly string[] = [],
): { readonly registries: readonly string[]; readonly clusters: readonly string[] } {
  const named = [flags.registry, nonEmpty(env['SRGIT_REGISTRY'])].filter((name) => name !== undefined);
  return {
    registries: [...new Set([...Object.keys(raw.registries ?? {}), ...named])],
    clusters: [...new Set([...Object.keys(raw.kafka ?? {}), ...clusters.filter((name) => !name.includes(':'))])],
  };
}

/** `--tree "$UNSET"` must not mean another folder than the one that was meant. */
function refuseEmptyFlags(flags: ConfigFlags): void {
  for (const [key, value] of Object.entries(flags)) {
    const values: readonly unknown[] = Array.isArray(value) ? value : [value];
    if (!values.includes('')) continue;
    throw new SrgitError('SRGIT_USAGE', `--${FLAG_NAMES[key] ?? key} is empty`, {
      hint: 'Give it a value or leave it out; an unset variable of the shell often is the reason.',
    });
  }
}

/** Flags whose name is not that of the setting. */
const FLAG_NAMES: Readonly<Record<string, string>> = {
  subjects: 'subject',
  headers: 'header',
  caCert: 'ca-cert',
  clientCert: 'client-cert',
  clientKey: 'client-key',
  authorName: 'author-name',
  authorEmail: 'author-email',
};

/** The registry that a command needs. @throws SrgitError SRGIT_CONFIG_MISSING when none is configured. */
export function requireRegistry(config: Config): RegistrySettings {
  if (config.registry) return config.registry;
  throw new SrgitError('SRGIT_CONFIG_MISSING', 'no registry is configured', {
    hint: 'Pass --url https://registry:8081, set SRGIT_URL, or list it under `registries:` in srgit.yaml.',
  });
}

/**
 * Settings of the environment that are about the registry that a command is for: they are nobody else's, above all not
 * of the registry that a restore reads from.
 */
export const TARGET_VARIABLES: readonly string[] = [
  'SRGIT_URL',
  'SRGIT_REGISTRY',
  'SRGIT_USERNAME',
  'SRGIT_PASSWORD',
  'SRGIT_TOKEN',
];

/** The file that is meant. @throws SrgitError SRGIT_CONFIG_MISSING where there is none. */
export function requireFile(flag: string | undefined, env: NodeJS.ProcessEnv, cwd: string): string {
  refuseEmptyFlags({ config: flag });
  const file = findFile(flag, nonEmpty(env['SRGIT_CONFIG']), cwd);
  if (file !== undefined) return file;
  throw new SrgitError('SRGIT_CONFIG_MISSING', `there is no ${CONFIG_FILES[0]} in this folder`, {
    hint: 'Name the file with --config, or write one with `srgit init`.',
  });
}

export function findFile(flag: string | undefined, variable: string | undefined, cwd: string): string | undefined {
  const named = flag ?? variable;
  if (named !== undefined) {
    const file = resolve(cwd, named);
    if (existsSync(file)) return file;
    throw new SrgitError('SRGIT_CONFIG_MISSING', `there is no configuration file ${named}`, {
      hint: flag === undefined ? 'Check SRGIT_CONFIG.' : 'Check --config.',
    });
  }
  return CONFIG_FILES.map((name) => resolve(cwd, name)).find((file) => existsSync(file));
}

/** Whether the command looks at the setting at this path of the file. */
function isNeeded([section, name]: readonly string[], needs: ConfigNeeds, registry: string | undefined): boolean {
  switch (section) {
    case 'registries':
      return name === registry;
    case 'restore':
      return needs.restore === true;
    case 'kafka':
      return name !== undefined && needs.records?.clusters.includes(name) === true;
    case 'storage':
      return needs.records?.storage === true;
    case 'replay':
      return needs.records !== undefined;
    default:
      return true;
  }
}
