/** Problems that lie in what the plan is made from, and what its reader must know of what it does. */

import { mappedIds } from './choose-ids.ts';
import type { Placements } from './place-rows.ts';
import type { PlanContext } from './plan-context.ts';
import type { PrunedRows } from './prune-rows.ts';
import type { Reason } from './reasons.ts';
import type { TargetRow } from './target-index.ts';

const FINDING_REASONS: Readonly<Record<string, Reason>> = {
  SRGIT_TREE_EDITED_VERSION: 'EDITED_VERSION',
  SRGIT_TREE_LINE_ENDINGS: 'EDITED_VERSION',
  GUID_MISMATCH: 'EDITED_VERSION',
  ID_CONFLICT: 'CONTENT_CONFLICT',
  REFERENCE_AMBIGUOUS: 'REFERENCE_MISSING',
};

/** Found again by the planner itself, or nothing that a plan is about. */
const OWN_FINDINGS: ReadonlySet<string> = new Set(['REFERENCE_MISSING', 'REDACTED', 'PARTIAL_EXPORT', 'ID_CONFLICT']);

export function reportSource({ source, options, rows, target, report }: PlanContext): void {
  for (const { severity, code, message, hint, file } of source.findings) {
    if (severity !== 'error' || OWN_FINDINGS.has(code)) continue;
    report({
      severity: 'error',
      reason: FINDING_REASONS[code] ?? 'PARTIAL_SOURCE',
      message,
      ...(hint === undefined ? {} : { hint }),
      ...(file === undefined ? {} : { file }),
    });
  }
  for (const { what, where, why } of source.snapshot.gaps) {
    report({
      severity: 'warning',
      reason: 'PARTIAL_SOURCE',
      message: `the source does not know ${what}${where === undefined ? '' : ` of ${where}`}: ${why}`,
      hint: 'What is not known is left as it is in the target.',
    });
  }
  const wanted = new Set(rows.subjects.values());
  for (const { what, where, why } of target.snapshot.gaps) {
    if (where !== undefined && (what === 'versions' || what === 'deleted') && !wanted.has(where)) continue;
    report({
      severity: what === 'versions' ? 'error' : 'warning',
      reason: 'TARGET_UNREADABLE',
      ...(where === undefined ? {} : { subject: where }),
      message: `${what} of ${where ?? 'the target'} could not be read: ${why}`,
      hint: 'Give the account the permission to read them; what is not known is left as it is.',
    });
  }
  if (options.ids !== 'manual') return;
  const known = new Set(rows.rows.map(({ from }) => `${from.context} ${from.id}`));
  for (const { context, from, to } of mappedIds(options.idMapping)) {
    if (known.has(`${context} ${from}`)) continue;
    report({
      severity: 'warning',
      reason: 'ID_UNMAPPED',
      message: `the id mapping says that ${from} becomes ${to}, but the source has no id ${from} in context ${context}`,
    });
  }
}

/** What the strategy `skip` leaves undone. */
export function reportSkipped({ report, index }: PlanContext, { list, skipped }: Placements): void {
  const missing = new Map<string, number>();
  const from = new Map<string, string>();
  for (const { source, action, existing } of list) {
    if (action !== 'leave') continue;
    from.set(source.subject, source.from.subject);
    if (existing === undefined) missing.set(source.subject, (missing.get(source.subject) ?? 0) + 1);
  }
  for (const subject of skipped) {
    const count = missing.get(subject) ?? 0;
    if (count === 0) continue;
    const there = [...(index.subjects.get(subject)?.values() ?? [])].filter(({ row }) => !row.deleted).length;
    report({
      severity: 'warning',
      reason: 'SKIPPED',
      subject: from.get(subject) ?? subject,
      message: `${subject} is left alone: the target has ${there} of its versions live, ${count} of the source's are not among them`,
      hint: 'Use the strategy preserve to add them.',
    });
  }
}

/** What is deleted for good, or that nobody sees any more. */
export function reportLosses(
  { report }: PlanContext,
  removed: ReadonlySet<TargetRow>,
  { rows, forGood }: PrunedRows,
): void {
  const tell = (items: Iterable<TargetRow>, how: string): void => {
    const bySubject = new Map<string, TargetRow[]>();
    for (const item of items) bySubject.set(item.subject, [...(bySubject.get(item.subject) ?? []), item]);
    for (const [subject, lost] of bySubject) {
      const versions = lost.map(({ row }) => row.version).join(', ');
      const ids = [...new Set(lost.map(({ row }) => row.id))].join(', ');
      report({
        severity: 'warning',
        reason: 'LOSES_DATA',
        subject,
        message: `${subject}: version ${versions} (id ${ids}) ${lost.length === 1 ? 'is' : 'are'} ${how}`,
      });
    }
  };
  tell(removed, 'deleted for good and registered anew from the source, as far as it has them');
  const lost = new Set(forGood);
  tell(forGood, 'deleted for good');
  tell(
    rows.filter((item) => !lost.has(item)),
    'softly deleted',
  );
}
