/** Aliases: a subject whose config names another one stands for it in reads and registrations (observed). */
import { prefixFilter } from './listing.ts';
import { canonicalSubject, referencedSubject } from './names.ts';
import type { RegistryState } from './state.ts';

/** The subject a name stands for; the name itself when it is no alias. */
export function aliasTarget(state: RegistryState, name: string): string {
  const subject = canonicalSubject(name);
  const alias = state.configs.get(subject)?.fields['alias'];
  return typeof alias === 'string' && alias !== '' ? referencedSubject(subject, alias) : name;
}

/** The aliases under a prefix, by the subject they stand for. */
export function listAliases(state: RegistryState, prefix: string): ReadonlyMap<string, readonly string[]> {
  const aliases = new Map<string, string[]>();
  const isListed = prefixFilter(prefix);
  for (const subject of state.configs.keys()) {
    if (!isListed(subject)) continue;
    const target = aliasTarget(state, subject);
    if (target === subject) continue;
    aliases.set(target, [...(aliases.get(target) ?? []), subject]);
  }
  return aliases;
}
