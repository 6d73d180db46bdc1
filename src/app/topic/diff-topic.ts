/** Topic against tree against registry: the three must agree. */
import type { RegistrySnapshot, SubjectState } from '../../model/registry-snapshot.ts';
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
  /** As a registry answers: what the server's own configuration says is in it, as if it had been set. */
  readonly answered?: boolean;
}

export function compareTopic(reading: TopicReading, others: readonly OtherState[]): readonly TopicComparison[] {
  const topic = withoutPins(snapshotFromState(reading.reduced.state, { kind: 'unknown' }));
  return others.map(({ name, state, answered = false }) => {
    const other = withoutPins(snapshotFromState(state, { kind: 'unknown' }));
    const subjects = diffSnapshots(answered ? listed(topic) : topic, other);
    return {
      against: name,
      subjects: subjects.flatMap((found) => (found.subject === '' ? withoutDefaults(found, answered) : [found])),
    };
  });
}

/** What a registry can be asked for: it lists no subject that has settings and no version. */
function listed(snapshot: RegistrySnapshot): RegistrySnapshot {
  return onlySubjects(snapshot, ({ versions }) => versions.length > 0);
}

/** What a registry starts with when its topic says nothing (observed on Confluent 8.3.1). */
const DEFAULTS: Readonly<Record<string, string>> = { compatibility: 'BACKWARD', mode: 'READWRITE' };

/**
 * `GET /config` and `GET /mode` answer also where nothing was ever set, and an export writes that down: it is no difference
 * from a topic without such a record. A level other than the usual can come from `schema.compatibility.level`.
 */
function withoutDefaults(found: SubjectDiff, answered: boolean): readonly SubjectDiff[] {
  const settings = found.settings.filter(
    ({ setting, from, to }) =>
      from !== undefined || (DEFAULTS[setting] !== to && !(answered && setting === 'compatibility')),
  );
  return settings.length > 0 || found.versions.length > 0 ? [{ ...found, settings }] : [];
}

/** Without the rows that a rebuilt topic holds its highest ids with. */
function withoutPins(snapshot: RegistrySnapshot): RegistrySnapshot {
  return onlySubjects(snapshot, ({ name }) => parseSubjectName(name).subject !== PIN_SUBJECT);
}

function onlySubjects(snapshot: RegistrySnapshot, keeps: (subject: SubjectState) => boolean): RegistrySnapshot {
  const contexts = snapshot.contexts.map((context) => ({ ...context, subjects: context.subjects.filter(keeps) }));
  return { ...snapshot, contexts };
}
