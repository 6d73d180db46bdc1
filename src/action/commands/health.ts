/** One look at every node of a registry. */
import { HealthCheck } from '../../app/health/check-health.ts';
import { compareWithTree } from '../../app/health/compare-health.ts';
import { HEALTH_FINDINGS } from '../../app/health/health-findings.ts';
import { causeLine, renderHealth } from '../../render/health-report.ts';
import { type ActionRun, configOf, registryOf } from '../action-run.ts';
import { codeBlock } from '../markdown.ts';
import type { Report } from '../report.ts';

export async function runHealth(run: ActionRun): Promise<Report> {
  const { inputs, signal } = run;
  const config = configOf(run, { registry: true });
  const registry = registryOf(config);
  const check = new HealthCheck({
    registry,
    probeWrites: inputs.probeWrites,
    timeoutMs: inputs.timeout * 1000,
    slowMs: inputs.slow,
    lagMs: inputs.lag,
    compare: inputs.againstTree
      ? async (look) => (look.answers ? compareWithTree(config, registry, look.signal) : [])
      : undefined,
    signal,
  });
  try {
    const report = await check.look();
    return {
      title: `Health of ${registry.name ?? 'the registry'}`,
      markdown: codeBlock(renderHealth(report, HEALTH_FINDINGS)),
      changed: false,
      counts: {
        healthy: report.healthy,
        nodes: report.nodes.length,
        up: report.nodes.filter(({ up }) => up).length,
        findings: report.findings.length,
      },
      problem: report.healthy ? undefined : causeLine(report, HEALTH_FINDINGS),
      annotations: report.findings.map(({ code, severity, node, detail }) => ({
        severity: severity === 'down' ? ('error' as const) : ('warning' as const),
        title: code,
        message: [node, HEALTH_FINDINGS[code].cause, detail].filter((part) => part !== undefined).join(': '),
      })),
    };
  } finally {
    await check.close();
  }
}
