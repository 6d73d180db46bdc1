/** Which registry a command is about, and how to reach it. */
import { isAbsolute, resolve } from 'node:path';
import { SrgitError } from '../errors.ts';
import { nearestName } from './nearest-name.ts';
import type { RawConfig, RawRegistry } from './raw-types.ts';
import { type Refuse, stopAtFirst } from './refuse.ts';
import { list, nonEmpty, readText } from './setting.ts';
import type { AuthSettings, ConfigFlags, ProxySettings, RegistrySettings, TlsSettings } from './types.ts';

export interface ChosenRegistry {
  /** Its name in srgit.yaml; absent when it is named by URL alone. */
  readonly name?: string;
  readonly raw?: RawRegistry;
  /** Instead of the file's. */
  readonly urls?: readonly string[];
}

/**
 * The registry meant by flags, environment and file; undefined when none is configured.
 *
 * A URL from outside the file comes with the file's settings, credentials above all, only where a registry is named
 * beside it: a password must not go to another server than the one it was written down for.
 *
 * @throws SrgitError SRGIT_CONFIG_MISSING for an unknown name, or when it is not clear which of several is meant.
 */
export function chooseRegistry(raw: RawConfig, flags: ConfigFlags, env: NodeJS.ProcessEnv): ChosenRegistry | undefined {
  const urls =
    flags.url ??
    nonEmpty(env['SRGIT_URL'])
      ?.split(',')
      .map((url) => url.trim());
  const registries = new Map(Object.entries(raw.registries ?? {}));
  const names = [...registries.keys()];
  const only = names.length === 1 ? names[0] : undefined;
  const name =
    flags.registry ?? nonEmpty(env['SRGIT_REGISTRY']) ?? (urls === undefined ? (raw.registry ?? only) : undefined);
  const found = name === undefined ? undefined : registries.get(name);
  if (name !== undefined && found === undefined && urls === undefined) {
    const nearest = nearestName(name, names);
    const known = names.join(', ') || 'none; list it under `registries:` in srgit.yaml';
    throw new SrgitError('SRGIT_CONFIG_MISSING', `no registry ${JSON.stringify(name)} is configured`, {
      hint: nearest === undefined ? `Known: ${known}.` : `Did you mean ${JSON.stringify(nearest)}?`,
    });
  }
  if (urls === undefined && found === undefined) {
    if (names.length < 2) return undefined;
    throw new SrgitError('SRGIT_CONFIG_MISSING', `several registries are configured: ${names.join(', ')}`, {
      hint: 'Choose one with --registry, or set `registry:` in srgit.yaml.',
    });
  }
  if (urls === undefined && found?.enabled === false) {
    throw new SrgitError('SRGIT_USAGE', `the configuration says that the registry ${JSON.stringify(name)} is off`, {
      hint: 'Set its `enabled` to true, or take it out.',
    });
  }
  if (urls === undefined && found !== undefined && found.url === undefined) {
    throw new SrgitError('SRGIT_CONFIG_MISSING', `the registry ${JSON.stringify(name)} has no url`, {
      hint: `Set it in the file, or give --registry ${name} --url https://registry:8081.`,
    });
  }
  return {
    ...(name === undefined ? {} : { name }),
    ...(found === undefined ? {} : { raw: found }),
    ...(urls === undefined ? {} : { urls }),
  };
}

/** Folders that relative paths start at: `base` those of the file, `cwd` those of flags and environment. */
interface Folders {
  readonly base: string;
  readonly cwd: string;
}

/** @throws SrgitError SRGIT_CONFIG_INVALID for a setting that is missing, wrong or contradicts another. */
export function registrySettings(
  { name, raw, urls }: ChosenRegistry,
  flags: ConfigFlags,
  env: NodeJS.ProcessEnv,
  folders: Folders,
  refuse: Refuse = stopAtFirst,
): RegistrySettings {
  const at = name === undefined ? [] : ['registries', name];
  const chosen = urls ?? list(raw?.url) ?? [];
  for (const url of chosen) checkUrl(url, refuse, [...at, 'url']);
  const timeout = raw?.timeout_seconds;
  const concurrency = flags.concurrency ?? raw?.concurrency;
  const needed: Needed = (value, what, key) => {
    if (value !== undefined && value !== '') return value;
    const hint = { hint: 'Set it in srgit.yaml or the environment.' };
    refuse(new SrgitError('SRGIT_CONFIG_INVALID', `${what} is missing`, hint), [...at, ...key]);
    return '';
  };
  const auth = authSettings(raw?.auth, flags, env, needed);
  const tls = tlsSettings(raw?.tls, flags, env, folders, refuse, [...at, 'tls']);
  if (auth.type === 'mtls') needed(tls.clientCert, 'tls.client_cert (or SRGIT_CLIENT_CERT)', ['auth', 'type']);
  return {
    ...(name === undefined ? {} : { name }),
    urls: chosen,
    auth,
    tls,
    headers: { ...raw?.headers, ...parseHeaders(flags.headers ?? []) },
    proxy: proxySettings(env),
    ...(concurrency === undefined ? {} : { concurrency }),
    ...(timeout === undefined ? {} : { timeoutMs: Math.round(timeout * 1000) }),
  };
}

/** A setting that has to be there. */
type Needed = (value: string | undefined, what: string, key: readonly string[]) => string;

