/** An archive that an empty Apicurio imports: the only way to give it ids, since its API takes none. */
import { resolve } from 'node:path';
import { writeZip } from '../../archive/write-zip.ts';
import type { Config } from '../../config/types.ts';
import { DEFAULT_CONTEXT } from '../../model/subject-name.ts';
import { archiveEntries } from '../../plan/apicurio/archive-entries.ts';
import { collectRows } from '../../plan/apicurio/archive-rows.ts';
import { checkArchiveRows } from '../../plan/apicurio/check-rows.ts';
import { type ApicurioLayout, archiveOptions, emptyApicurio } from '../../plan/apicurio/empty-registry.ts';
import { type ArchiveSize, checkImportLimits } from '../../plan/apicurio/import-limits.ts';
import { withTopLevel } from '../../plan/apicurio/top-level.ts';
import { makePlan } from '../../plan/make-plan.ts';
import type { Plan, Problem } from '../../plan/plan.ts';
import { schemaLanguages } from '../../schema/schema-port.ts';
import type { OnProgress } from '../progress.ts';
import { loadSource, type SourceChoice } from './load-source.ts';
import { type PlanRequest, planOptions } from './plan-options.ts';
import { redactPlan } from './saved-plan.ts';
import { indexRows } from './snapshot-rows.ts';
import { textsOf } from './source-texts.ts';

export interface ExportApicurioZipOptions {
  readonly config: Config;
  readonly source: SourceChoice;
  /** Names, selection and settings of it count; ids and versions are the source's. */
  readonly request: PlanRequest;
  /** Path of the archive; without one nothing is written. */
  readonly out?: string | undefined;
  readonly layout: ApicurioLayout;
  readonly env: NodeJS.ProcessEnv;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: OnProgress | undefined;
}

export interface ExportApicurioZipResult {
  readonly outcome: /** The file is there. */
    | 'written'
    /** The source has something that Apicurio cannot take: no file was written. */
    | 'refused'
    /** It was only asked what would be written. */
    | 'planned';
  readonly plan: Plan;
  readonly layout: ApicurioLayout;
  /** Absolute path. */
  readonly file?: string;
  readonly size?: ArchiveSize;
  readonly subjects: number;
  readonly versions: number;
  readonly softDeleted: number;
  readonly ids: number;
}

/** @throws SrgitError of the source, and SRGIT_STORAGE_WRITE. */
export async function exportApicurioZip(options: ExportApicurioZipOptions): Promise<ExportApicurioZipResult> {
  const { layout, signal, onProgress } = options;
  const { state, maxIds } = await loadSource({ ...options, choice: options.source });
  const asked = archiveOptions(planOptions(options.request));
  const { plan } = makePlan(state, emptyApicurio(`apicurio-${layout}`), asked, { port: schemaLanguages });
  const archive = withTopLevel(collectRows(plan), state.snapshot, asked);
  const textOf = textsOf(state);
  // With an error a plan has no steps, and nothing is to be said of them.
  const problems = hasErrors(plan.problems)
    ? []
    : checkArchiveRows(archive, textOf, {
        maxId: maxIds.get(DEFAULT_CONTEXT),
        retired: state.retiredIds.get(DEFAULT_CONTEXT) ?? [],
      });
  const { rows } = archive;
  const result = (outcome: ExportApicurioZipResult['outcome'], all: readonly Problem[]): ExportApicurioZipResult => ({
    outcome,
    plan: redactPlan({ ...plan, problems: [...plan.problems, ...all].sort(errorsFirst) }),
    layout,
    subjects: new Set(rows.map(({ subject }) => subject)).size,
    versions: rows.length,
    softDeleted: rows.filter(({ deleted }) => deleted).length,
    ids: new Set(rows.map(({ id }) => id)).size,
  });
  if (hasErrors([...plan.problems, ...problems])) return result('refused', problems);
  if (options.out === undefined) return result('planned', problems);

  const times = indexRows(state.snapshot);
  const entries = [
    ...archiveEntries(archive, {
      layout,
      textOf,
      registeredAt: ({ from }) => times.get(from.subject)?.get(from.version)?.registeredAt,
    }),
  ];
  const file = resolve(options.out);
  const size = await writeZip(file, entries, {
    signal,
    onEntry: (done) => onProgress?.({ phase: 'writing entries', done, total: entries.length }),
  });
  return { ...result('written', [...problems, ...checkImportLimits(size, layout)]), file, size };
}

function hasErrors(problems: readonly Problem[]): boolean {
  return problems.some(({ severity }) => severity === 'error');
}

function errorsFirst(a: Problem, b: Problem): number {
  return Number(b.severity === 'error') - Number(a.severity === 'error');
}
