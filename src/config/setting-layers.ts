/** Settings one by one, each with where it comes from: defaults, the file, the environment, flags, in that order. */

import { resolveSchema, type SettingSchema, schemaOf } from './config-form.ts';
import { isRecord } from './conversion.ts';

export interface LayeredSetting {
  /** Keys in the words of srgit.yaml. */
  readonly path: readonly string[];
  readonly value: unknown;
  readonly origin: string;
}

const ROOT = schemaOf('srgit');

/** Settings by their path; a later one replaces an earlier one of the same path. */
export class SettingLayers {
  readonly #settings = new Map<string, LayeredSetting>();

  set(path: readonly string[], value: unknown, origin: string): void {
    if (value === undefined) return;
    this.#settings.set(keyOf(path), { path, value, origin });
  }

  get(path: readonly string[]): LayeredSetting | undefined {
    return this.#settings.get(keyOf(path));
  }

  delete(path: readonly string[]): void {
    this.#settings.delete(keyOf(path));
  }

  /** Each single setting of plain data; a mapping that a person fills is one setting, but for what may be secret. */
  setAll(data: unknown, originOf: (path: readonly string[]) => string): void {
    const walk = (value: unknown, schema: SettingSchema, path: readonly string[]): void => {
      const { properties, additionalProperties: others } = resolveSchema(schema, ROOT);
      const inner = typeof others === 'object' ? resolveSchema(others, ROOT) : undefined;
      const isSection = properties !== undefined || inner?.properties !== undefined || inner?.writeOnly === true;
      if (!isRecord(value) || !isSection) {
        this.set(path, value, originOf(path));
        return;
      }
      for (const [key, child] of Object.entries(value)) {
        const known = properties !== undefined && Object.hasOwn(properties, key) ? properties[key] : inner;
        walk(child, known ?? {}, [...path, key]);
      }
    };
    walk(data, ROOT, []);
  }

  /** Defaults of a section, as its schema has them. */
  setDefaults(path: readonly string[]): void {
    for (const [key, schema] of Object.entries(schemaAt(path).properties ?? {})) {
      const { default: value } = resolveSchema(schema, ROOT);
      if (value !== undefined) this.set([...path, key], value, 'default');
    }
  }

  /** In the order of the schema. */
  list(): readonly LayeredSetting[] {
    return [...this.#settings.values()]
      .map((setting) => ({ setting, rank: rankOf(setting.path) }))
      .sort((a, b) => compareRanks(a.rank, b.rank))
      .map(({ setting }) => setting);
  }
}

export function schemaAt(path: readonly string[]): SettingSchema {
  let schema: SettingSchema = ROOT;
  for (const key of path) {
    const { properties, additionalProperties: others } = schema;
    const known = properties !== undefined && Object.hasOwn(properties, key) ? properties[key] : undefined;
    schema = resolveSchema(known ?? (typeof others === 'object' ? others : {}), ROOT);
  }
  return schema;
}

function keyOf(path: readonly string[]): string {
  return JSON.stringify(path);
}

function rankOf(path: readonly string[]): readonly (number | string)[] {
  return path.map((key, depth) => {
    const keys = Object.keys(schemaAt(path.slice(0, depth)).properties ?? {});
    const index = keys.indexOf(key);
    return index < 0 ? key : index;
  });
}

function compareRanks(a: readonly (number | string)[], b: readonly (number | string)[]): number {
  for (let index = 0; index < Math.min(a.length, b.length); index++) {
    const [left = 0, right = 0] = [a[index], b[index]];
    if (left === right) continue;
    if (typeof left === 'number' && typeof right === 'number') return left - right;
    return String(left) < String(right) ? -1 : 1;
  }
  return a.length - b.length;
}
