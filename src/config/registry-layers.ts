/** Registries as they are reached: what environment and flags say over the file, setting by setting. */
import { resolve } from 'node:path';
import type { RawConfig } from './raw-types.ts';
import { type ChosenRegistry, chooseRegistry, impliedType, parseHeaders } from './registry-settings.ts';
import { nonEmpty } from './setting.ts';
import type { SettingLayers } from './setting-layers.ts';
import type { ConfigFlags } from './types.ts';

interface Given {
  readonly flags: ConfigFlags;
  readonly env: NodeJS.ProcessEnv;
  readonly cwd: string;
}

/** The same rules as those of `registrySettings`, which a test holds it to. */
export function layerRegistries(layers: SettingLayers, raw: RawConfig, given: Given): void {
  const places = Object.entries(raw.registries ?? {}).map(([name, { auth }]) => {
    const at = ['registries', name];
    if (auth?.type === undefined) setType(layers, at, impliedType(auth, auth?.username ?? auth?.password, auth?.token));
    return at;
  });
  const chosen = chooseIfAny(raw, given);
  if (chosen !== undefined) {
    const at = ['registries', chosen.name ?? '(url)'];
    places.push(at);
    layerChoice(layers, raw, chosen, given);
    layerAuth(layers, at, chosen, given);
    layerRest(layers, at, given);
  }
  for (const at of places) dropUnusedKeys(layers, at);
}

function layerChoice(
  layers: SettingLayers,
  raw: RawConfig,
  { name, urls }: ChosenRegistry,
  { flags, env }: Given,
): void {
  if (name !== undefined) {
    const variable = flags.registry === undefined ? nonEmpty(env['SRGIT_REGISTRY']) : undefined;
    if (flags.registry !== undefined) layers.set(['registry'], name, '--registry');
    else if (variable !== undefined) layers.set(['registry'], name, 'SRGIT_REGISTRY');
    else if (raw.registry === undefined) layers.set(['registry'], name, 'the only one');
  }
  const at = ['registries', name ?? '(url)', 'url'];
  layers.set(at, urls, flags.url === undefined ? 'SRGIT_URL' : '--url');
}

function layerAuth(layers: SettingLayers, at: readonly string[], { raw }: ChosenRegistry, { flags, env }: Given): void {
  const username = flags.username ?? nonEmpty(env['SRGIT_USERNAME']);
  const token = nonEmpty(env['SRGIT_TOKEN']);
  const password = nonEmpty(env['SRGIT_PASSWORD']);
  const from = flags.username === undefined ? 'SRGIT_USERNAME' : '--username';
  const auth = [...at, 'auth'];
  layers.set([...auth, 'username'], username, from);
  layers.set([...auth, 'password'], password, 'SRGIT_PASSWORD');
  layers.set([...auth, 'token'], token, 'SRGIT_TOKEN');
  if (username !== undefined) layers.set([...auth, 'type'], 'basic', from);
  else if (token !== undefined) layers.set([...auth, 'type'], 'bearer', 'SRGIT_TOKEN');
  else if (raw?.auth?.type === undefined) {
    const basic = raw?.auth?.username ?? password ?? raw?.auth?.password;
    setType(layers, at, impliedType(raw?.auth, basic, raw?.auth?.token));
  }
}

function layerRest(layers: SettingLayers, at: readonly string[], { flags, env, cwd }: Given): void {
  for (const [key, flag, option, variable] of [
    ['ca_cert', flags.caCert, '--ca-cert', 'SRGIT_CA_CERT'],
    ['client_cert', flags.clientCert, '--client-cert', 'SRGIT_CLIENT_CERT'],
    ['client_key', flags.clientKey, '--client-key', 'SRGIT_CLIENT_KEY'],
  ] as const) {
    const value = flag ?? nonEmpty(env[variable]);
    if (value !== undefined) {
      layers.set([...at, 'tls', key], resolve(cwd, value), flag === undefined ? variable : option);
    }
  }
  const passphrase = 'SRGIT_CLIENT_KEY_PASSWORD';
  layers.set([...at, 'tls', 'client_key_password'], nonEmpty(env[passphrase]), passphrase);
  for (const [name, value] of Object.entries(parseHeaders(flags.headers ?? []))) {
    layers.set([...at, 'headers', name], value, '--header');
  }
  layers.set([...at, 'concurrency'], flags.concurrency, '--concurrency');
}

/** Several registries and none chosen is no mistake here: all of them are shown; so is one that is off. */
function chooseIfAny(raw: RawConfig, { flags, env }: Given): ChosenRegistry | undefined {
  const names = Object.keys(raw.registries ?? {});
  const isByUrl = (flags.url ?? nonEmpty(env['SRGIT_URL'])) !== undefined;
  const named = flags.registry ?? nonEmpty(env['SRGIT_REGISTRY']);
  if (isByUrl) return chooseRegistry(raw, flags, env);
  const name = named ?? raw.registry ?? (names.length === 1 ? names[0] : undefined);
  if (name === undefined) return undefined;
  const registry = names.includes(name) ? raw.registries?.[name] : undefined;
  const isUsable = registry !== undefined && registry.enabled !== false && registry.url !== undefined;
  return registry === undefined || isUsable ? chooseRegistry(raw, flags, env) : { name, raw: registry };
}

function setType(layers: SettingLayers, at: readonly string[], type: string): void {
  layers.set([...at, 'auth', 'type'], type, type === 'none' ? 'default' : 'told by the other keys');
}

const KEYS_OF_TYPE: Readonly<Record<string, readonly string[]>> = {
  basic: ['username', 'password'],
  bearer: ['token'],
  oauth: ['token_url', 'client_id', 'client_secret', 'scope', 'logical_cluster', 'identity_pool_id'],
};

/** Credentials of another kind than the one in force are not sent. */
function dropUnusedKeys(layers: SettingLayers, at: readonly string[]): void {
  const type = layers.get([...at, 'auth', 'type'])?.value;
  const used = KEYS_OF_TYPE[typeof type === 'string' ? type : ''] ?? [];
  for (const key of Object.values(KEYS_OF_TYPE).flat()) {
    if (!used.includes(key)) layers.delete([...at, 'auth', key]);
  }
}
