/** The texts that a plan's registrations send, looked up in the source that it was made from. */
import { formatSubjectName } from '../../model/subject-name.ts';
import { sha256Of } from '../../model/text-bytes.ts';
import type { RegisterStep } from '../../plan/plan.ts';
import type { PlanSourceState } from '../../plan/plan-input.ts';
import { stalePlan } from './restore-errors.ts';

/** @returns a look-up that throws SRGIT_TREE_INVALID where the source no longer has the text that was planned. */
export function textsOf({ snapshot, pending }: PlanSourceState): (step: RegisterStep) => string {
  const texts = new Map<string, () => string>();
  for (const context of snapshot.contexts) {
    for (const subject of context.subjects) {
      const name = formatSubjectName({ context: context.name, subject: subject.name });
      // Asked for when it is sent: a large source's texts are not all in memory.
      for (const row of subject.versions) texts.set(`${row.version} ${name}`, () => row.schema);
    }
  }
  for (const { context, subject, version, schema } of pending) {
    texts.set(`${version} ${formatSubjectName({ context, subject })}`, () => schema);
  }
  return ({ from, sha256 }) => {
    const text = texts.get(`${from.version} ${from.subject}`)?.();
    if (text !== undefined && sha256Of(text) === sha256) return text;
    throw stalePlan('tree', `the source no longer has ${from.subject} version ${from.version} as it was planned`);
  };
}
