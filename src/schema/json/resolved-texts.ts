/** The texts that a schema's references stand for, by the names they are given. */
import type { ResolvedReference } from '../language.ts';

/**
 * All names are one list, whatever depth they come from: a name met first is followed first, and the schema it leads to
 * has its own references put before it. So the outer reference decides what a name means where both use it.
 */
export function collectReferencedTexts(references: readonly ResolvedReference[]): ReadonlyMap<string, string> {
  const texts = new Map<string, string>();
  const waiting: { readonly reference: ResolvedReference; isFollowed: boolean }[] = [];
  const add = (more: readonly ResolvedReference[]) => {
    for (const reference of more.toReversed()) waiting.push({ reference, isFollowed: false });
  };
  add(references);
  for (let step = waiting.at(-1); step !== undefined; step = waiting.at(-1)) {
    const { reference } = step;
    if (!step.isFollowed && texts.has(reference.name)) {
      waiting.pop();
    } else if (step.isFollowed) {
      waiting.pop();
      texts.set(reference.name, reference.schema);
    } else {
      step.isFollowed = true;
      add(reference.references);
    }
  }
  return texts;
}
