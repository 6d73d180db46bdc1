/** Likely causes of drift in a reader's words. */
import type { DriftCause } from '../plan/drift-cause.ts';

/** On one line, without markup but that of code. */
export const CAUSE_WORDS: Readonly<Record<DriftCause, string>> = {
  registered: 'registered past the review, by a client with `auto.register.schemas` or by hand',
  'added-to-tree': 'added to the tree, not registered yet',
  deleted: 'deleted at the registry for good, or not restored yet',
  'soft-deleted': 'soft-deleted at the registry',
  undeleted: 'registered again after it was soft-deleted',
  'config-changed': 'config set at the registry, not in the tree',
  'mode-changed': 'mode set at the registry, not in the tree; an interrupted import may have left it',
  'id-reused': 'an id used again for another schema: old records with it may not be readable',
  renumbered: 'the same schema under another id: the registry was restored without its ids',
  recanonicalised: 'the same schema, its text written another way by the registry or a client',
  overwritten: 'an immutable version was overwritten, or its number used again: old records may not be readable',
  amended: 'references, metadata or rules were sent again',
  'context-changed': 'something was registered in a new context, or a context was deleted',
};

/** What breaks readers of records that are there already. */
export function isGrave(cause: DriftCause): boolean {
  return cause === 'id-reused' || cause === 'renumbered' || cause === 'overwritten';
}
