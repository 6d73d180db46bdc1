/** Is the tree sound, and is it what the registry holds? */
import { type VerifyResult, verifyTree } from '../../app/verify-tree.ts';
import { plural } from '../../render/export-report.ts';
import { renderVerifyReport } from '../../render/verify-report.ts';
import { type ActionRun, configOf, registryOf } from '../action-run.ts';
import type { Annotation } from '../annotations.ts';
import { renderDifferences } from '../drift.ts';
import { codeBlock } from '../markdown.ts';
import type { Report } from '../report.ts';

export async function runVerify(run: ActionRun): Promise<Report> {
  const isUntrusted = run.event.pullRequest?.isUntrusted === true;
  const isOffline = run.inputs.offline || isUntrusted;
  const config = configOf(run, { registry: !isOffline });
  const registry = isOffline ? undefined : registryOf(config);
  const result = await verifyTree({ config, registry, signal: run.signal, onProgress: run.onProgress });
  for (const warning of result.warnings ?? []) run.warn(warning);
  const differences = result.differences ?? [];
  const drift = renderDifferences(differences);
  return {
    title: registry === undefined ? 'Check of the tree' : `Tree and ${registry.name ?? 'registry'}`,
    markdown: [
      ...(isUntrusted
        ? ['> A run for a fork has no secrets, so no registry was asked: the tree alone was checked.']
        : []),
      ...(drift === '' ? [] : [drift]),
      codeBlock(renderVerifyReport(result)),
    ].join('\n\n'),
    changed: differences.length > 0,
    counts: { ...result.counts, findings: result.findings.length, differences: differences.length },
    problem: problemOf(result),
    tree: config.tree,
    annotations: annotationsOfFindings(result.findings),
  };
}

function problemOf({ sound, differences = [] }: VerifyResult): string | undefined {
  if (!sound) return 'the tree is damaged';
  return differences.length === 0 ? undefined : `${plural(differences.length, 'difference')} between tree and registry`;
}

/** What is only noteworthy is in the summary. */
export function annotationsOfFindings(findings: VerifyResult['findings']): readonly Annotation[] {
  return findings.flatMap(({ severity, code, message, hint, file }) =>
    severity === 'notice'
      ? []
      : [{ severity, title: code, message: hint === undefined ? message : `${message}. ${hint}`, file }],
  );
}
