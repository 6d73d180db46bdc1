/** Whether a registry's rows are what a plan promised, once it was carried out. */
import type { SchemaContent, SchemaVersion } from '../../model/schema-version.ts';
import { canonicalJson } from '../../plan/canonical-json.ts';
import type { Plan, PlanStep, RegisterStep } from '../../plan/plan.ts';
import type { SchemaPort } from '../../schema/schema-port.ts';
import type { StepResult } from './carry-out-step.ts';
import { sameMeaning } from './same-meaning.ts';
import type { SnapshotRows } from './snapshot-rows.ts';

export interface RowDifference {
  readonly subject: string;
  readonly version?: number;
  /** In the field's words, on one line. */
  readonly message: string;
}

export interface VerifiedRows {
  readonly subjects: number;
  /** Rows that are as promised, those included whose text was written in another way. */
  readonly rows: number;
  /** Rows whose text the registry wrote in its own way: equal in meaning, other bytes, so another guid. */
  readonly rewritten: readonly RowDifference[];
  readonly differences: readonly RowDifference[];
  /** Rows that are as promised but for their rule set: Confluent's community server drops it without a word. */
  readonly stripped: readonly RowDifference[];
  /** Versions that the registry takes for the same as another one of the subject. */
  readonly merged: readonly RowDifference[];
  /** Rows that the plan knows nothing of, in subjects that it is about: somebody else wrote meanwhile. */
  readonly appeared: readonly RowDifference[];
}

export interface VerifyRowsOptions {
  readonly plan: Plan;
  readonly before: SnapshotRows;
  readonly after: SnapshotRows;
  readonly results: ReadonlyMap<number, StepResult>;
  readonly textOf: (step: RegisterStep) => string;
  readonly port: SchemaPort;
}

interface ExpectedRow {
  readonly id: number | undefined;
  readonly deleted: boolean;
  readonly schemaType: SchemaContent['schemaType'];
  /** Of the content. */
  readonly guid: string;
  readonly content: () => SchemaContent;
  /** A soft-deleted row whose content came again at a higher version: Confluent takes it away (observed). */
  readonly mayBeGone?: boolean;
}

export function verifyRows(options: VerifyRowsOptions): VerifiedRows {
  const { plan, after } = options;
  const expected = expectRows(options);
  const found = { rewritten: [], differences: [], stripped: [], appeared: [] } as {
    [List in 'rewritten' | 'differences' | 'stripped' | 'appeared']: RowDifference[];
  };
  const subjects = new Set([...plan.subjects.map(({ subject }) => subject), ...expected.touched]);
  let rows = 0;
  for (const subject of subjects) {
    const wanted = expected.rows.get(subject) ?? new Map<number, ExpectedRow>();
    const actual = after.get(subject) ?? new Map<number, SchemaVersion>();
    for (const [version, row] of wanted) {
      const there = actual.get(version);
      const verdict = there === undefined ? missing(row) : compareRow(row, there, options.port);
      if (verdict === 'same' || verdict === 'rewritten' || verdict === 'stripped') rows++;
      if (verdict === 'rewritten') found.rewritten.push({ subject, version, message: 'same meaning, other text' });
      else if (verdict === 'stripped') found.stripped.push({ subject, version, message: 'without its rule set' });
      else if (verdict !== 'same' && verdict !== 'gone') found.differences.push({ subject, version, message: verdict });
    }
    for (const version of actual.keys()) {
      if (!wanted.has(version)) found.appeared.push({ subject, version, message: 'not of this plan' });
    }
  }
  return { subjects: subjects.size, rows, ...found, merged: expected.merged };
}

