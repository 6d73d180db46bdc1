/** Plans the files of a tree's settings: config/global.json of a context, and _schemas.json. */
import type { ContextState, RegistrySnapshot } from '../model/registry-snapshot.ts';
import { contextSubject, DEFAULT_CONTEXT, GLOBAL_CONTEXT } from '../model/subject-name.ts';
import { compareSettings } from './changes.ts';
import type { SettingsDocument } from './documents.ts';
import { contextPrefix, GLOBAL_CONFIG_FILE, SETTINGS_FILE } from './layout.ts';
import type { IndexedContext, TreeIndex } from './read-index.ts';
import { toConfigDocument } from './rows.ts';
import type { WriteDraft } from './write-draft.ts';

export function planGlobalConfig(
  draft: WriteDraft,
  context: ContextState,
  old: IndexedContext | undefined,
  prefix: string,
  gone: boolean,
): void {
  const name = context.name === DEFAULT_CONTEXT ? '' : contextSubject(context.name);
  const document = !gone && draft.configUnread(name) ? (old?.globalConfig ?? {}) : toConfigDocument(context.config);
  draft.changes.push(...compareSettings(name, old?.globalConfig ?? {}, document));
  if (old?.globalConfig && (gone || old.prefix !== prefix)) draft.removals.push(old.prefix + GLOBAL_CONFIG_FILE);
  if (gone) return;
  draft.putDocument(prefix + GLOBAL_CONFIG_FILE, document);
}

export function planSettings(draft: WriteDraft, index: TreeIndex, snapshot: RegistrySnapshot): void {
  const { registry, global, gaps, contexts } = snapshot;
  const old = index.settings;
  const defaultContext = contexts.find((context) => context.name === DEFAULT_CONTEXT);
  const mode = draft.modeUnread('') ? old?.mode : defaultContext?.mode;
  const globalName = contextSubject(GLOBAL_CONTEXT);
  const keptGlobal = {
    ...(draft.configUnread(globalName)
      ? { ...pick(old?.global, 'compatibility'), ...pick(old?.global, 'config') }
      : toConfigDocument(global.config)),
    ...(draft.modeUnread(globalName)
      ? pick(old?.global, 'mode')
      : global.mode === undefined
        ? {}
        : { mode: global.mode }),
  };
  const document: SettingsDocument = {
    registry: {
      ...(registry.name === undefined ? {} : { name: registry.name }),
      kind: registry.kind,
      ...(registry.version === undefined ? {} : { version: registry.version }),
    },
    ...(mode === undefined ? {} : { mode }),
    ...(Object.keys(keptGlobal).length === 0 ? {} : { global: keptGlobal }),
    contexts: contexts.map((context) => contextEntry(draft, context, old)),
    ...(gaps.length === 0 ? {} : { partial: gaps }),
  };
  for (const { name } of old?.contexts ?? []) {
    if (!contexts.some((context) => context.name === name))
      draft.changes.push({ kind: 'context-removed', context: name });
  }
  draft.changes.push(
    ...compareSettings('', pick(old, 'mode'), pick(document, 'mode')),
    ...compareSettings(globalName, old?.global ?? {}, document.global ?? {}),
  );
  draft.putDocument(SETTINGS_FILE, document);
}

function contextEntry(
  draft: WriteDraft,
  context: ContextState,
  old: SettingsDocument | undefined,
): SettingsDocument['contexts'][number] {
  if (context.name === DEFAULT_CONTEXT) return { name: context.name };
  const before = old?.contexts.find((known) => known.name === context.name);
  const mode = draft.modeUnread(contextSubject(context.name)) ? before?.mode : context.mode;
  if (before)
    draft.changes.push(
      ...compareSettings(contextSubject(context.name), pick(before, 'mode'), mode === undefined ? {} : { mode }),
    );
  return {
    name: context.name,
    folder: contextPrefix(context.name).split('/')[1] ?? '',
    ...(mode === undefined ? {} : { mode }),
  };
}

function pick<T extends object, K extends keyof T>(object: T | undefined, key: K): Partial<Pick<T, K>> {
  return object?.[key] === undefined ? {} : ({ [key]: object[key] } as Partial<Pick<T, K>>);
}
