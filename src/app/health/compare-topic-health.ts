/** Whether the topic that a registry is made of can be read, is sound, and says what the registry answers, as findings. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Config, RegistrySettings } from '../../config/types.ts';
import { SrgitError, throwIfAborted } from '../../errors.ts';
import type { SubjectDiff } from '../../plan/diff-snapshots.ts';
import type { TopicFinding } from '../../semantics/topic/findings.ts';
import { compareTopic } from '../topic/diff-topic.ts';
import { readTopic, type TopicReading } from '../topic/read-topic.ts';
import type { TopicSource } from '../topic/topic-source.ts';
import { loadWantedState } from '../topic/wanted-state.ts';
import { type HealthFinding, healthFinding } from './health-findings.ts';

export interface TopicHealthOptions {
  /** Called for each reading; what it opens is closed again. */
  readonly open: () => Promise<TopicSource>;
  readonly config: Config;
  /** Undefined where no node of it answers: the topic alone is looked at. */
  readonly registry: RegistrySettings | undefined;
  /** Milliseconds that the registry may be behind its topic, or the reading of one behind that of the other. */
  readonly lagMs: number;
  readonly signal?: AbortSignal | undefined;
}

/** @throws SrgitError SRGIT_INTERRUPTED only. */
export async function compareWithTopic(options: TopicHealthOptions): Promise<readonly HealthFinding[]> {
  let reading: TopicReading;
  try {
    reading = await read(options);
  } catch (error) {
    return [healthFinding('TOPIC_UNREADABLE', { detail: messageOf(error) })];
  }
  const findings = soundness(reading.findings);
  if (options.registry === undefined) return findings;
  try {
    const [first, ...more] = await lastingDifferences(reading, options.registry, options);
    if (first === undefined) return findings;
    return [...findings, healthFinding('TOPIC_DIFFERS', { detail: describe(first, more.length) })];
  } catch (error) {
    return [...findings, healthFinding('TOPIC_DIFFERS', { detail: messageOf(error) })];
  }
}

async function read({ open, signal }: TopicHealthOptions): Promise<TopicReading> {
  const source = await open();
  try {
    return await readTopic(source, { checkTexts: true, signal });
  } finally {
    await source.close();
  }
}

/** One finding for what hurts now and one for what may hurt later, each naming the first of its kind. */
function soundness(findings: readonly TopicFinding[]): readonly HealthFinding[] {
  const [bad, risks] = [
    findings.filter(({ effect }) => effect !== 'risk'),
    findings.filter(({ effect }) => effect === 'risk'),
  ];
  // What stops a registry comes first.
  const worst = bad.find(({ effect }) => effect === 'stops') ?? bad[0];
  return [
    ...(worst === undefined ? [] : [healthFinding('TOPIC_UNSOUND', { detail: place(worst, bad.length - 1) })]),
    ...(risks[0] === undefined
      ? []
      : [healthFinding('TOPIC_RISKS', { detail: [...new Set(risks.map(({ code }) => code))].join(', ') })]),
  ];
}

function place({ code, offset, subject, version }: TopicFinding, more: number): string {
  const where = [
    ...(offset === undefined ? [] : [` at offset ${offset}`]),
    ...(subject === undefined ? [] : [` of ${subject}${version === undefined ? '' : ` version ${version}`}`]),
  ].join('');
  return `${code}${where}${more > 0 ? ` and ${more} more` : ''}`;
}

/**
 * Topic and registry are not read at the same moment, and a write may be on its way from one to the other: what differs must be
 * there still when both are read again.
 */
async function lastingDifferences(
  reading: TopicReading,
  registry: RegistrySettings,
  options: TopicHealthOptions,
): Promise<readonly SubjectDiff[]> {
  const { signal, lagMs } = options;
  const first = await differences(reading, registry, options);
  if (first.length === 0) return first;
  await sleep(lagMs, undefined, signal === undefined ? {} : { signal }).catch(() => throwIfAborted(signal));
  const before = new Set(first.map(({ subject }) => subject));
  const again = await differences(await read(options), registry, options);
  return again.filter(({ subject }) => before.has(subject));
}

async function differences(
  reading: TopicReading,
  registry: RegistrySettings,
  { config, signal }: TopicHealthOptions,
): Promise<readonly SubjectDiff[]> {
  const wanted = await loadWantedState({ kind: 'registry', config, registry }, { env: {}, signal });
  return compareTopic(reading, [wanted]).flatMap(({ subjects }) => subjects);
}

function describe({ subject, change, versions, settings }: SubjectDiff, more: number): string {
  const name = subject === '' ? 'global' : subject;
  const what: Record<SubjectDiff['change'], string> = {
    added: 'the registry has it, the topic does not',
    removed: 'the topic has it, the registry does not',
    changed: [
      ...versions.map(({ change: of, version }) => `version ${version} ${of}`),
      ...settings.map(({ setting }) => setting),
    ].join(', '),
  };
  return `${name}: ${what[change]}${more > 0 ? ` and ${more} more` : ''}`;
}

function messageOf(error: unknown): string {
  if (!(error instanceof SrgitError) || error.code === 'SRGIT_INTERRUPTED') throw error;
  return error.message;
}
