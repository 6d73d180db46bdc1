/** Topic against tree against registry: the three must agree. */
import type { RegistrySnapshot } from '../../model/registry-snapshot.ts';
import { parseSubjectName } from '../../model/subject-name.ts';
import { diffSnapshots, type SubjectDiff } from '../../plan/diff-snapshots.ts';
import { snapshotFromState } from '../../semantics/snapshot-state.ts';
import type { RegistryState } from '../../semantics/state.ts';
import { PIN_SUBJECT } from '../../semantics/topic/write-topic.ts';
import type { TopicReading } from './read-topic.ts';

export interface TopicComparison {
  /** What the topic is held against. */
  readonly against: string;
  /** What would have to happen to the topic's state so that it became the other. */
  readonly subjects: readonly SubjectDiff[];
}

export interface OtherState {
  readonly name: string;
  readonly state: RegistryState;
}

export function compareTopic(reading: TopicReading, others: readonly OtherState[]): readonly TopicComparison[] {
  const topic = withoutPins(snapshotFromState(reading.reduced.state, { kind: 'unknown' }));
  return others.map(({ name, state }) => ({
    against: name,
    subjects: diffSnapshots(topic, withoutPins(snapshotFromState(state, { kind: 'unknown' }))),
  }));
}

/** Without the rows that a rebuilt topic holds its highest ids with. */
function withoutPins(snapshot: RegistrySnapshot): RegistrySnapshot {
  const contexts = snapshot.contexts.map((context) => ({
    ...context,
    subjects: context.subjects.filter(({ name }) => parseSubjectName(name).subject !== PIN_SUBJECT),
  }));
  return { ...snapshot, contexts };
}
