/** What is a schema frame in which topic: from the tree, the id map, and what the user says about topics. */
import type { FramingSetting, RecordSettings } from '../../config/record-settings.ts';
import { SrgitError } from '../../errors.ts';
import { compileGlob } from '../../model/glob.ts';
import type { ContextState } from '../../model/registry-snapshot.ts';
import { DEFAULT_CONTEXT } from '../../model/subject-name.ts';
import type { RecordSide, SideRule, TopicRule } from '../../records/frame-rules.ts';
import { EMPTY_MAP } from '../../records/schema-id-map.ts';
import { type ContextMaps, type KnownSchemas, makeContextMaps } from './context-maps.ts';
import type { LoadedMap } from './load-map.ts';

export interface RuleOptions {
  /** Absent: nothing is known of the source's schemas but what the map has. */
  readonly known?: KnownSchemas | undefined;
  /** Absent: ids stay what they are. */
  readonly map?: LoadedMap | undefined;
  readonly toContext?: string | undefined;
  readonly framing: RecordSettings['framing'];
  readonly contexts: RecordSettings['contexts'];
}

export interface ChosenRule extends TopicRule {
  readonly context: string;
}

export interface TopicRules {
  readonly maps: ContextMaps;
  /** @throws SrgitError SRGIT_CONFIG_INVALID for a topic of a context that neither tree nor map has */
  ruleOf(topic: string): ChosenRule;
}

export function makeTopicRules(options: RuleOptions): TopicRules {
  const maps = makeContextMaps(options.known, options.map, options.toContext);
  const framing = options.framing.map(({ topics, ...sides }) => ({ matches: compileGlob(topics), sides }));
  const contexts = options.contexts.map(({ topics, context }) => ({ matches: compileGlob(topics), context }));
  const states = new Map(options.known?.snapshot.contexts.map((context) => [context.name, context]));
  const ids = new Map<string, SubjectIds>();
  const subjectIdsOf = (context: string): SubjectIds => {
    let known = ids.get(context);
    if (known === undefined) {
      known = indexSubjects(states.get(context));
      ids.set(context, known);
    }
    return known;
  };
  return {
    maps,
    ruleOf(topic) {
      const context = contexts.find(({ matches }) => matches(topic))?.context ?? DEFAULT_CONTEXT;
      const map = maps.maps.get(context);
      if (map === undefined && context !== DEFAULT_CONTEXT) {
        throw new SrgitError(
          'SRGIT_CONFIG_INVALID',
          `topic ${topic} is said to be of context ${context}, which is not there`,
          {
            hint: `Known contexts: ${[...maps.maps.keys()].join(', ') || 'none'}.`,
          },
        );
      }
      const side = (name: RecordSide): SideRule => {
        const said = framing.find(({ matches, sides }) => sides[name] !== undefined && matches(topic))?.sides[name];
        const chosen: FramingSetting = said ?? 'auto';
        const registered = registeredFor(topic, name, subjectIdsOf(context));
        return { framing: chosen, map: map ?? EMPTY_MAP, ...(registered === undefined ? {} : { registered }) };
      };
      return { context, key: side('key'), value: side('value') };
    },
  };
}

/** Ids by subject, and the subjects that may be named for a topic and a record's type. */
interface SubjectIds {
  readonly bySubject: ReadonlyMap<string, ReadonlySet<number>>;
  /** By what comes before each `-` that a full name may follow. */
  readonly byTopic: ReadonlyMap<string, readonly string[]>;
}

/** A record's or message's full name; a topic's own part has dashes as often as not. */
const FULL_NAME = /^[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)*$/;

function indexSubjects(context: ContextState | undefined): SubjectIds {
  const bySubject = new Map<string, ReadonlySet<number>>();
  const byTopic = new Map<string, string[]>();
  for (const { name, versions } of context?.subjects ?? []) {
    if (versions.length === 0) continue;
    bySubject.set(name, new Set(versions.map(({ id }) => id)));
    const dash = name.lastIndexOf('-');
    const type = name.slice(dash + 1);
    if (dash <= 0 || type === 'key' || type === 'value' || !FULL_NAME.test(type)) continue;
    const topic = name.slice(0, dash);
    const others = byTopic.get(topic);
    if (others === undefined) byTopic.set(topic, [name]);
    else others.push(name);
  }
  return { bySubject, byTopic };
}

/** TopicNameStrategy's `orders-value`, and TopicRecordNameStrategy's `orders-com.shop.Order`, which is of either side. */
function registeredFor(
  topic: string,
  side: RecordSide,
  { bySubject, byTopic }: SubjectIds,
): ReadonlySet<number> | undefined {
  const named = [`${topic}-${side}`, ...(byTopic.get(topic) ?? [])]
    .map((subject) => bySubject.get(subject))
    .filter((ids) => ids !== undefined);
  if (named.length === 0) return undefined;
  return named.reduce((all, ids) => all.union(ids), new Set<number>());
}
