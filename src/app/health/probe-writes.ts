/**
 * Whether a write goes through, from each node, and whether every node shows it. What is written is the config of a subject
 * that nobody has: it goes the way of every write (to the leader, into the topic, back to every node) and uses up no schema
 * id, which a registration would.
 */
import { randomUUID } from 'node:crypto';
import { SrgitError } from '../../errors.ts';
import { isJsonObject } from '../../model/json.ts';
import { awaitOnEveryNode, type NodeClient } from '../../registry/read-back.ts';
import { type HealthCode, type HealthFinding, healthFinding } from './health-findings.ts';

/** A name that says what it is for, to whoever finds it. */
const PROBE_SUBJECT = 'srgit-health-probe';
const PATH = `/config/${PROBE_SUBJECT}`;
const LEVELS = ['NONE', 'FULL'] as const;

export interface ProbeOptions {
  /** Milliseconds that a node may take to show a write. */
  readonly patienceMs: number;
  readonly signal?: AbortSignal | undefined;
}

export interface WriteProbe {
  readonly findings: readonly HealthFinding[];
  /** Milliseconds until the slowest node showed it; absent when it did not come to that. */
  readonly visibleMs?: number;
}

/** @param nodes those that answer. */
export async function probeWrites(nodes: readonly NodeClient[], options: ProbeOptions): Promise<WriteProbe> {
  const findings: HealthFinding[] = [];
  let visibleMs: number | undefined;
  for (const [at, through] of nodes.entries()) {
    const level = LEVELS[at % LEVELS.length] ?? 'NONE';
    const failed = await write(through, level, options.signal);
    if (failed !== undefined) {
      findings.push(failed);
      continue;
    }
    const began = performance.now();
    const late = await notVisible(nodes, level, options);
    findings.push(...late);
    if (late.length === 0) visibleMs = Math.max(visibleMs ?? 0, performance.now() - began);
  }
  // Whatever came of it, nothing of the probe stays.
  await removeProbe(nodes, options.signal);
  return { findings, ...(visibleMs === undefined ? {} : { visibleMs: Math.round(visibleMs) }) };
}

async function write({ node, client }: NodeClient, level: string, signal: AbortSignal | undefined) {
  try {
    // A body of its own each time: nothing between here and the registry may answer from memory.
    const body = { compatibility: level, compatibilityGroup: `srgit-${randomUUID()}` };
    await client.send('PUT', PATH, { body, signal, idempotent: true });
    return undefined;
  } catch (error) {
    if (!(error instanceof SrgitError) || error.code === 'SRGIT_INTERRUPTED') throw error;
    return healthFinding(codeOf(error), { node, detail: error.message });
  }
}

/** 50002: no answer from the topic. 50003: the leader cannot be reached. 50004: there is none (observed on Confluent 8.3.1). */
function codeOf(error: SrgitError): HealthCode {
  const errorCode = Number(error.details['errorCode']);
  if (errorCode === 50002) return 'WRITE_TIMEOUT';
  if (errorCode === 50003) return 'WRITE_LEADER_UNREACHABLE';
  if (errorCode === 50004) return 'WRITE_NO_LEADER';
  if (error.code === 'SRGIT_REGISTRY_TIMEOUT') return 'WRITE_LEADER_UNREACHABLE';
  if (error.code === 'SRGIT_REGISTRY_UNREACHABLE') return 'NODE_UNREACHABLE';
  return error.code === 'SRGIT_REGISTRY_FAILED' ? 'WRITE_TIMEOUT' : 'WRITE_REFUSED';
}

async function notVisible(
  nodes: readonly NodeClient[],
  level: string,
  { patienceMs, signal }: ProbeOptions,
): Promise<readonly HealthFinding[]> {
  const late = nodes.map(async (one) => {
    try {
      await awaitOnEveryNode(
        [one],
        'the probe',
        async (client, abort) => {
          const { ok, body } = await client.get(PATH, { signal: abort, allow: [404, 40408] });
          return ok && isJsonObject(body) && body['compatibilityLevel'] === level;
        },
        { signal, patienceMs },
      );
      return [];
    } catch (error) {
      if (!(error instanceof SrgitError) || error.code === 'SRGIT_INTERRUPTED') throw error;
      return [healthFinding('WRITE_NOT_VISIBLE', { node: one.node, detail: error.message })];
    }
  });
  return (await Promise.all(late)).flat();
}

async function removeProbe(nodes: readonly NodeClient[], signal: AbortSignal | undefined): Promise<void> {
  for (const { client } of nodes) {
    try {
      await client.send('DELETE', PATH, { signal, allow: [404, 40408], idempotent: true });
      return;
    } catch (error) {
      if (!(error instanceof SrgitError)) throw error;
    }
  }
}
