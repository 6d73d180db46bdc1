/** Joins file, environment and flags into one validated configuration. Flags beat environment beats file. */
import { existsSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { SrgitError } from '../errors.ts';
import { SCHEMA_TYPES } from '../model/schema-version.ts';
import { parseRawConfig, type RawConfig } from './raw-config.ts';
import { recordSettings } from './record-settings.ts';
import { chooseRegistry, registrySettings } from './registry-settings.ts';
import { restoreSettings } from './restore-settings.ts';
import { list, nonEmpty, readText } from './setting.ts';
import type { BackupSettings, Config, ConfigFlags, RegistrySettings } from './types.ts';
import { refuseUnset } from './variables.ts';

/** Looked for in the working folder when --config does not name one. */
export const CONFIG_FILES = ['srgit.yaml', 'srgit.yml'] as const;

/** Folder of the tree where nothing says otherwise. */
export const DEFAULT_TREE = 'schemas';

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
  const { raw, unset, hasAliases } =
    file === undefined
      ? { raw: {}, unset: [], hasAliases: false }
      : parseRawConfig(readText(file, 'SRGIT_CONFIG_MISSING'), file, env);
  const base = file === undefined ? cwd : dirname(file);
  const chosen = needs.registry ? chooseRegistry(raw, flags, env) : undefined;
  if (file !== undefined) {
    const isUsed = ([section = '', name]: readonly string[]) =>
      section === 'registries'
        ? name === chosen?.name
        : section === 'restore'
          ? needs.restore === true
          : section === 'kafka'
            ? name !== undefined && needs.records?.clusters.includes(name) === true
            : section === 'storage'
              ? needs.records?.storage === true
              : section !== 'replay' || needs.records !== undefined;
    refuseUnset(
      file,
      unset.filter(({ path }) => hasAliases || isUsed(path)),
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

function findFile(flag: string | undefined, variable: string | undefined, cwd: string): string | undefined {
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

function backupSettings(raw: RawConfig, flags: ConfigFlags): BackupSettings {
  const { backup } = raw;
  return {
    selection: {
      include: flags.subjects ?? list(backup?.subjects) ?? ['*'],
      exclude: flags.exclude ?? list(backup?.exclude) ?? [],
    },
    includeSoftDeleted: flags.includeSoftDeleted ?? backup?.include_soft_deleted ?? true,
    versions: flags.versions ?? backup?.include_versions ?? 'all',
    includeReferences:
      flags.includeReferences ?? backup?.include_references ?? backup?.protobuf?.include_dependencies ?? true,
    includeSensitive: flags.includeSensitive ?? backup?.include_sensitive ?? false,
    schemaTypes: flags.schemaTypes ?? backup?.schema_types ?? SCHEMA_TYPES,
  };
}
