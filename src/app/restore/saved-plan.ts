/** Plans as files: what was looked at is what is carried out. */
import { readFileSync, writeFileSync } from 'node:fs';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import { SrgitError } from '../../errors.ts';
import type { Metadata } from '../../model/schema-version.ts';
import type { Plan, PlanStep, RegisterStep } from '../../plan/plan.ts';
import { REDACTED } from '../../tree/rows.ts';
import schema from './plan.schema.json' with { type: 'json' };
import { invalidPlanFile } from './restore-errors.ts';

let validator: ValidateFunction<Plan> | undefined;

/** @throws SrgitError SRGIT_USAGE when the file is not one that `savePlan` wrote. */
export function readPlanFile(file: string): Plan {
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : undefined;
    throw invalidPlanFile(file, code === 'ENOENT' ? 'there is no such file' : (code ?? 'it is no JSON'));
  }
  // The first mistake is enough: nobody writes plans by hand.
  validator ??= new Ajv2020({ strict: false, validateSchema: false, meta: false }).compile<Plan>(schema);
  const validate = validator;
  if (validate(value)) {
    const isNumbered = value.steps.every(({ step }, at) => step === at);
    if (isNumbered) return value;
    throw invalidPlanFile(file, 'its steps are not numbered in order');
  }
  const [mistake] = validate.errors ?? [];
  throw invalidPlanFile(file, `${mistake?.instancePath || 'the file'} ${mistake?.message ?? 'is wrong'}`);
}

/** The plan as it may be shown: values of metadata that the registry calls sensitive are left out. */
export function redactPlan(plan: Plan): Plan {
  if (!plan.steps.some(isSensitive)) return plan;
  return { ...plan, steps: plan.steps.map((step) => (isSensitive(step) ? redactStep(step) : step)) };
}

/** A saved plan with the values that it was saved without, from one made of the same two sides. */
export function completePlan(saved: Plan, fresh: Plan): Plan {
  const keyOf = ({ from, subject, version }: RegisterStep): string => JSON.stringify([from, subject, version]);
  const sensitive = fresh.steps.filter(isSensitive);
  if (sensitive.length === 0) return saved;
  const metadata = new Map(sensitive.map((step) => [keyOf(step), step.metadata]));
  return {
    ...saved,
    steps: saved.steps.map((step) => {
      const known = step.action === 'register' ? metadata.get(keyOf(step)) : undefined;
      return known === undefined ? step : { ...step, metadata: known };
    }),
  };
}

type SensitiveStep = RegisterStep & { readonly metadata: Metadata };

function isSensitive(step: PlanStep): step is SensitiveStep {
  return step.action === 'register' && (step.metadata?.sensitive ?? []).length > 0;
}

function redactStep(step: SensitiveStep): PlanStep {
  const hidden = new Set(step.metadata.sensitive);
  const properties = Object.entries(step.metadata.properties ?? {}).map(([name, value]) => {
    return [name, hidden.has(name) ? REDACTED : value];
  });
  return { ...step, metadata: { ...step.metadata, properties: Object.fromEntries(properties) } };
}

/** @throws SrgitError SRGIT_USAGE when the file cannot be written. */
export function savePlan(file: string, plan: Plan): void {
  try {
    writeFileSync(file, `${JSON.stringify(redactPlan(plan), null, 2)}\n`);
  } catch (cause) {
    const reason = cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause);
    throw new SrgitError('SRGIT_USAGE', `the plan cannot be written to ${file}: ${reason}`, {
      hint: 'Choose another place with --out.',
      cause,
    });
  }
}
