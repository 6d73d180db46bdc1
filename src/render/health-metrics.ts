/** A health report in the text that Prometheus reads (exposition format 0.0.4). */
import type { HealthView } from './health-report.ts';

export function renderHealthMetrics(
  report: HealthView | undefined,
  { looks, lookedAt }: { readonly looks: number; readonly lookedAt: number },
): string {
  const lines = [
    ...head('srgit_health_looks_total', 'counter', 'Times the registry was looked at.'),
    `srgit_health_looks_total ${looks}`,
  ];
  if (report === undefined) return `${lines.join('\n')}\n`;
  const { nodes, findings, leader, writeVisibleMs } = report;
  lines.push(
    ...head('srgit_health_last_look_timestamp_seconds', 'gauge', 'When it was looked at last.'),
    `srgit_health_last_look_timestamp_seconds ${lookedAt / 1000}`,
    ...head('srgit_health_ok', 'gauge', '1 when nothing was found, 0 otherwise.'),
    `srgit_health_ok ${report.healthy ? 1 : 0}`,
    ...head('srgit_health_finding', 'gauge', 'What was found at the last look.'),
    ...findings
      .map(({ code, severity, node = '' }) => `srgit_health_finding{${labels({ code, severity, node })}} 1`)
      .filter((line, at, all) => all.indexOf(line) === at),
    ...head('srgit_registry_node_up', 'gauge', '1 when the node answers as a registry.'),
    ...nodes.map(({ node, up }) => `srgit_registry_node_up{${labels({ node })}} ${up ? 1 : 0}`),
    ...series('srgit_registry_node_latency_seconds', 'Slowest answer of the node.', nodes, ({ latencyMs }) =>
      latencyMs === undefined ? undefined : latencyMs / 1000,
    ),
    ...series(
      'srgit_registry_node_subjects',
      'Subjects that the node lists, deleted ones too.',
      nodes,
      (one) => one.subjects,
    ),
    ...series('srgit_registry_node_newest_id', 'Highest schema id that the node shows.', nodes, (one) => one.newestId),
  );
  if (leader !== undefined) {
    lines.push(
      ...head('srgit_registry_leader', 'gauge', 'The node that leads, by the address that it advertises.'),
      `srgit_registry_leader{${labels({ leader })}} 1`,
    );
  }
  if (writeVisibleMs !== undefined) {
    lines.push(
      ...head('srgit_registry_write_visible_seconds', 'gauge', 'Time until every node showed a write.'),
      `srgit_registry_write_visible_seconds ${writeVisibleMs / 1000}`,
    );
  }
  return `${lines.join('\n')}\n`;
}

function series(
  name: string,
  help: string,
  nodes: HealthView['nodes'],
  numberOf: (node: HealthView['nodes'][number]) => number | undefined,
): string[] {
  const values = nodes.flatMap((node) => {
    const value = numberOf(node);
    return value === undefined ? [] : [`${name}{${labels({ node: node.node })}} ${value}`];
  });
  return values.length === 0 ? [] : [...head(name, 'gauge', help), ...values];
}

function head(name: string, type: 'counter' | 'gauge', help: string): string[] {
  return [`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`];
}

function labels(values: Readonly<Record<string, string>>): string {
  const quote = (value: string): string =>
    value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
  return Object.entries(values)
    .map(([name, value]) => `${name}="${quote(value)}"`)
    .join(',');
}
