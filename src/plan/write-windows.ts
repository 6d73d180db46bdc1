/**
 * What must be set for the time in which a subject is written, and is put back after it: IMPORT mode for imports,
 * READWRITE for what the registry numbers itself, and the level that was asked for.
 */
import type { ConfigRecord } from '../model/schema-version.ts';
import { parseSubjectName } from '../model/subject-name.ts';
import { modeInScope, modeRefusal } from '../semantics/mode.ts';
import { contextOf, settingsScope } from '../semantics/names.ts';
import type { Draft } from './draft.ts';
import { configMembers, type LiftedAliases } from './lift-aliases.ts';
import { GLOBAL_SETTINGS, levelOfContext } from './map-names.ts';
import type { PlanContext } from './plan-context.ts';
import { hasGap } from './target-index.ts';

export interface ExpectedWrite {
  readonly subject: string;
  readonly context: string;
  readonly way: 'import' | 'post';
}

export interface WriteWindows {
  /** Whether the mode of a level allows changes; where not, that is reported once. */
  readonly isWritable: (level: string) => boolean;
  /** Whether versions of the subject can be registered and deleted; where not, that is reported once. */
  readonly takesVersions: (subject: string) => boolean;
  /** Says what will be written: a window closes with the last write of it. */
  readonly expect: (writes: readonly ExpectedWrite[]) => void;
  /** Before a deletion: what redirects it is set aside. */
  readonly lift: (subject: string) => void;
  /** Before a registration. */
  readonly open: (subject: string) => void;
  /** After a write, or when it turned out not to be needed. */
  readonly wrote: (subject: string) => void;
}

interface Window {
  /** Subject, or `:.ctx:` or `` when a whole context is imported. */
  readonly level: string;
  readonly way: 'import' | 'post';
  left: number;
  isOpen: boolean;
  setsMode: boolean;
  /** Its own config while another level is in force. */
  config?: { readonly before: ConfigRecord | undefined };
}

/** @param blocked subjects that cannot be written for a reason that has been told. */
export function createWriteWindows(
  planContext: PlanContext,
  draft: Draft,
  blocked: ReadonlySet<string>,
  aliases: LiftedAliases,
): WriteWindows {
  const { index, options, report, target } = planContext;
  const windows = new Map<string, Window>();
  const told = new Set<string>();
  const level = options.forceRegister ? 'NONE' : options.setCompatibility;

  const isWritable = (subject: string): boolean => {
    if (modeRefusal(draft.state(), subject, draft.rules) === undefined) return true;
    const cause = settingsScope(subject).find((key) => draft.state().modes.has(key)) ?? '';
    if (!told.has(cause)) {
      told.add(cause);
      report({
        severity: 'error',
        reason: 'MODE_READONLY',
        ...(cause === '' ? {} : { subject: cause }),
        message: `${describeLevel(cause, subject)} is in ${draft.state().modes.get(cause)} mode in the target`,
        hint: 'Set it to READWRITE there first, or leave it out of the restore.',
      });
    }
    return false;
  };

  const takesVersions = (subject: string): boolean => {
    return !blocked.has(subject) && aliases.allowsWrites(subject) && isWritable(subject);
  };

  const setMode = (where: string, mode: 'IMPORT' | 'READWRITE'): void => {
    const before = index.settings.get(where)?.mode ?? null;
    if (hasGap(index.gaps, 'mode', where)) {
      report({
        severity: 'error',
        reason: 'TARGET_UNREADABLE',
        ...(where === '' ? {} : { subject: where }),
        message: `the mode of ${describeLevel(where, where)} cannot be read, so it could not be put back`,
        hint: 'Give the account the permission to read modes.',
      });
    }
    draft.add({ action: 'set-mode', subject: where, mode, before, temporary: true });
  };

  const open = (subject: string): void => {
    aliases.lift(subject);
    const window = windows.get(subject);
    if (window === undefined || window.isOpen) return;
    window.isOpen = true;
    const mode = window.way === 'import' ? 'IMPORT' : 'READWRITE';
    const needsMode = window.way === 'post' || target.capabilities.importNeedsMode;
    if (needsMode && target.capabilities.modes && modeInScope(draft.state(), subject) !== mode) {
      window.setsMode = true;
      setMode(window.level, mode);
    }
    const own = draft.settingsOf(subject).config;
    if (window.way === 'post' && level !== undefined && own?.compatibility !== level) {
      window.config = { before: own };
      const before = configMembers(own);
      draft.add({ action: 'set-config', subject, config: { compatibility: level }, before, temporary: true });
    }
  };

  const close = (subject: string, window: Window): void => {
    if (window.config !== undefined) {
      const { before: own } = window.config;
      const config = own === undefined ? null : { compatibility: own.compatibility ?? null };
      const temporary = aliases.isLifted(subject);
      draft.add({ action: 'set-config', subject, config, before: configMembers(own), temporary });
      delete window.config;
    }
    const before = index.settings.get(window.level)?.mode ?? null;
    if (window.setsMode && (draft.settingsOf(window.level).mode ?? null) !== before) {
      draft.add({ action: 'set-mode', subject: window.level, mode: before, before, temporary: false });
    }
  };

  const expect = (writes: readonly ExpectedWrite[]): void => {
    windows.clear();
    const subjects = new Map<string, Set<string>>();
    for (const { subject, context, way } of writes) {
      if (way === 'import') subjects.set(context, (subjects.get(context) ?? new Set()).add(subject));
    }
    const wholeContexts = new Set(
      [...subjects].flatMap(([context, { size }]) => (size > 1 && isUnused(draft, context) ? [context] : [])),
    );
    const shared = new Map<string, Window>();
    for (const { subject, context, way } of writes) {
      const known = windows.get(subject);
      if (known !== undefined) {
        known.left++;
        continue;
      }
      const whole = way === 'import' && wholeContexts.has(context);
      const made = { level: whole ? levelOfContext(context) : subject, way, left: 0, isOpen: false, setsMode: false };
      const window: Window = whole ? (shared.get(context) ?? made) : made;
      if (whole) shared.set(context, window);
      window.left++;
      windows.set(subject, window);
    }
  };

  const wrote = (subject: string): void => {
    const window = windows.get(subject);
    if (window === undefined) return;
    window.left--;
    if (window.left > 0 || !window.isOpen) return;
    window.isOpen = false;
    close(subject, window);
  };
  return { isWritable, takesVersions, expect, lift: aliases.lift, open, wrote };
}

/** Nothing but what the plan imports is in the context: then one mode serves all of it. */
function isUnused(draft: Draft, context: string): boolean {
  const state = draft.state();
  for (const entry of state.subjects.values()) if (entry.context === context) return false;
  const own = levelOfContext(context);
  for (const name of state.modes.keys()) {
    if (name !== own && name !== GLOBAL_SETTINGS && contextOf(name) === context) return false;
  }
  return true;
}

function describeLevel(level: string, subject: string): string {
  if (level === '' || level === ':.__GLOBAL:') return 'the registry';
  return level === subject || parseSubjectName(level).subject !== '' ? level : `context ${level}`;
}
