/** Contexts: made by their first registration, listed, deleted when empty. */
import { compareContexts, contextSubject, DEFAULT_CONTEXT } from '../model/subject-name.ts';
import { contextNotEmpty, type Decided, notPermitted, type Rules } from './decision.ts';
import type { RegistryState } from './state.ts';

/** `GET /contexts`: the default one first, the others by name. */
export function listContexts(state: RegistryState): readonly string[] {
  return [DEFAULT_CONTEXT, ...[...state.contexts].filter((name) => name !== DEFAULT_CONTEXT).sort(compareContexts)];
}

/** `.name` of any spelling a path may use: `name`, `.name`, `:.name:`. */
export function contextName(text: string): string {
  const bare = text.replace(/^:/, '').replace(/:$/, '');
  return bare.startsWith('.') ? bare : `.${bare}`;
}

/** `DELETE /contexts/{c}`: only when no version, soft-deleted ones included, is left. An unknown one is no error. */
export function decideDeleteContext(
  state: RegistryState,
  command: { readonly context: string; readonly now: number },
  rules: Rules,
): Decided<undefined> {
  const { context, now } = command;
  for (const entry of state.subjects.values()) {
    if (entry.context === context) return contextNotEmpty(contextSubject(context));
  }
  if (rules.readOnly === true) return notPermitted(`Context ${contextSubject(context)} is in read-only mode`);
  return { records: [{ key: { keytype: 'CONTEXT', context }, value: null, timestamp: now }], answer: undefined };
}
