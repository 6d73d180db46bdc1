/** What changed between two states of a registry, down to the fields of its schemas. */
import type { JsonValue } from '../model/json.ts';
import type { ContextState, LevelSettings, RegistrySnapshot } from '../model/registry-snapshot.ts';
import type { SchemaType, SchemaVersion } from '../model/schema-version.ts';
import {
  compareContexts,
  contextSubject,
  DEFAULT_CONTEXT,
  formatSubjectName,
  GLOBAL_CONTEXT,
} from '../model/subject-name.ts';
import type { ResolvedSchema } from '../schema/language.ts';
import { diffSchemas, type SchemaDiff } from '../schema/outline/diff-schemas.ts';
import { resolveStored } from '../semantics/references.ts';
import { stateFromSnapshot } from '../semantics/snapshot-state.ts';
import type { RegistryState } from '../semantics/state.ts';
import type { DriftCause } from './drift-cause.ts';

export interface VersionDiff {
  readonly change:
    | 'added'
    | 'removed'
    | 'replaced'
    /** The same content under another id, as in another registry; or what was added by hand has its id now. */
    | 'renumbered'
    | 'soft-deleted'
    | 'undeleted'
    | 'amended';
  readonly version: number;
  readonly schemaType: SchemaType;
  /** Absent for a version that was added by hand and has none yet. */
  readonly id?: number;
  /** Of a renumbered version: the id before; absent where it had none. */
  readonly was?: number;
  /** Of an added or replaced version: the one that it is held against. */
  readonly against?: number;
  readonly schema?: SchemaDiff;
  /** Where one side is a registry, and the other a tree. */
  readonly cause?: DriftCause;
}

export interface SettingDiff {
  /** `compatibility`, `mode`, or a member of the config. */
  readonly setting: string;
  readonly from?: string;
  readonly to?: string;
  readonly cause?: DriftCause;
}

export interface SubjectDiff {
  /** Qualified subject, `:.ctx:`, or `` for the registry. */
  readonly subject: string;
  readonly change: 'added' | 'removed' | 'changed';
  readonly versions: readonly VersionDiff[];
  readonly settings: readonly SettingDiff[];
}

/** A version that has no id yet: it was added to a tree by hand. */
export const UNREGISTERED = -1;

/** @returns subjects that differ, context by context, each level's own settings before its subjects. */
export function diffSnapshots(from: RegistrySnapshot, to: RegistrySnapshot): readonly SubjectDiff[] {
  return new SnapshotDiffer(from, to).diff();
}

class SnapshotDiffer {
  readonly #from: RegistrySnapshot;
  readonly #to: RegistrySnapshot;
  readonly #found: SubjectDiff[] = [];
  #states: { readonly from: RegistryState; readonly to: RegistryState } | undefined;

  constructor(from: RegistrySnapshot, to: RegistrySnapshot) {
    this.#from = from;
    this.#to = to;
  }

  diff(): readonly SubjectDiff[] {
    this.#diffLevel(contextSubject(GLOBAL_CONTEXT), this.#from.global, this.#to.global);
    for (const [name, before, after] of pairByName(this.#from.contexts, this.#to.contexts)) {
      this.#diffLevel(name === DEFAULT_CONTEXT ? '' : contextSubject(name), before ?? {}, after ?? {});
      this.#diffContext(name, before, after);
    }
    return this.#found;
  }

  #diffLevel(subject: string, before: LevelSettings, after: LevelSettings): void {
    const settings = diffSettings(before, after);
    if (settings.length > 0) this.#found.push({ subject, change: 'changed', versions: [], settings });
  }

