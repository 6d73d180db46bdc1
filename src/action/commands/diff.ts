/** What changed between two states; on a pull request from its base to here. */
import { type DiffSide, diffTrees } from '../../app/diff-trees.ts';
import type { Config } from '../../config/types.ts';
import { renderDiffMarkdown } from '../../render/schema-diff.ts';
import { type ActionRun, configOf, registryOf } from '../action-run.ts';
import { findBase } from '../base-tree.ts';
import type { Report } from '../report.ts';

export async function runDiff(run: ActionRun): Promise<Report> {
  const { inputs, event, env, signal, onProgress } = run;
  const asksRegistry = inputs.from === 'registry' || inputs.to === 'registry';
  const config = configOf(run, { registry: asksRegistry });
  const base = inputs.from === undefined ? await findBase(run, config) : undefined;
  const from = inputs.from ?? base ?? 'HEAD';
  const result = await diffTrees({
    config,
    from: sideOf(from, config),
    to: sideOf(inputs.to ?? '.', config),
    env,
    signal,
    onProgress,
  });
  const { subjects } = result;
  const versions = subjects.flatMap((subject) => subject.versions);
  const name = base === undefined ? result.from : (event.pullRequest?.baseRef ?? result.from);
  return {
    title: `Schemas, ${name} to ${result.to}`,
    markdown: renderDiffMarkdown(subjects, name, result.to, 50_000).trimEnd(),
    changed: subjects.length > 0,
    counts: {
      places: subjects.length,
      versions: versions.length,
      breaking: versions.filter(({ schema }) => (schema?.breaks.length ?? 0) > 0).length,
    },
    annotations: [],
  };
}

function sideOf(name: string, config: Config): DiffSide {
  if (name === 'registry') return { kind: 'registry', registry: registryOf(config) };
  return { kind: 'tree', ref: name === '.' ? undefined : name };
}