function checkUrl(url: string, refuse: Refuse, path: readonly string[]): void {
  let parsed: URL | undefined;
  try {
    parsed = new URL(url);
  } catch {
    parsed = undefined;
  }
  if (parsed && (parsed.protocol === 'http:' || parsed.protocol === 'https:')) return;
  // Everything up to the last @ may be a password, also where the address is wrong around it.
  const shown = url.replace(/^([a-z]+:\/\/)?.*@/is, '$1***@');
  refuse(
    new SrgitError('SRGIT_CONFIG_INVALID', `${JSON.stringify(shown)} is not the URL of a registry`, {
      hint: 'Write it in full: https://registry.example.com:8081',
    }),
    path,
  );
}

function authSettings(
  raw: RawRegistry['auth'],
  flags: ConfigFlags,
  env: NodeJS.ProcessEnv,
  needed: Needed,
): AuthSettings {
  const givenUsername = flags.username ?? nonEmpty(env['SRGIT_USERNAME']);
  const givenToken = nonEmpty(env['SRGIT_TOKEN']);
  const username = givenUsername ?? raw?.username;
  const password = nonEmpty(env['SRGIT_PASSWORD']) ?? raw?.password;
  const token = givenToken ?? raw?.token;
  // Flags and environment beat the file also in the kind of authentication.
  const given = givenUsername !== undefined ? 'basic' : givenToken !== undefined ? 'bearer' : undefined;
  const type = given ?? raw?.type ?? impliedType(raw, username ?? password, token);
  switch (type) {
    case 'basic':
      return {
        type,
        username: needed(username, 'auth.username (or SRGIT_USERNAME)', ['auth', 'username']),
        password: needed(password, 'auth.password (or SRGIT_PASSWORD)', ['auth', 'password']),
      };
    case 'bearer':
      return { type, token: needed(token, 'auth.token (or SRGIT_TOKEN)', ['auth', 'token']) };
    case 'oauth': {
      const { scope, logical_cluster: logicalCluster, identity_pool_id: identityPoolId } = raw ?? {};
      return {
        type,
        tokenUrl: needed(raw?.token_url, 'auth.token_url', ['auth', 'token_url']),
        clientId: needed(raw?.client_id, 'auth.client_id', ['auth', 'client_id']),
        clientSecret: needed(raw?.client_secret, 'auth.client_secret', ['auth', 'client_secret']),
        ...(scope === undefined ? {} : { scope }),
        ...(logicalCluster === undefined ? {} : { logicalCluster }),
        ...(identityPoolId === undefined ? {} : { identityPoolId }),
      };
    }
    default:
      return { type };
  }
}

/** The kind that the keys speak of, where `type` is left out. */
export function impliedType(
  raw: RawRegistry['auth'],
  basic: string | undefined,
  token: string | undefined,
): AuthSettings['type'] {
  if (basic !== undefined) return 'basic';
  if (token !== undefined) return 'bearer';
  return raw?.token_url !== undefined || raw?.client_id !== undefined ? 'oauth' : 'none';
}

function tlsSettings(
  raw: RawRegistry['tls'],
  flags: ConfigFlags,
  env: NodeJS.ProcessEnv,
  { base, cwd }: Folders,
  refuse: Refuse,
  at: readonly string[],
): TlsSettings {
  const pem = (
    flag: string | undefined,
    variable: string,
    key: 'ca_cert' | 'client_cert' | 'client_key',
  ): string | undefined => {
    const named = flag ?? nonEmpty(env[variable]);
    const written = raw?.[key];
    const path = [...at, key];
    if (named !== undefined) return readText(resolve(cwd, named), 'SRGIT_CONFIG_INVALID', refuse, path);
    if (written === undefined) return undefined;
    return readText(isAbsolute(written) ? written : resolve(base, written), 'SRGIT_CONFIG_INVALID', refuse, path);
  };
  const caCert = pem(flags.caCert, 'SRGIT_CA_CERT', 'ca_cert');
  const clientCert = pem(flags.clientCert, 'SRGIT_CLIENT_CERT', 'client_cert');
  const clientKey = pem(flags.clientKey, 'SRGIT_CLIENT_KEY', 'client_key');
  const passphrase = nonEmpty(env['SRGIT_CLIENT_KEY_PASSWORD']) ?? raw?.client_key_password;
  if ((clientCert === undefined) !== (clientKey === undefined)) {
    refuse(
      new SrgitError('SRGIT_CONFIG_INVALID', 'a client certificate needs its key, and a key its certificate', {
        hint: 'Set both tls.client_cert and tls.client_key.',
      }),
      at,
    );
  }
  return {
    ...(caCert === undefined ? {} : { caCert }),
    ...(clientCert === undefined ? {} : { clientCert }),
    ...(clientKey === undefined ? {} : { clientKey }),
    ...(passphrase === undefined ? {} : { passphrase }),
  };
}

function proxySettings(env: NodeJS.ProcessEnv): ProxySettings {
  const http = nonEmpty(env['HTTP_PROXY']) ?? nonEmpty(env['http_proxy']);
  const https = nonEmpty(env['HTTPS_PROXY']) ?? nonEmpty(env['https_proxy']);
  const noProxy = nonEmpty(env['NO_PROXY']) ?? nonEmpty(env['no_proxy']);
  return {
    ...(http === undefined ? {} : { http }),
    ...(https === undefined ? {} : { https }),
    ...(noProxy === undefined ? {} : { noProxy }),
  };
}

export function parseHeaders(lines: readonly string[]): Record<string, string> {
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
