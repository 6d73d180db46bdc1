/** Which node leads: told by the registry's group in Kafka, since no registry tells it itself. */
import { SrgitError } from '../../errors.ts';
import type { KafkaClient } from '../../kafka/port.ts';
import { REGISTRY_GROUP, REGISTRY_PROTOCOL, readElection } from '../../semantics/election.ts';
import { type HealthFinding, healthFinding } from './health-findings.ts';

export interface AskLeaderOptions {
  /** What it opens is closed again. */
  readonly open: () => Promise<KafkaClient>;
  /** Undefined: the name that registries have by default, and nothing is said where no registry is in it. */
  readonly group: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface LeaderHealth {
  /** As it advertises itself. */
  readonly leader?: string;
  /** Nodes in the group, which need not be the ones that were asked. */
  readonly members: readonly string[];
  readonly findings: readonly HealthFinding[];
}

const NOTHING: LeaderHealth = { members: [], findings: [] };

/** @throws SrgitError SRGIT_INTERRUPTED only. */
export async function askLeader({ open, group, signal }: AskLeaderOptions): Promise<LeaderHealth> {
  try {
    const client = await open();
    try {
      const { state, protocolType, members } = await client.admin.describeGroup(group ?? REGISTRY_GROUP, signal);
      const isRegistry = protocolType === REGISTRY_PROTOCOL && members.length > 0;
      if (!isRegistry && group === undefined) return NOTHING;
      const election = readElection(state, isRegistry ? members : []);
      const { leader, members: nodes, outcome } = election;
      const detail = nodes.length === 0 ? `group ${group ?? REGISTRY_GROUP}` : nodes.join(', ');
      const findings: Record<typeof outcome, readonly HealthFinding[]> = {
        elected: [],
        // It takes seconds; the probe tells whether it lasts.
        rebalancing: [],
        empty: [healthFinding('GROUP_EMPTY', { detail })],
        none: [healthFinding('NO_LEADER', { detail })],
        twice: [healthFinding('ADDRESS_TWICE', { detail })],
      };
      return { ...(leader === undefined ? {} : { leader }), members: nodes, findings: findings[outcome] };
    } finally {
      await client.close();
    }
  } catch (error) {
    if (!(error instanceof SrgitError) || error.code === 'SRGIT_INTERRUPTED') throw error;
    // That Kafka cannot be asked is told by the look at the topic already.
    return group === undefined ? NOTHING : { members: [], findings: [unreadable(error.message)] };
  }
}

function unreadable(detail: string): HealthFinding {
  return healthFinding('GROUP_UNREADABLE', { detail });
}
