/** Ids that must not be given to another schema, for records may exist that were written with them. */
import type { PlanContext } from './plan-context.ts';

/** What the source says is retired, by the contexts of the target that its contexts go to. */
export function retiredIdsByTarget({ source, mapping, rows }: PlanContext): ReadonlyMap<string, ReadonlySet<number>> {
  const goesTo = new Map<string, Set<string>>();
  const add = (from: string, to: string): void => {
    goesTo.set(from, (goesTo.get(from) ?? new Set()).add(to));
  };
  for (const context of source.retiredIds.keys()) add(context, mapping.context(context));
  for (const { from, context } of rows.rows) add(from.context, context);
  const retired = new Map<string, Set<number>>();
  for (const [from, contexts] of goesTo) {
    for (const context of contexts) {
      const ids = retired.get(context) ?? new Set<number>();
      for (const id of source.retiredIds.get(from) ?? []) ids.add(id);
      retired.set(context, ids);
    }
  }
  return retired;
}
