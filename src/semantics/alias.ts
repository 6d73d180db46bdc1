/** Aliases: a subject whose config names another one stands for it in reads and registrations (observed). */
import { canonicalSubject, referencedSubject } from './names.ts';
import type { RegistryState } from './state.ts';

/** The subject a name stands for; the name itself when it is no alias. */
export function aliasTarget(state: RegistryState, name: string): string {
  const subject = canonicalSubject(name);
  const alias = state.configs.get(subject)?.fields['alias'];
  return typeof alias === 'string' && alias !== '' ? referencedSubject(subject, alias) : name;
}

/** The aliases of each subject. */
export function listAliases(state: RegistryState): ReadonlyMap<string, readonly string[]> {
  const aliases = new Map<string, string[]>();
  for (const subject of state.configs.keys()) {
    const target = aliasTarget(state, subject);
    if (target === subject) continue;
    aliases.set(target, [...(aliases.get(target) ?? []), subject]);
  }
  return aliases;
}
