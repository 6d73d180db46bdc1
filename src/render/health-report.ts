/** A look at a registry, for a person. */
import { escapeUnsafe } from './show-name.ts';

export interface HealthView {
  readonly healthy: boolean;
  readonly nodes: readonly {
    readonly node: string;
    readonly up: boolean;
    readonly latencyMs?: number;
    readonly version?: string;
    readonly mode?: string;
    readonly subjects?: number;
    readonly newestId?: number;
  }[];
  readonly findings: readonly {
    readonly code: string;
    readonly severity: 'down' | 'risk';
    readonly node?: string;
    readonly detail?: string;
  }[];
  /** As the node advertises itself. */
  readonly leader?: string;
  readonly writeVisibleMs?: number;
}

interface Explained {
  readonly cause: string;
  readonly next: string;
}

/** @param explain cause and next step by code. */
export function renderHealth(report: HealthView, explain: Readonly<Record<string, Explained>>): string {
  const lines = report.nodes.map(({ node, up, latencyMs, version, mode, subjects, newestId }) => {
    if (!up) return `✗ ${node}`;
    const facts = [
      ...(version === undefined ? [] : [version]),
      ...(mode === undefined ? [] : [mode]),
      `${subjects} subjects`,
      `newest id ${newestId}`,
      `${latencyMs} ms`,
    ];
    return `✓ ${node}: ${facts.join(', ')}`;
  });
  if (report.leader !== undefined) lines.push(`✓ ${escapeUnsafe(report.leader)} leads`);
  if (report.writeVisibleMs !== undefined)
    lines.push(`✓ a write is shown by every node after ${report.writeVisibleMs} ms`);
  for (const finding of report.findings) lines.push(...findingLines(finding, explain[finding.code]));
  lines.push(report.healthy ? '✓ healthy' : `✗ ${causeLine(report, explain)}`);
  return lines.join('\n');
}

/** Why it is not well, in one line. */
export function causeLine(report: HealthView, explain: Readonly<Record<string, Explained>>): string {
  const worst = report.findings.find(({ severity }) => severity === 'down') ?? report.findings[0];
  if (worst === undefined) return 'healthy';
  const where = worst.node === undefined ? '' : `${worst.node}: `;
  const more = report.findings.length > 1 ? ` (and ${report.findings.length - 1} more)` : '';
  return `${where}${explain[worst.code]?.cause ?? worst.code}${more}`;
}

function findingLines(
  { code, severity, node, detail }: HealthView['findings'][number],
  explained?: Explained,
): string[] {
  const where = node === undefined ? '' : ` ${node}`;
  const lines = [`${severity === 'down' ? '✗' : '!'} ${code}${where}: ${explained?.cause ?? ''}`];
  if (detail !== undefined) lines.push(`    ${escapeUnsafe(detail)}`);
  if (explained !== undefined) lines.push(`  → ${explained.next}`);
  return lines;
}
