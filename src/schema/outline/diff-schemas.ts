/** What changed from one version of a schema to another, in terms that a person reviews, and what it breaks. */
import type { CompatibilityLevel, SchemaType } from '../../model/schema-version.ts';
import type { Incompatibility, ResolvedSchema } from '../language.ts';
import { languageOf } from '../schema-languages.ts';
import { outlineAvro } from './avro-outline.ts';
import { outlineJson } from './json-outline.ts';
import type { OutlineItem } from './outline.ts';
import { outlineProtobuf } from './protobuf-outline.ts';

export interface FactChange {
  readonly fact: string;
  /** Absent when it is new. */
  readonly from?: string;
  /** Absent when it is gone. */
  readonly to?: string;
}

/** `BACKWARD`: the newer schema cannot read older data. `FORWARD`: the older schema cannot read newer data. */
export type Broken = Extract<CompatibilityLevel, 'BACKWARD' | 'FORWARD'>;

export interface SchemaChange {
  readonly change: 'added' | 'removed' | 'changed';
  readonly kind: OutlineItem['kind'];
  readonly name: string;
  /** Of a changed item what changed, of an added one what it is. */
  readonly facts: readonly FactChange[];
  readonly breaks: readonly Broken[];
  /** Why, in the language's words. */
  readonly why: readonly string[];
}

export interface SchemaDiff {
  readonly changes: readonly SchemaChange[];
  /** Everything that breaks, also what belongs to no single change. */
  readonly breaks: readonly Broken[];
  /** Reasons that belong to no change that is listed. */
  readonly otherReasons: readonly { readonly breaks: Broken; readonly why: string }[];
  /** The types differ, or a text cannot be outlined: the texts themselves are all there is to compare. */
  readonly comparable: boolean;
}

const OUTLINES: Readonly<Record<SchemaType, (schema: string) => readonly OutlineItem[] | undefined>> = {
  AVRO: outlineAvro,
  JSON: outlineJson,
  PROTOBUF: outlineProtobuf,
};

export function diffSchemas(from: ResolvedSchema, to: ResolvedSchema): SchemaDiff {
  if (from.schemaType !== to.schemaType) {
    return { changes: [], breaks: ['BACKWARD', 'FORWARD'], otherReasons: [], comparable: false };
  }
  const language = languageOf(from.schemaType);
  const reasons = [
    ...language.findIncompatibilities(to, from, 'new').map((reason) => ({ breaks: 'BACKWARD' as const, reason })),
    ...language.findIncompatibilities(from, to, 'old').map((reason) => ({ breaks: 'FORWARD' as const, reason })),
  ];
  const outline = OUTLINES[from.schemaType];
  const [before, after] = [outline(from.schema), outline(to.schema)];
  const pairs = before && after ? pairItems(before, after) : [];
  const attached = new Map<Pair, Reason[]>();
  const otherReasons: { breaks: Broken; why: string }[] = [];
  for (const reason of reasons) {
    const pair = findPair(pairs, reason);
    if (pair === undefined) otherReasons.push({ breaks: reason.breaks, why: reason.reason.description });
    else attached.set(pair, [...(attached.get(pair) ?? []), reason]);
  }
  return {
    changes: pairs.map((pair) => describeChange(pair, attached.get(pair) ?? [])),
    breaks: brokenBy(reasons),
    otherReasons,
    comparable: before !== undefined && after !== undefined,
  };
}

interface Pair {
  readonly before?: OutlineItem;
  readonly after?: OutlineItem;
}

interface Reason {
  readonly breaks: Broken;
  readonly reason: Incompatibility;
}

/** Items that are not the same on both sides, in the order of the newer schema, then what is gone. */
function pairItems(before: readonly OutlineItem[], after: readonly OutlineItem[]): readonly Pair[] {
  const old = new Map(before.map((item) => [item.key, item]));
  const pairs: Pair[] = [];
  for (const item of after) {
    const previous = old.get(item.key);
    old.delete(item.key);
    if (previous === undefined) pairs.push({ after: item });
    else if (JSON.stringify(previous.facts) !== JSON.stringify(item.facts))
      pairs.push({ before: previous, after: item });
  }
  for (const item of old.values()) pairs.push({ before: item });
  return pairs;
}

/** The change that a reason is about: the one at the longest beginning of its path, first among what the reader has. */
function findPair(pairs: readonly Pair[], { breaks, reason }: Reason): Pair | undefined {
  const reader = breaks === 'BACKWARD' ? 'after' : 'before';
  return findOnSide(pairs, reason, reader) ?? findOnSide(pairs, reason, reader === 'after' ? 'before' : 'after');
}

function findOnSide(pairs: readonly Pair[], reason: Incompatibility, side: keyof Pair): Pair | undefined {
  let best: Pair | undefined;
  let length = -1;
  for (const pair of pairs) {
    const item = pair[side];
    if (item === undefined || item.path.length <= length || !isAt(reason.path, item.path)) continue;
    // All symbols of an enum are at one path: the message names those it is about.
    if (item.kind === 'symbol' && !reason.message.includes(item.name.slice(item.name.lastIndexOf('.') + 1))) continue;
    best = pair;
    length = item.path.length;
  }
  return best;
}

function isAt(path: string, place: string): boolean {
  if (path === place) return true;
  // `#/required/a` is about the property a.
  const property = /^(.*)\/required\/([^/]+)$/.exec(path);
  if (property && place === `${property[1]}/properties/${property[2]}`) return true;
  return path.startsWith(place.endsWith('/') ? place : `${place}/`);
}

function describeChange({ before, after }: Pair, reasons: readonly Reason[]): SchemaChange {
  const item = after ?? before;
  const names = new Set([...Object.keys(before?.facts ?? {}), ...Object.keys(after?.facts ?? {})]);
  const changes = [...names].flatMap((fact): FactChange[] => {
    const from = before?.facts[fact];
    const to = after?.facts[fact];
    if (from === to) return [];
    return [{ fact, ...(from === undefined ? {} : { from }), ...(to === undefined ? {} : { to }) }];
  });
  return {
    change: before === undefined ? 'added' : after === undefined ? 'removed' : 'changed',
    kind: item?.kind ?? 'schema',
    name: item?.name ?? '',
    facts: changes,
    breaks: brokenBy(reasons),
    why: [...new Set(reasons.map(({ reason }) => reason.description))],
  };
}

function brokenBy(reasons: readonly Reason[]): readonly Broken[] {
  return (['BACKWARD', 'FORWARD'] as const).filter((level) => reasons.some(({ breaks }) => breaks === level));
}
