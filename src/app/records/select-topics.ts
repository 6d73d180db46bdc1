/** Which topics and partitions of a source are meant. */
import { SrgitError } from '../../errors.ts';
import { compileGlob } from '../../model/glob.ts';
import { whyInternal } from '../../records/frame-rules.ts';
import type { SourceTopic } from '../../records/record-source.ts';

export interface TopicSelection {
  /** Globs; every topic but internal ones where absent. A topic named exactly is taken though it be internal. */
  readonly topics?: readonly string[] | undefined;
  readonly exclude?: readonly string[] | undefined;
  /** Every partition where absent. */
  readonly partitions?: readonly number[] | undefined;
}

export interface SelectedTopics {
  /** With the selected partitions only. */
  readonly topics: readonly SourceTopic[];
  /** Topics that would have been meant, were they not the system's own. */
  readonly leftOut: readonly { readonly topic: string; readonly why: string }[];
}

/** @throws SrgitError SRGIT_USAGE for a topic named exactly that the source does not have */
export function selectTopics(all: readonly SourceTopic[], selection: TopicSelection): SelectedTopics {
  const { topics: wanted = ['*'], exclude = [], partitions } = selection;
  const names = new Set(all.map(({ name }) => name));
  for (const pattern of wanted) {
    if (names.has(pattern) || !/^[A-Za-z0-9._-]+$/.test(pattern)) continue;
    throw new SrgitError('SRGIT_USAGE', `the source has no topic ${pattern}`, {
      hint: `Topics there: ${shorten([...names])}.`,
    });
  }
  const exact = new Set(wanted.filter((pattern) => names.has(pattern)));
  const includes = wanted.map(compileGlob);
  const excludes = exclude.map(compileGlob);
  const topics: SourceTopic[] = [];
  const leftOut: SelectedTopics['leftOut'][number][] = [];
  for (const topic of all) {
    if (!includes.some((matches) => matches(topic.name)) || excludes.some((matches) => matches(topic.name))) continue;
    const why = exact.has(topic.name) ? undefined : whyInternal(topic.name);
    if (why !== undefined) leftOut.push({ topic: topic.name, why });
    else if (partitions === undefined) topics.push(topic);
    else {
      const chosen = topic.partitions.filter(({ partition }) => partitions.includes(partition));
      topics.push({ ...topic, partitions: chosen });
    }
  }
  return { topics, leftOut };
}

function shorten(names: readonly string[]): string {
  const shown = names.slice(0, 20).join(', ');
  return names.length > 20 ? `${shown} and ${names.length - 20} more` : shown || 'none';
}