function expectRows({ plan, before, results, textOf }: VerifyRowsOptions) {
  const rows = new Map<string, Map<number, ExpectedRow>>();
  const touched = new Set<string>();
  const merged: RowDifference[] = [];
  /** Rows that stand for more than one planned version: none of them is deleted. */
  const shared = new Set<string>();
  const versionsOf = (subject: string): Map<number, ExpectedRow> => {
    const known = rows.get(subject);
    if (known !== undefined) return known;
    const kept = [...(before.get(subject) ?? [])].map(([version, row]): [number, ExpectedRow] => [version, keep(row)]);
    const made = new Map(kept);
    rows.set(subject, made);
    return made;
  };
  for (const { subject } of plan.subjects) versionsOf(subject);
  for (const step of plan.steps) {
    if (step.action === 'set-mode' || step.action === 'set-config') continue;
    touched.add(step.subject);
    expectStep(versionsOf(step.subject), step, results.get(step.step), textOf, merged, shared);
  }
  return { rows, touched, merged };
}

type RowStep = Exclude<PlanStep, { readonly action: 'set-mode' | 'set-config' }>;

function expectStep(
  versions: Map<number, ExpectedRow>,
  step: RowStep,
  result: StepResult | undefined,
  textOf: (step: RegisterStep) => string,
  merged: RowDifference[],
  shared: Set<string>,
): void {
  if (step.action === 'register') {
    const id = result?.id ?? step.id;
    for (const [version, row] of versions) {
      if (row.deleted && row.id === id && version < step.version) versions.set(version, { ...row, mayBeGone: true });
    }
    const version = result?.version ?? step.version;
    const { schemaType, guid } = step;
    const row: ExpectedRow = { id, deleted: false, schemaType, guid, content: () => contentOf(step, textOf(step)) };
    // Taken for the same as one that is there: that one stays as it is.
    if (version !== step.version) {
      merged.push({ subject: step.subject, version: step.version, message: `is version ${version}` });
      shared.add(`${version} ${step.subject}`).add(`${step.version} ${step.subject}`);
    }
    if (version === step.version || !versions.has(version)) versions.set(version, row);
    return;
  }
  for (const version of step.action === 'delete-version' ? [step.version] : [...versions.keys()]) {
    const row = versions.get(version);
    if (step.action === 'delete-version' && shared.has(`${version} ${step.subject}`)) continue;
    if (step.permanent) versions.delete(version);
    else if (row !== undefined) versions.set(version, { ...row, deleted: true });
  }
}

function keep(row: SchemaVersion): ExpectedRow {
  const { id, deleted, schemaType, guid } = row;
  return { id, deleted, schemaType, guid, content: () => row };
}

function contentOf({ schemaType, references, metadata, ruleSet }: RegisterStep, schema: string): SchemaContent {
  return {
    schemaType,
    schema,
    references,
    ...(metadata === undefined ? {} : { metadata }),
    ...(ruleSet === undefined ? {} : { ruleSet }),
  };
}

function missing({ mayBeGone, deleted }: ExpectedRow): string {
  return mayBeGone === true ? 'gone' : deleted ? 'missing: it should be there, soft-deleted' : 'missing';
}

/** @returns `same`, `rewritten`, `stripped`, or what is different. */
function compareRow(expected: ExpectedRow, row: SchemaVersion, port: SchemaPort): string {
  if (expected.id !== undefined && expected.id !== row.id) return `id ${row.id} instead of ${expected.id}`;
  if (expected.deleted !== row.deleted) return row.deleted ? 'soft-deleted' : 'not soft-deleted';
  if (expected.schemaType !== row.schemaType) return `type ${row.schemaType} instead of ${expected.schemaType}`;
  if (expected.guid === row.guid) return 'same';
  const content = expected.content();
  if (canonicalJson(plainReferences(content)) !== canonicalJson(plainReferences(row))) return 'other references';
  if (canonicalJson(content.metadata) !== canonicalJson(row.metadata)) return 'other metadata';
  if (content.schema !== row.schema && !sameMeaning(content, row, port)) return 'another schema';
  if (canonicalJson(content.ruleSet) !== canonicalJson(row.ruleSet)) {
    return row.ruleSet === undefined ? 'stripped' : 'another rule set';
  }
  return content.schema === row.schema ? 'same' : 'rewritten';
}

function plainReferences({ references }: SchemaContent): readonly unknown[] {
  return references.map(({ name, subject, version }) => [name, subject, version]);
}
