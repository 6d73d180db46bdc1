/** What each id of the source is in the target, as far as the plan knows. */
import { compareContexts } from '../model/subject-name.ts';
import { aboutRow } from './name-rows.ts';
import type { Placement } from './place-rows.ts';
import type { PlannedId } from './plan.ts';
import type { PlanContext } from './plan-context.ts';
import type { RegisteredRows } from './register-rows.ts';

/** By context of the source, id, context of the target. What is not restored, and is not there, has no entry. */
export function planIds(
  { report }: PlanContext,
  placements: readonly Placement[],
  stored: RegisteredRows['stored'],
): readonly PlannedId[] {
  const ids = new Map<string, PlannedId & { readonly schemaType: string }>();
  const told = new Set<string>();
  for (const placement of placements) {
    const { source, chosen, failed } = placement;
    if (failed || chosen === undefined) continue;
    const guid = stored.get(placement)?.guid ?? placement.guid;
    const { from, context, row } = source;
    const key = `${from.context}\u0000${from.id}\u0000${context}`;
    const known = ids.get(key);
    if (known !== undefined && (known.fromGuid !== row.guid || known.schemaType !== row.schemaType) && !told.has(key)) {
      told.add(key);
      report({
        ...aboutRow(source),
        severity: 'error',
        reason: 'CONTENT_CONFLICT',
        message: `id ${from.id} of the source stands for two schemas: one of them is ${from.subject} version ${from.version}`,
        hint: 'Records with this id cannot be told apart. Correct the source (see srgit verify), or leave one out.',
      });
    }
    // One that is known to have an id is of more use than one that is to get it.
    if (known !== undefined && (known.to !== undefined || chosen.id === undefined)) continue;
    ids.set(key, {
      context: from.context,
      from: from.id,
      toContext: context,
      ...(chosen.id === undefined ? {} : { to: chosen.id }),
      fromGuid: row.guid,
      toGuid: guid,
      how: chosen.how,
      schemaType: row.schemaType,
    });
  }
  return [...ids.values()]
    .map(({ schemaType: _type, ...id }) => id)
    .sort(
      (a, b) => compareContexts(a.context, b.context) || a.from - b.from || compareContexts(a.toContext, b.toContext),
    );
}
