/** The target's rows and settings, found by name and by content. */
import type { ContextState, LevelSettings, RegistrySnapshot, SnapshotGap } from '../model/registry-snapshot.ts';
import type { SchemaVersion } from '../model/schema-version.ts';
import { contextSubject, DEFAULT_CONTEXT, formatSubjectName } from '../model/subject-name.ts';
import { referencedSubject } from '../semantics/names.ts';
import { GLOBAL_SETTINGS, levelOfContext } from './map-names.ts';

/** A version the target has. Identity matters: one object a version. */
export interface TargetRow {
  /** Qualified. */
  readonly subject: string;
  readonly context: string;
  /** Not copied: its text may be read only when it is asked for. */
  readonly row: SchemaVersion;
}

export interface TargetIndex {
  /** Ascending by version. Subjects that only have settings are not here. */
  readonly subjects: ReadonlyMap<string, ReadonlyMap<number, TargetRow>>;
  readonly contexts: ReadonlyMap<string, ContextState>;
  /** By qualified subject, `:.ctx:`, or `` for the registry's own level. Levels that set nothing are not here. */
  readonly settings: ReadonlyMap<string, LevelSettings>;
  readonly gaps: readonly SnapshotGap[];
  /** Rows that refer to a version, soft-deleted ones too. */
  readonly referrersOf: (row: TargetRow) => readonly TargetRow[];
}

export function indexTarget(snapshot: RegistrySnapshot): TargetIndex {
  const subjects = new Map<string, Map<number, TargetRow>>();
  const settings = new Map<string, LevelSettings>();
  const addSettings = (level: string, { config, mode }: LevelSettings): void => {
    if (config === undefined && mode === undefined) return;
    settings.set(level, { ...(config === undefined ? {} : { config }), ...(mode === undefined ? {} : { mode }) });
  };
  addSettings(GLOBAL_SETTINGS, snapshot.global);
  for (const context of snapshot.contexts) {
    addSettings(levelOfContext(context.name), context);
    for (const state of context.subjects) {
      const subject = formatSubjectName({ context: context.name, subject: state.name });
      // The empty name's settings are the context's own, and stand there.
      if (state.name !== '') addSettings(subject, state);
      if (state.versions.length === 0) continue;
      const rows = state.versions.map((row) => [row.version, { subject, context: context.name, row }] as const);
      subjects.set(subject, new Map(rows));
    }
  }
  let referrers: Map<string, TargetRow[]> | undefined;
  return {
    subjects,
    contexts: new Map(snapshot.contexts.map((context) => [context.name, context])),
    settings,
    gaps: snapshot.gaps,
    referrersOf: ({ subject, row }) => {
      referrers ??= indexReferrers(subjects);
      return referrers.get(rowKey(subject, row.version)) ?? [];
    },
  };
}

function indexReferrers(subjects: TargetIndex['subjects']): Map<string, TargetRow[]> {
  const referrers = new Map<string, TargetRow[]>();
  for (const rows of subjects.values()) {
    for (const referrer of rows.values()) {
      for (const { subject, version } of referrer.row.references) {
        const key = rowKey(referencedSubject(referrer.subject, subject), version);
        const known = referrers.get(key);
        if (known === undefined) referrers.set(key, [referrer]);
        else known.push(referrer);
      }
    }
  }
  return referrers;
}

/** Key of a version among all of a registry's. */
export function rowKey(subject: string, version: number): string {
  return `${subject}\u0000${version}`;
}

/** Whether something of a level could not be read. */
export function hasGap(gaps: readonly SnapshotGap[], what: SnapshotGap['what'], level: string): boolean {
  const where = level === '' ? contextSubject(DEFAULT_CONTEXT) : level;
  return gaps.some((gap) => gap.what === what && (gap.where === undefined || gap.where === where));
}
