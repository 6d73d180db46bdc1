/** The form of options in normalized texts: full names in order, known dotted ones as messages, plain numbers. */
import type { OptionElement, OptionValue } from './elements.ts';
import { formatNumber } from './format-number.ts';
import { expandDotted, mergeValues, type OptionShape } from './merge-option.ts';

/** What custom options are called where these stand, and what they are. */
export interface OptionNames {
  /** The full name; undefined where nobody defines the option. */
  resolve(name: string): string | undefined;
  shapeOf(fullName: string): OptionShape | undefined;
}

/** Sorted by name. Options of one name become one, unless they are repeated or not known. */
export function normalizeOptions(options: readonly OptionElement[], names: OptionNames): readonly OptionElement[] {
  const sorted = options.map((option) => qualify(option, names)).sort((a, b) => compareTexts(a.name, b.name));
  return [...Map.groupBy(sorted, ({ name }) => name)]
    .flatMap(([name, group]) => mergeOptions(group, names.shapeOf(name)))
    .map((option) => ({ ...option, value: normalizeStatement(option.value, names) }));
}

/** Java's order of strings: by UTF-16 code units. */
export function compareTexts(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function qualify(option: OptionElement, names: OptionNames): OptionElement {
  const name = option.parenthesized ? names.resolve(option.name) : undefined;
  return name === undefined ? option : { ...option, name, value: expandDotted(option.value) };
}

function mergeOptions(options: readonly OptionElement[], shape: OptionShape | undefined): readonly OptionElement[] {
  const last = options.at(-1);
  if (last === undefined || shape === undefined || shape.isRepeated) return options;
  const values = options.map(({ value }) => expandDotted(value));
  return [{ ...last, value: mergeValues(values, shape) ?? last.value }];
}

/** What stands behind `=`: a list there stays one. */
function normalizeStatement(value: OptionValue, names: OptionNames): OptionValue {
  if (value.kind === 'list') return { kind: 'list', values: value.values.map((item) => normalizeValue(item, names)) };
  if (value.kind !== 'nested') return normalizeValue(value, names);
  const { option } = value;
  return { kind: 'nested', option: { ...option, value: normalizeStatement(option.value, names) } };
}

/** Lists of one are that one. */
function normalizeValue(value: OptionValue, names: OptionNames): OptionValue {
  switch (value.kind) {
    case 'number':
      return { kind: 'number', text: formatNumber(value.text) };
    case 'map':
      return normalizeMap(value.entries, names);
    case 'list': {
      const values = value.values.map((item) => normalizeValue(item, names));
      const [only] = values;
      return only !== undefined && values.length === 1 ? only : { kind: 'list', values };
    }
    default:
      return value;
  }
}

/** Keys in order, those of extensions by their full names; of a name that comes twice then, the first. No empty lists. */
function normalizeMap(entries: ReadonlyMap<string, OptionValue>, names: OptionNames): OptionValue {
  const full = new Map<string, OptionValue>();
  for (const [key, value] of entries) {
    if (value.kind === 'list' && value.values.length === 0) continue;
    const name = /^\[(.*)\]$/s.exec(key)?.[1];
    const resolved = name === undefined ? undefined : names.resolve(name);
    const own = resolved === undefined ? key : `[${resolved}]`;
    if (!full.has(own)) full.set(own, normalizeValue(value, names));
  }
  return { kind: 'map', entries: new Map([...full].sort(([a], [b]) => compareTexts(a, b))) };
}
