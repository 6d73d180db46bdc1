/** What every part of planning is given. */
import { compileGlob } from '../model/glob.ts';
import type { SchemaPort } from '../schema/schema-port.ts';
import { inheritMetadata } from './inherit-metadata.ts';
import { compileNameMapping, type NameMapping } from './map-names.ts';
import { oneLine } from './one-line.ts';
import { orderRows } from './order-rows.ts';
import type { PlanOptions, Problem, Strategy } from './plan.ts';
import { followsKnownRules, type PlanSourceState, type PlanTargetState, type PlanTools } from './plan-input.ts';
import { rememberCanonicals } from './remember-canonical.ts';
import { createRowContents, type FindSchema, type RowContents } from './row-content.ts';
import { mapSourceRows, REDACTED, type SourceRows } from './source-rows.ts';
import { indexTarget, type TargetIndex } from './target-index.ts';

export interface PlanContext {
  readonly source: PlanSourceState;
  readonly target: PlanTargetState;
  readonly options: PlanOptions;
  readonly port: SchemaPort;
  readonly mapping: NameMapping;
  readonly index: TargetIndex;
  /** In the order of registration. */
  readonly rows: SourceRows;
  /** Whether playing a step through tells what this kind of registry does. */
  readonly knownRules: boolean;
  readonly strategyOf: (sourceSubject: string) => Strategy;
  readonly problems: readonly Problem[];
  readonly report: (problem: Problem) => void;
  readonly contents: (find: FindSchema) => RowContents;
}

export function createPlanContext(
  source: PlanSourceState,
  target: PlanTargetState,
  options: PlanOptions,
  tools: PlanTools,
): PlanContext {
  const { placing, playing } = rememberCanonicals(tools.port);
  const problems: Problem[] = [];
  const mapping = compileNameMapping(options);
  const index = indexTarget(target.snapshot);
  const mapped = mapSourceRows(source, target, options, mapping);
  const report = (problem: Problem): void => {
    problems.push({ ...problem, message: oneLine(problem.message) });
  };
  for (const problem of [...mapping.problems, ...mapped.problems]) report(problem);
  const ordered = orderRows(mapped.rows, mapping, target.capabilities, report);
  const rows = { ...mapped, rows: inheritMetadata(ordered, index, target.capabilities, report) };
  const strategies = options.strategyBySubject.map(({ subjects, strategy }) => ({
    matches: compileGlob(subjects),
    strategy,
  }));
  const knownRules = followsKnownRules(target.identity);
  return {
    source,
    target,
    options,
    port: playing,
    mapping,
    index,
    rows,
    knownRules,
    strategyOf: (subject) => strategies.find(({ matches }) => matches(subject))?.strategy ?? options.strategy,
    problems,
    report,
    contents: (find) =>
      createRowContents({
        port: placing,
        find,
        trustGuids: source.identity.kind === 'registry' || source.guidsComputed === true,
        canonical: knownRules,
        redacted: source.redacted ?? REDACTED,
        takenFor: target.takenFor,
      }),
  };
}

/** Whether a subject has a live version in the target. */
export function isPresent({ index }: Pick<PlanContext, 'index'>, subject: string): boolean {
  for (const { row } of index.subjects.get(subject)?.values() ?? []) if (!row.deleted) return true;
  return false;
}
