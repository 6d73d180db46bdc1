/** Joins file, environment and flags into one validated configuration. Flags beat environment beats file. */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, isAbsolute, resolve } from 'node:path';
import { SrgitError } from '../errors.ts';
import { SCHEMA_TYPES } from '../model/schema-version.ts';
import { nearestName, parseRawConfig, type RawConfig, type RawRegistry } from './raw-config.ts';
import type {
  AuthSettings,
  BackupSettings,
  Config,
  ConfigFlags,
  ProxySettings,
  RegistrySettings,
  TlsSettings,
} from './types.ts';

/** Looked for in the working folder when --config does not name one. */
export const CONFIG_FILES = ['srgit.yaml', 'srgit.yml'] as const;

/** Folder of the tree where nothing says otherwise. */
export const DEFAULT_TREE = 'schemas';

/**
 * @param flags what the command line says.
 * @param env the process's environment.
 * @param cwd the working folder: relative paths of flags and environment start here, those of the file at the file.
 * @throws SrgitError SRGIT_CONFIG_INVALID, SRGIT_CONFIG_MISSING, SRGIT_ENV_UNSET
 */
export function loadConfig(flags: ConfigFlags, env: NodeJS.ProcessEnv, cwd: string): Config {
  const file = findFile(flags.config ?? env['SRGIT_CONFIG'], cwd);
  const raw = file === undefined ? {} : parseRawConfig(readText(file, 'SRGIT_CONFIG_MISSING'), file, env);
  const base = file === undefined ? cwd : dirname(file);
  const chosenTree = flags.tree ?? nonEmpty(env['SRGIT_TREE']);
  const tree = chosenTree === undefined ? resolve(base, raw.tree ?? DEFAULT_TREE) : resolve(cwd, chosenTree);
  const registry = chooseRegistry(raw, flags, env, base, cwd);
  const branch = flags.branch ?? raw.git?.branch;
  const authorName = flags.authorName ?? raw.git?.author_name;
  const authorEmail = flags.authorEmail ?? raw.git?.author_email;
  return {
    ...(file === undefined ? {} : { file }),
    tree,
    ...(registry === undefined ? {} : { registry }),
    backup: backupSettings(raw, flags),
    git: {
      remote: flags.remote ?? raw.git?.remote ?? 'origin',
      ...(branch === undefined ? {} : { branch }),
      ...(authorName === undefined ? {} : { authorName }),
      ...(authorEmail === undefined ? {} : { authorEmail }),
    },
  };
}

/** The registry that a command needs. @throws SrgitError SRGIT_CONFIG_MISSING when none is configured. */
export function requireRegistry(config: Config): RegistrySettings {
  if (config.registry) return config.registry;
  throw new SrgitError('SRGIT_CONFIG_MISSING', 'no registry is configured', {
    hint: 'Pass --url https://registry:8081, set SRGIT_URL, or list it under `registries:` in srgit.yaml.',
  });
}

function findFile(named: string | undefined, cwd: string): string | undefined {
  if (named !== undefined && named !== '') {
    const file = resolve(cwd, named);
    if (existsSync(file)) return file;
    throw new SrgitError('SRGIT_CONFIG_MISSING', `there is no configuration file ${named}`, {
      hint: 'Check --config.',
    });
  }
  return CONFIG_FILES.map((name) => resolve(cwd, name)).find((file) => existsSync(file));
}

function chooseRegistry(
  raw: RawConfig,
  flags: ConfigFlags,
  env: NodeJS.ProcessEnv,
  base: string,
  cwd: string,
): RegistrySettings | undefined {
  const urls =
    flags.url ??
    nonEmpty(env['SRGIT_URL'])
      ?.split(',')
      .map((url) => url.trim());
  const wanted = flags.registry ?? nonEmpty(env['SRGIT_REGISTRY']) ?? raw.registry;
  const names = Object.keys(raw.registries ?? {});
  const only = names.length === 1 ? names[0] : undefined;
  const name = wanted ?? (urls === undefined ? only : undefined);
  const found = name === undefined ? undefined : raw.registries?.[name];
  if (name !== undefined && found === undefined && urls === undefined) {
    const nearest = nearestName(name, names);
    throw new SrgitError('SRGIT_CONFIG_MISSING', `no registry ${JSON.stringify(name)} is configured`, {
      hint:
        nearest === undefined
          ? `Known: ${names.join(', ') || 'none; list it under `registries:` in srgit.yaml'}.`
          : `Did you mean ${JSON.stringify(nearest)}?`,
    });
  }
  if (urls === undefined && found === undefined) {
    if (names.length < 2) return undefined;
    throw new SrgitError('SRGIT_CONFIG_MISSING', `several registries are configured: ${names.join(', ')}`, {
      hint: 'Choose one with --registry, or set `registry:` in srgit.yaml.',
    });
  }
  return registrySettings(name, found, urls, flags, env, base, cwd);
}

function registrySettings(
  name: string | undefined,
  raw: RawRegistry | undefined,
  urls: readonly string[] | undefined,
  flags: ConfigFlags,
  env: NodeJS.ProcessEnv,
  base: string,
  cwd: string,
): RegistrySettings {
  const chosen = urls ?? list(raw?.url) ?? [];
  for (const url of chosen) checkUrl(url);
  const timeout = raw?.timeout_seconds;
  const concurrency = flags.concurrency ?? raw?.concurrency;
  return {
    ...(name === undefined ? {} : { name }),
    urls: chosen,
    auth: authSettings(raw?.auth, flags, env),
    tls: tlsSettings(raw?.tls, flags, env, base, cwd),
    headers: { ...raw?.headers, ...parseHeaders(flags.headers ?? []) },
    proxy: proxySettings(env),
    ...(concurrency === undefined ? {} : { concurrency }),
    ...(timeout === undefined ? {} : { timeoutMs: Math.round(timeout * 1000) }),
  };
}

