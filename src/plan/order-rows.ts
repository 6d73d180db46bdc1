/** The order of registration: what is referred to comes first. */
import type { NameMapping } from './map-names.ts';
import { aboutRow, describeRow, mapReferences } from './name-rows.ts';
import { cycleNodes, type NodeOrder, orderNodes } from './order-nodes.ts';
import type { Problem } from './plan.ts';
import type { TargetCapabilities } from './plan-input.ts';
import type { SourceRow } from './source-rows.ts';
import { rowKey } from './target-index.ts';

/**
 * Rows in an order in which they can be registered: each after those that it refers to, otherwise as they are given.
 * Circles are reported, and left out with what is built on them.
 *
 * @param list subject by subject, ascending by version.
 */
export function orderRows(
  list: readonly SourceRow[],
  mapping: NameMapping,
  capabilities: TargetCapabilities,
  report: (problem: Problem) => void,
): readonly SourceRow[] {
  const numbers = new Map(list.map(({ fromKey }, at) => [fromKey, at]));
  const needs = list.map(({ from, row }) =>
    mapReferences({ mapping }, from.subject, from.subject, row.references).flatMap((reference) => {
      const at = numbers.get(rowKey(reference.from, reference.reference?.version ?? 0));
      return at === undefined ? [] : [at];
    }),
  );
  // A registry that numbers versions itself must get them in their order, as far as references allow it.
  const chained = (at: number): readonly number[] =>
    list[at - 1]?.subject === list[at]?.subject ? [...(needs[at] ?? []), at - 1] : (needs[at] ?? []);
  let found: NodeOrder = { order: [], stuck: [0] };
  if (!capabilities.import || !capabilities.forcedVersions) found = orderNodes(list.length, chained);
  if (found.stuck.length > 0) found = orderNodes(list.length, (at) => needs[at] ?? []);
  for (const at of cycleNodes(found.stuck, (node) => needs[node] ?? [])) {
    const row = list[at];
    if (row === undefined) continue;
    const to = row.row.references.map(({ subject, version }) => `${subject} version ${version}`).join(', ');
    report({
      ...aboutRow(row),
      severity: 'error',
      reason: 'REFERENCE_CYCLE',
      message: `${describeRow(row)} is part of a circle of references (it refers to ${to}): no registry can take it`,
      hint: 'Correct the references in metadata.json: a schema cannot be built on itself.',
    });
  }
  return found.order.flatMap((at) => list[at] ?? []);
}