  #diffContext(context: string, before: ContextState | undefined, after: ContextState | undefined): void {
    for (const [name, old, now] of pairByName(before?.subjects ?? [], after?.subjects ?? [])) {
      const subject = formatSubjectName({ context, subject: name });
      const versions = this.#diffVersions(subject, old?.versions ?? [], now?.versions ?? []);
      const settings = diffSettings(old ?? {}, now ?? {});
      if (versions.length === 0 && settings.length === 0) continue;
      const has = (rows: readonly SchemaVersion[] | undefined): boolean => rows !== undefined && rows.length > 0;
      const change =
        !has(old?.versions) && has(now?.versions)
          ? 'added'
          : has(old?.versions) && !has(now?.versions)
            ? 'removed'
            : 'changed';
      this.#found.push({ subject, change, versions, settings });
    }
  }

  #diffVersions(subject: string, old: readonly SchemaVersion[], now: readonly SchemaVersion[]): readonly VersionDiff[] {
    const before = new Map(old.map((row) => [row.version, row]));
    const found: VersionDiff[] = [];
    for (const row of now) {
      const previous = before.get(row.version);
      before.delete(row.version);
      const change = previous === undefined ? 'added' : kindOfChange(previous, row);
      if (change === undefined) continue;
      const base = describeRow(row, change);
      if (change === 'replaced' && previous) {
        found.push({ ...base, against: row.version, schema: this.#diffTexts(subject, previous, 'from', row) });
      } else if (change === 'added') {
        const lower = now.findLast((one) => one.version < row.version && !one.deleted);
        found.push(
          lower === undefined
            ? base
            : { ...base, against: lower.version, schema: this.#diffTexts(subject, lower, 'to', row) },
        );
      } else if (change === 'renumbered' && previous && previous.id !== UNREGISTERED) {
        found.push({ ...base, was: previous.id });
      } else {
        found.push(base);
      }
    }
    for (const row of before.values()) found.push(describeRow(row, 'removed'));
    return found;
  }

  #diffTexts(subject: string, before: SchemaVersion, side: 'from' | 'to', after: SchemaVersion): SchemaDiff {
    // Built at the first change that needs them: most comparisons find none.
    this.#states ??= { from: stateFromSnapshot(this.#from), to: stateFromSnapshot(this.#to) };
    const { [side]: home, to } = this.#states;
    const resolve = (state: RegistryState, { schemaType, schema, references }: SchemaVersion): ResolvedSchema => ({
      schemaType,
      schema,
      references: resolveStored(state, { subject, references }),
    });
    return diffSchemas(resolve(home, before), resolve(to, after));
  }
}

function describeRow({ version, schemaType, id }: SchemaVersion, change: VersionDiff['change']): VersionDiff {
  return { change, version, schemaType, ...(id === UNREGISTERED ? {} : { id }) };
}

function kindOfChange(before: SchemaVersion, after: SchemaVersion): VersionDiff['change'] | undefined {
  if (before.schema !== after.schema || before.schemaType !== after.schemaType) return 'replaced';
  if (before.deleted !== after.deleted) return after.deleted ? 'soft-deleted' : 'undeleted';
  const rest = ({ references, metadata, ruleSet }: SchemaVersion): string =>
    JSON.stringify([references, metadata, ruleSet]);
  if (rest(before) !== rest(after)) return 'amended';
  return before.id === after.id ? undefined : 'renumbered';
}

function diffSettings(before: LevelSettings, after: LevelSettings): readonly SettingDiff[] {
  const flatten = ({ config, mode }: LevelSettings): Map<string, string> => {
    const settings = new Map<string, string>();
    if (config?.compatibility !== undefined) settings.set('compatibility', config.compatibility);
    for (const [name, value] of Object.entries(config?.fields ?? {})) settings.set(name, showValue(value));
    if (mode !== undefined) settings.set('mode', mode);
    return settings;
  };
  const [old, now] = [flatten(before), flatten(after)];
  return [...new Set([...old.keys(), ...now.keys()])].flatMap((setting): SettingDiff[] => {
    const [from, to] = [old.get(setting), now.get(setting)];
    if (from === to) return [];
    return [{ setting, ...(from === undefined ? {} : { from }), ...(to === undefined ? {} : { to }) }];
  });
}

function showValue(value: JsonValue): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function pairByName<Item extends { readonly name: string }>(
  left: readonly Item[],
  right: readonly Item[],
): readonly (readonly [string, Item | undefined, Item | undefined])[] {
  const rights = new Map(right.map((item) => [item.name, item]));
  const lefts = new Map(left.map((item) => [item.name, item]));
  const names = [...new Set([...lefts.keys(), ...rights.keys()])].sort(compareContexts);
  return names.map((name) => [name, lefts.get(name), rights.get(name)]);
}
