/** One look at a registry: its nodes, what they agree on, whether a write goes through, and whether topic and tree agree. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { RegistrySettings } from '../../config/types.ts';
import { SrgitError, throwIfAborted } from '../../errors.ts';
import type { NodeClient } from '../../registry/read-back.ts';
import type { LeaderHealth } from './ask-leader.ts';
import { askNode, findNewestId, type NodeHealth, openNodes } from './ask-nodes.ts';
import { type HealthFinding, healthFinding } from './health-findings.ts';
import { probeWrites } from './probe-writes.ts';

export interface HealthOptions {
  readonly registry: RegistrySettings;
  /** Writes, and waits until every node shows it. */
  readonly probeWrites: boolean;
  /** Milliseconds that a node may take for one answer. */
  readonly timeoutMs: number;
  /** Milliseconds from which on an answer is slow. */
  readonly slowMs: number;
  /** Milliseconds that nodes may differ: a write is on its way. */
  readonly lagMs: number;
  /** Compares with topic and tree; not at every look, since everything is read. */
  readonly compare?: ((look: ComparedLook) => Promise<readonly HealthFinding[]>) | undefined;
  /** Asks Kafka which node leads, at every look. */
  readonly askLeader?: ((signal: AbortSignal | undefined) => Promise<LeaderHealth>) | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface ComparedLook {
  /** Whether a node answers: without one there is only the topic to look at. */
  readonly answers: boolean;
  readonly signal: AbortSignal | undefined;
}

export interface HealthReport {
  readonly healthy: boolean;
  readonly nodes: readonly NodeHealth[];
  readonly findings: readonly HealthFinding[];
  /** Address that the node which leads advertises, where Kafka was asked. */
  readonly leader?: string;
  /** Milliseconds until a write was shown by every node. */
  readonly writeVisibleMs?: number;
}

/** Keeps its connections and what it knows of ids from one look to the next. */
export class HealthCheck {
  readonly #options: HealthOptions;
  readonly #nodes: readonly NodeClient[];
  #knownId = 0;
  #compared: readonly HealthFinding[] = [];

  constructor(options: HealthOptions) {
    this.#options = options;
    this.#nodes = openNodes(options.registry, options.timeoutMs);
  }

  /** @throws SrgitError SRGIT_INTERRUPTED only: whatever a registry does is a finding. */
  async look({ compare = true, signal = this.#options.signal } = {}): Promise<HealthReport> {
    const { slowMs, lagMs } = this.#options;
    if (this.#knownId === 0) this.#knownId = await this.#firstId(signal);
    const first = await this.#ask(this.#nodes, signal);
    let nodes = first.nodes;
    let disagreement = disagreementOf(nodes);
    if (disagreement !== undefined && lagMs > 0) {
      // A write may be on its way from one node to the other: what differs must last.
      await sleep(lagMs, undefined, signal === undefined ? {} : { signal }).catch(() => throwIfAborted(signal));
      nodes = (await this.#ask(this.#nodes, signal)).nodes;
      disagreement = disagreementOf(nodes);
    }
    this.#knownId = Math.max(this.#knownId, ...nodes.map(({ newestId = 0 }) => newestId));
    const up = this.#nodes.filter(({ node }) => nodes.some((one) => one.node === node && one.up));
    const probe =
      this.#options.probeWrites && up.length > 0
        ? await probeWrites(up, { patienceMs: Math.max(lagMs, slowMs), signal })
        : undefined;
    const { leader, findings: ofLeader = [] } = (await this.#options.askLeader?.(signal)) ?? {};
    if (compare) this.#compared = (await this.#options.compare?.({ answers: up.length > 0, signal })) ?? [];
    const findings = [
      ...first.findings,
      ...(disagreement === undefined ? [] : [disagreement]),
      ...commonFindings(nodes),
      ...ofLeader,
      ...(probe?.findings ?? []),
      ...this.#compared,
    ];
    return {
      healthy: findings.length === 0,
      nodes,
      findings,
      ...(leader === undefined ? {} : { leader }),
      ...(probe?.visibleMs === undefined ? {} : { writeVisibleMs: probe.visibleMs }),
    };
  }

  async #firstId(signal: AbortSignal | undefined): Promise<number> {
    for (const node of this.#nodes) {
      try {
        return await findNewestId(node, signal);
      } catch (error) {
        if (!(error instanceof SrgitError) || error.code === 'SRGIT_INTERRUPTED') throw error;
      }
    }
    return 0;
  }

  async close(): Promise<void> {
    await Promise.all(this.#nodes.map(({ client }) => client.close()));
  }

  async #ask(nodes: readonly NodeClient[], signal: AbortSignal | undefined) {
    const { slowMs } = this.#options;
    const answers = await Promise.all(nodes.map((node) => askNode(node, { slowMs, knownId: this.#knownId, signal })));
    return {
      nodes: answers.map(({ health }) => health),
      findings: answers.flatMap(({ findings }) => findings),
    };
  }
}

function disagreementOf(nodes: readonly NodeHealth[]): HealthFinding | undefined {
  const up = nodes.filter((node) => node.up);
  const [first] = up;
  const other = up.find((node) => node.subjectsHash !== first?.subjectsHash || node.newestId !== first?.newestId);
  if (first === undefined || other === undefined) return undefined;
  const say = ({ node, subjects, newestId }: NodeHealth): string =>
    `${node}: ${subjects} subjects, newest id ${newestId}`;
  return healthFinding('NODES_DISAGREE', { detail: `${say(first)}; ${say(other)}` });
}

function commonFindings(nodes: readonly NodeHealth[]): readonly HealthFinding[] {
  const versions = [...new Set(nodes.flatMap(({ version }) => (version === undefined ? [] : [version])))];
  const modes = [...new Set(nodes.flatMap(({ mode }) => (mode === undefined ? [] : [mode])))];
  return [
    ...(versions.length > 1 ? [healthFinding('VERSIONS_DIFFER', { detail: versions.sort().join(', ') })] : []),
    ...modes
      .filter((mode) => mode !== 'READWRITE')
      .map((mode) => healthFinding('MODE_NOT_READWRITE', { detail: mode })),
  ];
}
