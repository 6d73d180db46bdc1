/** What health can find, in a closed list: each with its cause and what to do. */

/** `down`: something that worked does not. `risk`: it works, and something is not as it should be. */
export type HealthSeverity = 'down' | 'risk';

interface HealthKind {
  readonly severity: HealthSeverity;
  readonly cause: string;
  readonly next: string;
}

export const HEALTH_FINDINGS = {
  NODE_UNREACHABLE: {
    severity: 'down',
    cause: 'the node does not answer',
    next: 'Is its process running, and its address right? The other nodes serve meanwhile.',
  },
  NODE_REFUSES: {
    severity: 'down',
    cause: 'the node does not let us in, or is no registry',
    next: 'Look at its URL, its certificate and the credentials.',
  },
  NODE_FAILS: {
    severity: 'down',
    cause: 'the node answers with an error of its own',
    next: 'Look at its log: its reader of the topic may have died. A restart reads the topic anew.',
  },
  NODE_SLOW: {
    severity: 'risk',
    cause: 'the node takes long to answer',
    next: 'Look at its load, its heap and its way to Kafka.',
  },
  VERSIONS_DIFFER: {
    severity: 'risk',
    cause: 'the nodes are of different releases',
    next: 'Finish the upgrade: an older node may not understand what a newer one writes.',
  },
  NODES_DISAGREE: {
    severity: 'down',
    cause: 'the nodes do not have the same subjects or schemas, and that lasts',
    next: 'The node that has less is behind: restart it. Clients that ask it do not find schemas.',
  },
  MODE_NOT_READWRITE: {
    severity: 'risk',
    cause: 'the registry takes no new schemas: its mode is not READWRITE',
    next: 'If nobody means it so, put the mode back: an interrupted import may have left it.',
  },
  WRITE_NO_LEADER: {
    severity: 'down',
    cause: 'no node leads: nothing can be registered',
    next: 'An election takes some seconds. If it lasts, look at leader.eligibility and at the group of the registry in Kafka.',
  },
  WRITE_LEADER_UNREACHABLE: {
    severity: 'down',
    cause: 'the node cannot reach the one that leads',
    next: 'The leader is gone or frozen: a new one is elected after about ten seconds. Look at the advertised host names.',
  },
  WRITE_TIMEOUT: {
    severity: 'down',
    cause: 'the registry cannot write to its topic',
    next: 'Look at the brokers, and at min.insync.replicas and the permissions of the topic. Reads go on from memory.',
  },
  WRITE_REFUSED: {
    severity: 'risk',
    cause: 'the registry did not take the probe',
    next: 'The credentials may not write, or the mode forbids it.',
  },
  WRITE_NOT_VISIBLE: {
    severity: 'down',
    cause: 'a write that was answered is not shown by the node',
    next: 'Its reader of the topic is behind or dead: restart it.',
  },
  NO_LEADER: {
    severity: 'down',
    cause: 'the nodes are in their group in Kafka, and none of them leads: nothing can be registered',
    next: 'Look at leader.eligibility: at least one node needs true.',
  },
  ADDRESS_TWICE: {
    severity: 'down',
    cause: 'two nodes advertise the same address, so that none can be elected',
    next: 'Give each node a host.name (or inter.instance.listener) of its own, and restart them.',
  },
  GROUP_EMPTY: {
    severity: 'risk',
    cause: 'no registry is in the group in Kafka by which the leader is elected',
    next: 'Is it the right group (schema.registry.group.id) and the right cluster? Else no node runs.',
  },
  GROUP_UNREADABLE: {
    severity: 'risk',
    cause: 'the group in Kafka by which the leader is elected cannot be looked at',
    next: 'It needs Describe on the group. Without it the report does not say who leads.',
  },
  TOPIC_UNREADABLE: {
    severity: 'down',
    cause: 'the topic of the schemas cannot be read',
    next: 'The registry still serves from memory: export it now (`srgit export`).',
  },
  TOPIC_UNSOUND: {
    severity: 'down',
    cause: 'the topic of the schemas is damaged: a registry that is restarted does not have what it has now',
    next: 'Export the registry now, then look: `srgit topic inspect`.',
  },
  TOPIC_RISKS: {
    severity: 'risk',
    cause: 'the topic of the schemas has what may hurt later',
    next: 'Look at it: `srgit topic inspect`.',
  },
  TOPIC_DIFFERS: {
    severity: 'down',
    cause: 'the registry does not answer what its topic says',
    next: 'Export the registry before anybody restarts it, then compare: `srgit topic diff`.',
  },
  TREE_DIFFERS: {
    severity: 'risk',
    cause: 'the tree in git is not what the registry holds',
    next: 'Export it, or look what changed: `srgit diff . registry`.',
  },
} as const satisfies Readonly<Record<string, HealthKind>>;

export type HealthCode = keyof typeof HEALTH_FINDINGS;

export interface HealthFinding {
  readonly code: HealthCode;
  readonly severity: HealthSeverity;
  /** Base URL without credentials; absent for what is no single node's. */
  readonly node?: string;
  readonly detail?: string;
}

export function healthFinding(code: HealthCode, place: Pick<HealthFinding, 'node' | 'detail'> = {}): HealthFinding {
  return { code, severity: HEALTH_FINDINGS[code].severity, ...place };
}
