/** Setting and removing config and mode of a level, each a thin function that ends with a known outcome. */
import { isJsonObject, type JsonObject, type JsonValue } from '../model/json.ts';
import { levelPath } from './paths.ts';
import { settleWrite, type WriteOptions } from './settle-write.ts';
import type { RegistryClient } from './types.ts';

/**
 * `PUT /mode/{level}`, or `DELETE` for null. IMPORT is always set with `force=true`: without it Confluent hard-deletes
 * every soft-deleted version in scope (observed on 8.3.1), and refuses where there is a live one.
 *
 * @param level '' is the registry's own, else a qualified subject or `:.ctx:`.
 */
export function setMode(
  client: RegistryClient,
  level: string,
  mode: string | null,
  options: WriteOptions = {},
): Promise<true> {
  const path = levelPath('mode', level);
  return settleWrite<true>(
    {
      send: async () => {
        if (mode === null) await client.send('DELETE', path, { allow: UNSET });
        else {
          await client.send('PUT', path, {
            body: { mode },
            query: { force: mode.toUpperCase() === 'IMPORT' || undefined },
          });
        }
        return true;
      },
      look: async () => {
        const own = await readOwnMode(client, level);
        // The top level always shows a mode, set or not.
        const unset = own === undefined || (level === '' && own === 'READWRITE');
        return (mode === null ? unset : own?.toUpperCase() === mode.toUpperCase()) ? true : undefined;
      },
    },
    options,
  );
}

/** The level's own mode; undefined when it has none. */
export async function readOwnMode(
  client: RegistryClient,
  level: string,
  signal?: AbortSignal,
): Promise<string | undefined> {
  const { ok, body } = await client.get(levelPath('mode', level), { allow: [404], signal });
  const mode = ok && isJsonObject(body) ? body['mode'] : undefined;
  return typeof mode === 'string' ? mode : undefined;
}

/**
 * `PUT /config/{level}`, or `DELETE` for null.
 *
 * @param config members by their names in the request (`compatibility`): PUT is a merge, so that what is to be unset
 * has to be there as null.
 */
export function setConfig(
  client: RegistryClient,
  level: string,
  config: JsonObject | null,
  options: WriteOptions = {},
): Promise<true> {
  const path = levelPath('config', level);
  return settleWrite<true>(
    {
      send: async () => {
        if (config === null) await client.send('DELETE', path, { allow: UNSET });
        else await client.send('PUT', path, { body: config });
        return true;
      },
      look: async () => ((await showsConfig(client, level, config)) ? true : undefined),
    },
    options,
  );
}

/** Whether the level has the config that was put; for null, whether it has none. */
export async function showsConfig(client: RegistryClient, level: string, config: JsonObject | null): Promise<boolean> {
  const { ok, body } = await client.get(levelPath('config', level), { allow: [404] });
  if (config === null) return !ok || (level === '' && isBuiltIn(body));
  return ok && isJsonObject(body) && shows(body, config);
}

/** Nothing is set at the level: 40408 and 40409, 40401 from DELETE and from older servers. */
const UNSET = [40401, 40408, 40409] as const;

/** The top level always shows a level of compatibility. */
function isBuiltIn(body: JsonValue | undefined): boolean {
  return isJsonObject(body) && Object.keys(body).every((name) => name === 'compatibilityLevel');
}

/** Whether an answer of `GET /config` is what was put. A missing level is filled in by the server: it proves nothing. */
function shows(body: JsonObject, config: JsonObject): boolean {
  return Object.entries(config).every(([name, value]) => {
    const shown = body[name === 'compatibility' ? 'compatibilityLevel' : name];
    if (value === null) return name === 'compatibility' || shown === undefined || shown === null;
    return name === 'compatibility' && typeof value === 'string'
      ? typeof shown === 'string' && shown.toUpperCase() === value.toUpperCase()
      : sorted(shown) === sorted(value);
  });
}

/** JSON with sorted members: equal values have equal texts. */
function sorted(value: JsonValue | undefined): string {
  return (
    JSON.stringify(value, (_, member: unknown) =>
      isJsonObject(member)
        ? Object.fromEntries(Object.entries(member).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)))
        : member,
    ) ?? ''
  );
}
