/**
 * Asks a registry whose rules are not known which schemas of a plan it takes for one that it has: Apicurio 3 makes no
 * version of what differs in its documentation alone (observed on 3.3.3; its look-up answers as a registration does).
 */
import { isJsonObject } from '../../model/json.ts';
import { parseSubjectName } from '../../model/subject-name.ts';
import type { Plan, RegisterStep } from '../../plan/plan.ts';
import { followsKnownRules, type TakenFor, takenKey } from '../../plan/plan-input.ts';
import { mapConcurrent } from '../../registry/map-concurrent.ts';
import { encodeSegment } from '../../registry/request-target.ts';
import { type AskOptions, hasReferences, schemaBody } from './ask-compatibility.ts';

const ASKED_AT_ONCE = 16;

/**
 * Looks up what the plan would post to subjects that are there. What it refers to must be there as well, so after a new
 * plan with the answers there may be more to ask.
 *
 * @param asked schemas that are not asked about again; those of this call are added.
 */
export async function askKnownSchemas(plan: Plan, asked: Set<string>, options: AskOptions): Promise<TakenFor> {
  const found = new Map<string, number>();
  if (followsKnownRules(plan.target)) return found;
  const questions = plan.steps.filter((step): step is RegisterStep => {
    if (step.action !== 'register' || step.way !== 'post' || asked.has(takenKey(step))) return false;
    const rows = [...(options.before.get(step.subject)?.values() ?? [])];
    return (
      rows.some((row) => !row.deleted) && hasReferences(step, parseSubjectName(step.subject).context, options.before)
    );
  });
  for (const step of questions) asked.add(takenKey(step));
  await mapConcurrent(
    questions,
    ASKED_AT_ONCE,
    async (step, signal) => {
      const version = await lookUp(step, options, signal);
      if (version === undefined) return;
      if (options.before.get(step.subject)?.get(version)?.deleted === false) found.set(takenKey(step), version);
    },
    options.signal,
  );
  return found;
}

async function lookUp(step: RegisterStep, options: AskOptions, signal: AbortSignal): Promise<number | undefined> {
  const { ok, body } = await options.client.send('POST', `/subjects/${encodeSegment(step.subject)}`, {
    body: schemaBody(step, options.textOf(step)),
    idempotent: true,
    // It does not have it, or cannot tell.
    allow: [400, 404, 405, 409, 422, 500, 501],
    signal,
  });
  const version = ok && isJsonObject(body) && body['subject'] === step.subject ? body['version'] : undefined;
  return typeof version === 'number' ? version : undefined;
}
