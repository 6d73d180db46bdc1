/**
 * Who leads a registry, as its group in Kafka tells. Confluent's registry and Karapace elect by the group protocol with the
 * type `sr`: a member says its address as JSON when it joins, and the group's leader gives every member the chosen one.
 */

/** The group that a registry's nodes are in unless it was given another name (`schema.registry.group.id`). */
export const REGISTRY_GROUP = 'schema-registry';
/** Protocol type of such a group. */
export const REGISTRY_PROTOCOL = 'sr';

export interface Election {
  /** Address as the node advertises it, `http://host:port`; absent where nobody leads. */
  readonly leader?: string;
  /** Addresses of all members, sorted. */
  readonly members: readonly string[];
  /** `rebalancing`: it is being found out. `twice`: two nodes advertise one address, and none may lead. */
  readonly outcome: 'elected' | 'none' | 'twice' | 'rebalancing' | 'empty';
}

export interface GroupMember {
  readonly metadata: Buffer;
  readonly assignment: Buffer;
}

/** An assignment's `error`. */
const DUPLICATE_URLS = 1;

/** What cannot be read counts as not there: other tools may be in the group. */
export function readElection(state: string, members: readonly GroupMember[]): Election {
  const addresses = [...new Set(members.flatMap(({ metadata }) => addressOf(parse(metadata))))].sort();
  if (members.length === 0) return { members: addresses, outcome: 'empty' };
  if (state !== 'Stable') return { members: addresses, outcome: 'rebalancing' };
  const assignments = members.map(({ assignment }) => parse(assignment)).filter((one) => one !== undefined);
  if (assignments.some(({ error }) => error === DUPLICATE_URLS)) return { members: addresses, outcome: 'twice' };
  // Older names, which are still the ones on the wire.
  const [leader] = assignments.flatMap((one) => addressOf(one['master_identity'] ?? one['leader_identity']));
  return leader === undefined
    ? { members: addresses, outcome: 'none' }
    : { leader, members: addresses, outcome: 'elected' };
}

function parse(bytes: Buffer): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(bytes.toString('utf8'));
    return isRecord(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function addressOf(identity: unknown): string[] {
  if (!isRecord(identity)) return [];
  const { host, port, scheme = 'http' } = identity;
  if (typeof host !== 'string' || typeof port !== 'number' || typeof scheme !== 'string') return [];
  return [`${scheme}://${host.includes(':') ? `[${host}]` : host}:${port}`];
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