function checkUrl(url: string): void {
  let parsed: URL | undefined;
  try {
    parsed = new URL(url);
  } catch {
    parsed = undefined;
  }
  if (parsed && (parsed.protocol === 'http:' || parsed.protocol === 'https:')) return;
  const shown = url.replace(/\/\/[^/@]*@/, '//***@');
  throw new SrgitError('SRGIT_CONFIG_INVALID', `${JSON.stringify(shown)} is not the URL of a registry`, {
    hint: 'Write it in full: https://registry.example.com:8081',
  });
}

function authSettings(raw: RawRegistry['auth'], flags: ConfigFlags, env: NodeJS.ProcessEnv): AuthSettings {
  const username = flags.username ?? nonEmpty(env['SRGIT_USERNAME']) ?? raw?.username;
  const password = env['SRGIT_PASSWORD'] ?? raw?.password;
  const token = nonEmpty(env['SRGIT_TOKEN']) ?? raw?.token;
  const type =
    raw?.type ??
    (username !== undefined ? 'basic' : token !== undefined ? 'bearer' : raw?.token_url ? 'oauth' : 'none');
  switch (type) {
    case 'basic':
      return {
        type,
        username: required(username, 'auth.username (or SRGIT_USERNAME)'),
        password: required(password, 'auth.password (or SRGIT_PASSWORD)'),
      };
    case 'bearer':
      return { type, token: required(token, 'auth.token (or SRGIT_TOKEN)') };
    case 'oauth': {
      const { scope, logical_cluster: logicalCluster, identity_pool_id: identityPoolId } = raw ?? {};
      return {
        type,
        tokenUrl: required(raw?.token_url, 'auth.token_url'),
        clientId: required(raw?.client_id, 'auth.client_id'),
        clientSecret: required(raw?.client_secret, 'auth.client_secret'),
        ...(scope === undefined ? {} : { scope }),
        ...(logicalCluster === undefined ? {} : { logicalCluster }),
        ...(identityPoolId === undefined ? {} : { identityPoolId }),
      };
    }
    default:
      return { type };
  }
}

function required(value: string | undefined, what: string): string {
  if (value !== undefined && value !== '') return value;
  throw new SrgitError('SRGIT_CONFIG_INVALID', `${what} is missing`, {
    hint: 'Set it in srgit.yaml or the environment.',
  });
}

function tlsSettings(
  raw: RawRegistry['tls'],
  flags: ConfigFlags,
  env: NodeJS.ProcessEnv,
  base: string,
  cwd: string,
): TlsSettings {
  const pem = (flag: string | undefined, variable: string, key: string | undefined): string | undefined => {
    const named = flag ?? nonEmpty(env[variable]);
    if (named !== undefined) return readText(resolve(cwd, named), 'SRGIT_CONFIG_INVALID');
    if (key === undefined) return undefined;
    return readText(isAbsolute(key) ? key : resolve(base, key), 'SRGIT_CONFIG_INVALID');
  };
  const caCert = pem(flags.caCert, 'SRGIT_CA_CERT', raw?.ca_cert);
  const clientCert = pem(flags.clientCert, 'SRGIT_CLIENT_CERT', raw?.client_cert);
  const clientKey = pem(flags.clientKey, 'SRGIT_CLIENT_KEY', raw?.client_key);
  const passphrase = env['SRGIT_CLIENT_KEY_PASSWORD'] ?? raw?.client_key_password;
  if ((clientCert === undefined) !== (clientKey === undefined)) {
    throw new SrgitError('SRGIT_CONFIG_INVALID', 'a client certificate needs its key, and a key its certificate', {
      hint: 'Set both tls.client_cert and tls.client_key.',
    });
  }
  return {
    ...(caCert === undefined ? {} : { caCert }),
    ...(clientCert === undefined ? {} : { clientCert }),
    ...(clientKey === undefined ? {} : { clientKey }),
    ...(passphrase === undefined ? {} : { passphrase }),
  };
}

function proxySettings(env: NodeJS.ProcessEnv): ProxySettings {
  const http = nonEmpty(env['HTTP_PROXY'] ?? env['http_proxy']);
  const https = nonEmpty(env['HTTPS_PROXY'] ?? env['https_proxy']);
  const noProxy = nonEmpty(env['NO_PROXY'] ?? env['no_proxy']);
  return {
    ...(http === undefined ? {} : { http }),
    ...(https === undefined ? {} : { https }),
    ...(noProxy === undefined ? {} : { noProxy }),
  };
}

function parseHeaders(lines: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    lines.map((line) => {
      const colon = line.indexOf(':');
      if (colon > 0) return [line.slice(0, colon).trim(), line.slice(colon + 1).trim()];
      throw new SrgitError('SRGIT_USAGE', '--header needs the form "Name: value"', {
        hint: 'Example: --header "X-Team: data"',
      });
    }),
  );
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

function readText(file: string, code: 'SRGIT_CONFIG_INVALID' | 'SRGIT_CONFIG_MISSING'): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    const reason = error instanceof Error && 'code' in error ? String(error.code) : 'cannot be read';
    throw new SrgitError(code, `${file} cannot be read: ${reason}`, {
      hint: 'Check the path and its permissions.',
      cause: error,
    });
  }
}

function list(value: string | readonly string[] | undefined): readonly string[] | undefined {
  return typeof value === 'string' ? [value] : value;
}

function nonEmpty(value: string | undefined): string | undefined {
  return value === '' ? undefined : value;
}
