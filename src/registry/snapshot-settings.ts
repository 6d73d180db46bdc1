/**
 * Config and mode of every level, told apart from inherited ones. This is most of a snapshot's requests: two for each
 * subject, most of them answered "not set" (40408, 40409; 40401 from older servers).
 */
import { isJsonObject, type JsonObject, type JsonValue } from '../model/json.ts';
import type { LevelSettings } from '../model/registry-snapshot.ts';
import type { ConfigRecord } from '../model/schema-version.ts';
import { contextSubject, DEFAULT_CONTEXT, GLOBAL_CONTEXT } from '../model/subject-name.ts';
import { mapConcurrent } from './map-concurrent.ts';
import { ABSENT_SUBJECT, levelPath } from './paths.ts';
import { addGap } from './snapshot-listing.ts';
import { CALLS_AT_ONCE, type SnapshotReading } from './snapshot-types.ts';

type Kind = 'config' | 'mode';

/** Refusals in a row, with no answer at all, after which a resource is not asked for any more. */
const REFUSALS_TO_STOP = 16;

/** What Confluent shows at the two top levels when nothing is stored there (observed on 8.3.1). */
const BUILT_IN = { compatibility: 'BACKWARD', mode: 'READWRITE' } as const;

/** Apicurio's answer for a subject that sets nothing, whatever its global level (observed, 2.6.13 and 3.3.3). */
const APICURIO_UNSET: JsonValue = { compatibilityLevel: 'NONE' };

interface Access {
  answered: number;
  readonly refused: string[];
  why: string;
}

/**
 * Reads levels and remembers what was refused. Where the server answers unset levels too (`subjectConfig: 'filled'`), a
 * config equal to what an unset subject is answered counts as unset: Apicurio's NONE, elsewhere the answer for a subject
 * that does not exist. A subject explicitly set to that same value cannot be told from one that sets nothing.
 */
export class SettingsReader {
  readonly #reading: SnapshotReading;
  readonly #access: Record<Kind, Access> = {
    config: { answered: 0, refused: [], why: '' },
    mode: { answered: 0, refused: [], why: '' },
  };
  #filler: Promise<string | undefined> | undefined;

  constructor(reading: SnapshotReading) {
    this.#reading = reading;
  }

  /** `levels`: qualified subjects or context subjects. Levels that set nothing are absent from the answer. */
  async readLevels(levels: readonly string[], onLevel?: () => void): Promise<Map<string, LevelSettings>> {
    const found = new Map<string, LevelSettings>();
    await mapConcurrent(
      levels,
      CALLS_AT_ONCE,
      async (level, signal) => {
        const [config, mode] = await Promise.all([this.#readConfig(level, signal), this.#readMode(level, signal)]);
        if (config !== undefined || mode !== undefined) found.set(level, levelSettings(config, mode));
        onLevel?.();
      },
      this.#reading.signal,
    );
    return found;
  }

  /**
   * The two top levels. Both are always answered, set or not: `:.__GLOBAL:` showing the built-in values counts as
   * unset, and so does a default context that shows them while its subjects really inherit from a set `:.__GLOBAL:`.
   */
  async readTop(): Promise<{ readonly defaultContext: LevelSettings; readonly global: LevelSettings }> {
    const top = contextSubject(GLOBAL_CONTEXT);
    const levels = await this.readLevels(this.#reading.capabilities.contexts ? ['', top] : ['']);
    const own = levels.get('') ?? {};
    const above = levels.get(top) ?? {};
    const global = levelSettings(
      above.config?.compatibility === BUILT_IN.compatibility && isEmpty(above.config.fields) ? undefined : above.config,
      above.mode === BUILT_IN.mode ? undefined : above.mode,
    );
    return { defaultContext: await this.#withoutInherited(own, global), global };
  }

  async #withoutInherited(own: LevelSettings, global: LevelSettings): Promise<LevelSettings> {
    let { config, mode } = own;
    if (mode === BUILT_IN.mode && global.mode !== undefined) {
      const effective = await this.#ask('mode', ABSENT_SUBJECT, this.#reading.signal, true);
      if (isJsonObject(effective) && effective['mode'] === global.mode) mode = undefined;
    }
    const level = global.config?.compatibility;
    if (config?.compatibility === BUILT_IN.compatibility && level !== undefined && level !== BUILT_IN.compatibility) {
      const effective = await this.#ask('config', ABSENT_SUBJECT, this.#reading.signal, true);
      if (isJsonObject(effective) && effective['compatibilityLevel'] === level) {
        config = isEmpty(config.fields) ? undefined : { fields: config.fields };
      }
    }
    return levelSettings(config, mode);
  }

  /** To be called once, after the last level: turns refusals into gaps. */
  recordGaps(): void {
    for (const kind of ['config', 'mode'] as const) {
      const { answered, refused, why } = this.#access[kind];
      if (refused.length === 0) continue;
      if (answered === 0) addGap(this.#reading, kind, undefined, why);
      else for (const level of refused) addGap(this.#reading, kind, level || contextSubject(DEFAULT_CONTEXT), why);
    }
  }

  async #readConfig(level: string, signal: AbortSignal): Promise<ConfigRecord | undefined> {
    const body = await this.#ask('config', level, signal);
    if (!isJsonObject(body)) return undefined;
    if (this.#reading.capabilities.subjectConfig === 'filled' && level !== '') {
      this.#filler ??= this.#findFiller();
      if (JSON.stringify(body) === (await this.#filler)) return undefined;
    }
    return readConfigRecord(body);
  }

  /** What a subject that sets nothing is answered, as JSON text. */
  async #findFiller(): Promise<string | undefined> {
    const { capabilities, signal } = this.#reading;
    const unset = capabilities.kind === 'apicurio' ? APICURIO_UNSET : await this.#ask('config', ABSENT_SUBJECT, signal);
    return unset === undefined ? undefined : JSON.stringify(unset);
  }

  async #readMode(level: string, signal: AbortSignal): Promise<string | undefined> {
    if (this.#reading.capabilities.modes === 'none') return undefined;
    const body = await this.#ask('mode', level, signal);
    const mode = isJsonObject(body) ? body['mode'] : undefined;
    return typeof mode === 'string' ? mode : undefined;
  }

  async #ask(
    kind: Kind,
    level: string,
    signal: AbortSignal | undefined,
    effective = false,
  ): Promise<JsonValue | undefined> {
    const access = this.#access[kind];
    if (access.answered === 0 && access.refused.length >= REFUSALS_TO_STOP) return undefined;
    const answer = await this.#reading.client.get(levelPath(kind, level), {
      ...(effective ? { query: { defaultToGlobal: true } } : {}),
      signal,
      allow: [401, 403, 404],
    });
    if (answer.status === 401 || answer.status === 403) {
      access.refused.push(level);
      access.why = `the registry refused GET /${kind} (HTTP ${answer.status})`;
      return undefined;
    }
    access.answered++;
    return answer.ok ? answer.body : undefined;
  }
}

/** The registry's answer under the model's names. Null means unset. */
export function readConfigRecord(body: JsonObject): ConfigRecord {
  const { compatibilityLevel, ...rest } = body;
  const fields = Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== null));
  return typeof compatibilityLevel === 'string' ? { compatibility: compatibilityLevel, fields } : { fields };
}

function levelSettings(config: ConfigRecord | undefined, mode: string | undefined): LevelSettings {
  return { ...(config === undefined ? {} : { config }), ...(mode === undefined ? {} : { mode }) };
}

function isEmpty(fields: JsonObject): boolean {
  return Object.keys(fields).length === 0;
}
