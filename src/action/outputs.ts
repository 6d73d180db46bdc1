/** The Action's outputs. Small: GitHub bounds them, so that a plan is a file. */
import { setOutput } from '@actions/core';
import type { Report } from './report.ts';

export const OUTPUTS = ['changed', 'commit-sha', 'plan', 'summary', 'pull-request', 'comment-id', 'id-map'] as const;

export function writeOutputs(report: Report, commentId: number | undefined): void {
  const values: Readonly<Record<(typeof OUTPUTS)[number], string>> = {
    changed: String(report.changed),
    'commit-sha': report.commitSha ?? '',
    plan: report.plan ?? '',
    summary: JSON.stringify(report.counts),
    'pull-request': report.pullRequest === undefined ? '' : String(report.pullRequest),
    'comment-id': commentId === undefined ? '' : String(commentId),
    'id-map': report.idMap ?? '',
  };
  for (const name of OUTPUTS) setOutput(name, values[name]);
}
