/** Asks the live registry about what a plan will post, so that the plan does not rest on our own judgement. */
import { isJsonObject, type JsonObject } from '../../model/json.ts';
import { parseSubjectName } from '../../model/subject-name.ts';
import { oneLine } from '../../plan/one-line.ts';
import type { Plan, PlanStep, Problem, RegisterStep } from '../../plan/plan.ts';
import { mapConcurrent } from '../../registry/map-concurrent.ts';
import { versionsPath } from '../../registry/paths.ts';
import type { RegistryClient } from '../../registry/types.ts';
import type { SnapshotRows } from './snapshot-rows.ts';
import { qualify } from './step-order.ts';

export interface AskOptions {
  readonly client: RegistryClient;
  readonly before: SnapshotRows;
  readonly textOf: (step: RegisterStep) => string;
  readonly signal?: AbortSignal | undefined;
}

const ASKED_AT_ONCE = 16;

/** The same plan with the verdicts that the registry gave, and with a problem for each candidate that it refuses. */
export async function askCompatibility(plan: Plan, options: AskOptions): Promise<Plan> {
  const questions = questionsOf(plan.steps, options.before);
  if (questions.length === 0) return plan;
  const answers = new Map<number, Answer>();
  await mapConcurrent(
    questions,
    ASKED_AT_ONCE,
    async (step, signal) => {
      const answer = await ask(step, options, signal);
      if (answer !== undefined) answers.set(step.step, answer);
    },
    options.signal,
  );
  const refused = questions.flatMap((step): Problem[] => {
    const answer = answers.get(step.step);
    return answer?.compatible === false ? [describeRefusal(step, answer.reason)] : [];
  });
  return {
    ...plan,
    steps: plan.steps.map((step) =>
      answers.get(step.step)?.compatible === true ? { ...step, verdict: 'proved' } : step,
    ),
    problems: [...plan.problems.filter((problem) => !isSaidOf(problem, refused)), ...refused],
  };
}

/**
 * The registry judges a candidate by what it has now and at the level in force now. So only a subject's first post can be
 * asked about, where the plan changes no setting or version before it and what it refers to is there.
 */
function questionsOf(steps: readonly PlanStep[], before: SnapshotRows): readonly RegisterStep[] {
  const changed = new Set<string>();
  let changedEverywhere = false;
  return steps.filter((step): step is RegisterStep => {
    const { context, subject } = parseSubjectName(step.subject);
    const isFirst = !changedEverywhere && !changed.has(step.subject) && !changed.has(`:${context}:`);
    if (step.subject === '' || context === '.__GLOBAL') changedEverywhere = true;
    changed.add(subject === '' ? `:${context}:` : step.subject);
    if (step.action !== 'register' || step.way !== 'post' || !isFirst) return false;
    const rows = [...(before.get(step.subject)?.values() ?? [])];
    return rows.some((row) => !row.deleted) && hasReferences(step, context, before);
  });
}

/** Whether what a step refers to is live in the registry. */
export function hasReferences({ references }: RegisterStep, context: string, before: SnapshotRows): boolean {
  return references.every(({ subject, version }) => {
    return before.get(qualify(subject, context))?.get(version)?.deleted === false;
  });
}

interface Answer {
  readonly compatible: boolean;
  readonly reason: string;
}

async function ask(step: RegisterStep, options: AskOptions, signal: AbortSignal): Promise<Answer | undefined> {
  const { ok, body } = await options.client.send('POST', `/compatibility${versionsPath(step.subject)}`, {
    query: { verbose: true },
    body: schemaBody(step, options.textOf(step)),
    idempotent: true,
    // A registry without the resource, or a fault in its comparison (Confluent answers 500 to some JSON Schemas).
    allow: [400, 404, 405, 409, 422, 500, 501],
    signal,
  });
  if (!ok || !isJsonObject(body) || typeof body['is_compatible'] !== 'boolean') return undefined;
  const messages = body['messages'];
  const reason = Array.isArray(messages) ? messages.filter((line) => typeof line === 'string').join(', ') : '';
  return { compatible: body['is_compatible'], reason };
}

/** What a step's schema is asked about with. */
export function schemaBody({ schemaType, references }: RegisterStep, schema: string): JsonObject {
  return {
    schema,
    ...(schemaType === 'AVRO' ? {} : { schemaType }),
    ...(references.length === 0
      ? {}
      : { references: references.map(({ name, subject, version }) => ({ name, subject, version })) }),
  };
}

const LONGEST_REASON = 500;

function describeRefusal({ subject, version, from }: RegisterStep, reason: string): Problem {
  const why = reason === '' ? 'it is incompatible with an earlier schema' : oneLine(reason);
  const shown = why.length > LONGEST_REASON ? `${why.slice(0, LONGEST_REASON)}…` : why;
  return {
    severity: 'error',
    reason: 'INCOMPATIBLE',
    subject: from.subject,
    version,
    message: `Schema registration failed for subject ${subject}: the registry says: ${shown}`,
    hint: 'Set another level for the time of the restore (--set-compatibility NONE), or register it all the same (--force-register).',
  };
}

/** Our own judgement of what the registry itself has refused. */
function isSaidOf({ reason, subject, version }: Problem, refused: readonly Problem[]): boolean {
  return refused.some((one) => one.reason === reason && one.subject === subject && one.version === version);
}
