/** Versions that were added to the tree by hand: can they follow what is there? */
import { type CheckedSchema, checkSchemas } from '../../app/check-schemas.ts';
import { renderCheckReport } from '../../render/check-report.ts';
import { plural } from '../../render/export-report.ts';
import { type ActionRun, configOf } from '../action-run.ts';
import type { Annotation } from '../annotations.ts';
import { codeBlock } from '../markdown.ts';
import type { Report } from '../report.ts';

export async function runCheck(run: ActionRun): Promise<Report> {
  const config = configOf(run, { registry: false });
  const { checked } = await checkSchemas({ config, signal: run.signal });
  const wrong = checked.filter(isWrong);
  return {
    title: 'Check of the added schemas',
    markdown: codeBlock(renderCheckReport(checked)),
    changed: checked.length > 0,
    counts: { checked: checked.length, incompatible: wrong.length },
    problem: wrong.length === 0 ? undefined : `${plural(wrong.length, 'schema')} cannot be registered`,
    tree: config.tree,
    annotations: annotationsOf(checked),
  };
}

export function isWrong({ verdict }: CheckedSchema): boolean {
  return verdict === 'incompatible' || verdict === 'invalid';
}

export function annotationsOf(checked: readonly CheckedSchema[]): readonly Annotation[] {
  return checked.filter(isWrong).flatMap(({ file, subject, verdict, message = '', level, reasons }): Annotation[] => {
    const severity = 'error' as const;
    if (verdict === 'invalid') return [{ severity, file, title: 'Invalid schema', message }];
    const title = `Incompatible with ${subject} at level ${level ?? 'NONE'}`;
    if (reasons.length === 0) return [{ severity, file, title, message }];
    return reasons.map((reason) => ({
      severity,
      file,
      title,
      path: reason.path,
      message: `${reason.errorType} ${reason.path}: ${reason.description} (version ${reason.version})`,
    }));
  });
}
