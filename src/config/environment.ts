/** Variables of the environment that stand for settings of one registry, one cluster, or the storage. */
import { resolve } from 'node:path';
import { SrgitError } from '../errors.ts';
import { isRecord } from './conversion.ts';
import type { RawConfig } from './raw-types.ts';
import { type Refuse, stopAtFirst } from './refuse.ts';
import { nonEmpty } from './setting.ts';

interface Variable {
  /** Keys below the registry, the cluster or the storage. */
  readonly path: readonly string[];
  /** How its text is read; `file` starts relative paths at the working folder. */
  readonly as?: 'list' | 'file' | 'boolean';
  readonly oneOf?: readonly string[];
  /** A setting that goes with it. */
  readonly implies?: { readonly path: readonly string[]; readonly value: string };
}

const TLS: Readonly<Record<string, Variable>> = {
  CA_CERT: { path: ['tls', 'ca_cert'], as: 'file' },
  CLIENT_CERT: { path: ['tls', 'client_cert'], as: 'file' },
  CLIENT_KEY: { path: ['tls', 'client_key'], as: 'file' },
  CLIENT_KEY_PASSWORD: { path: ['tls', 'client_key_password'] },
};

const kind = (value: string) => ({ implies: { path: ['auth', 'type'], value } });

/** After `SRGIT_REGISTRY_<NAME>_`. */
export const REGISTRY_VARIABLES: Readonly<Record<string, Variable>> = {
  URL: { path: ['url'], as: 'list' },
  USERNAME: { path: ['auth', 'username'], ...kind('basic') },
  PASSWORD: { path: ['auth', 'password'] },
  TOKEN: { path: ['auth', 'token'], ...kind('bearer') },
  TOKEN_URL: { path: ['auth', 'token_url'] },
  CLIENT_ID: { path: ['auth', 'client_id'] },
  CLIENT_SECRET: { path: ['auth', 'client_secret'], ...kind('oauth') },
  SCOPE: { path: ['auth', 'scope'] },
  ...TLS,
};

/** After `SRGIT_KAFKA_<NAME>_`. */
export const CLUSTER_VARIABLES: Readonly<Record<string, Variable>> = {
  BOOTSTRAP_SERVERS: { path: ['bootstrap_servers'], as: 'list' },
  PROTOCOL: { path: ['security', 'protocol'], oneOf: ['PLAINTEXT', 'SSL', 'SASL_PLAINTEXT', 'SASL_SSL'] },
  MECHANISM: { path: ['security', 'mechanism'], oneOf: ['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512', 'OAUTHBEARER'] },
  USERNAME: { path: ['security', 'username'] },
  PASSWORD: { path: ['security', 'password'] },
  TOKEN: { path: ['security', 'token'] },
  TOKEN_URL: { path: ['security', 'token_url'] },
  CLIENT_ID: { path: ['security', 'client_id'] },
  CLIENT_SECRET: { path: ['security', 'client_secret'] },
  SCOPE: { path: ['security', 'scope'] },
  ...TLS,
};

/** After `SRGIT_STORAGE_`. */
export const STORAGE_VARIABLES: Readonly<Record<string, Variable>> = {
  BACKEND: { path: ['backend'], oneOf: ['filesystem', 's3'] },
  PATH: { path: ['path'], as: 'file', implies: { path: ['backend'], value: 'filesystem' } },
  BUCKET: { path: ['bucket'], implies: { path: ['backend'], value: 's3' } },
  PREFIX: { path: ['prefix'] },
  REGION: { path: ['region'] },
  ENDPOINT: { path: ['endpoint'] },
  PATH_STYLE: { path: ['path_style'], as: 'boolean' },
  ALLOW_HTTP: { path: ['allow_http'], as: 'boolean' },
  ACCESS_KEY: { path: ['access_key'] },
  SECRET_KEY: { path: ['secret_key'] },
  SESSION_TOKEN: { path: ['session_token'] },
  BACKUP_ID: { path: ['backup_id'] },
};

export interface EnvironmentSetting {
  /** Keys in the words of srgit.yaml. */
  readonly path: readonly string[];
  readonly value: string | boolean | readonly string[];
  readonly variable: string;
}

/**
 * What the environment says of the registries and clusters that the file or the command line names.
 *
 * @param cwd where relative paths start.
 * @throws SrgitError SRGIT_CONFIG_INVALID naming a variable whose text cannot be read.
 */
export function environmentSettings(
  env: NodeJS.ProcessEnv,
  names: { readonly registries: readonly string[]; readonly clusters: readonly string[] },
  cwd: string,
  refuse: Refuse = stopAtFirst,
): readonly EnvironmentSetting[] {
  const found: EnvironmentSetting[] = [];
  const take = (prefix: string, at: readonly string[], variables: Readonly<Record<string, Variable>>): void => {
    const implied: EnvironmentSetting[] = [];
    for (const [suffix, { path, as, oneOf, implies }] of Object.entries(variables)) {
      const variable = prefix + suffix;
      const text = nonEmpty(env[variable]);
      if (text === undefined) continue;
      if ((oneOf !== undefined && !oneOf.includes(text)) || (as === 'boolean' && !/^(true|false)$/.test(text))) {
        const hint = { hint: `One of ${(oneOf ?? ['true', 'false']).join(', ')}.` };
        refuse(new SrgitError('SRGIT_CONFIG_INVALID', `${variable} has a value that is not known`, hint), []);
        continue;
      }
      const value =
        as === 'list'
          ? text.split(',').map((part) => part.trim())
          : as === 'file'
            ? resolve(cwd, text)
            : as === 'boolean'
              ? text === 'true'
              : text;
      found.push({ path: [...at, ...path], value, variable });
      if (implies !== undefined) implied.push({ path: [...at, ...implies.path], value: implies.value, variable });
    }
    const said = new Set(found.map(({ path }) => path.join('\0')));
    found.push(...implied.filter(({ path }) => !said.has(path.join('\0'))));
  };
  for (const name of names.registries) {
    take(`SRGIT_REGISTRY_${variableName(name)}_`, ['registries', name], REGISTRY_VARIABLES);
  }
  for (const name of names.clusters) take(`SRGIT_KAFKA_${variableName(name)}_`, ['kafka', name], CLUSTER_VARIABLES);
  take('SRGIT_STORAGE_', ['storage'], STORAGE_VARIABLES);
  return found;
}

/** The file's settings with these over them; what is given stays as it is. */
export function withEnvironment(raw: RawConfig, settings: readonly EnvironmentSetting[]): RawConfig {
  return settings.reduce<unknown>((made, { path, value }) => withValue(made, path, value), raw) as RawConfig;
}

function withValue(holder: unknown, [key, ...rest]: readonly string[], value: unknown): unknown {
  if (key === undefined) return value;
  const before = isRecord(holder) ? holder : {};
  const inner = Object.hasOwn(before, key) ? before[key] : undefined;
  return { ...before, [key]: withValue(inner, rest, value) };
}

/** `dr-2` is DR_2. */
function variableName(name: string): string {
  return name.toUpperCase().replaceAll(/[^A-Z0-9]/g, '_');
}
