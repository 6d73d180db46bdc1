/** How several options of one name become one, as Confluent joins them. */
import type { OptionValue } from './elements.ts';

/** What is known of the field that a value is for. */
export interface OptionShape {
  readonly isRepeated: boolean;
  /** The field of that name, where this one is a message. */
  member(name: string): OptionShape | undefined;
}

/** `(a).b.c = 1` says the same as `(a) = { b: { c: 1 } }`. */
export function expandDotted(value: OptionValue): OptionValue {
  if (value.kind !== 'nested') return value;
  const { name, value: inner } = value.option;
  return { kind: 'map', entries: new Map([[name, expandDotted(inner)]]) };
}

/**
 * One value for all: of messages what each of them says, of others the last. Values for one field of a message make a
 * list, without repetitions, unless that field is known to take one only.
 */
export function mergeValues(values: readonly OptionValue[], shape?: OptionShape): OptionValue | undefined {
  const other = values.findLastIndex(({ kind }) => kind !== 'map');
  if (values.length < 2 || other === values.length - 1) return values.at(-1);
  const byKey = new Map<string, OptionValue[]>();
  for (const value of values.slice(other + 1)) {
    if (value.kind !== 'map') continue;
    for (const [key, inner] of value.entries) {
      const known = byKey.get(key);
      if (known === undefined) byKey.set(key, [inner]);
      else known.push(inner);
    }
  }
  const entries = [...byKey].map(([key, inner]): [string, OptionValue] => [key, joinValues(inner, shape?.member(key))]);
  return { kind: 'map', entries: new Map(entries) };
}

function joinValues(values: readonly OptionValue[], shape: OptionShape | undefined): OptionValue {
  const [only] = values;
  if (only !== undefined && values.length === 1) return only;
  const merged = shape === undefined || shape.isRepeated ? undefined : mergeValues(values, shape);
  if (merged !== undefined) return merged;
  const all = values.flatMap((value) => (value.kind === 'list' ? value.values : [value]));
  return { kind: 'list', values: [...new Map(all.map((value) => [keyOf(value), value])).values()] };
}

/** The same for values that are equal; the order of a message's keys is no matter. */
function keyOf(value: OptionValue): string {
  switch (value.kind) {
    case 'map':
      return JSON.stringify([...value.entries].map(([key, inner]) => [key, keyOf(inner)]).sort());
    case 'list':
      return JSON.stringify(value.values.map(keyOf));
    case 'nested':
      return keyOf(expandDotted(value));
    default:
      return `${value.kind} ${value.text}`;
  }
}
