/** The form of options in normalized texts: dotted names as messages, keys in order, lists of one as that one. */
import type { OptionElement, OptionValue } from './elements.ts';

/** Sorted by name; options that share a name keep their order. Dotted options of one name become one. */
export function normalizeOptions(
  options: readonly OptionElement[],
  qualify: (name: string) => string,
): readonly OptionElement[] {
  const dotted = new Map<string, Branch>();
  const kept: OptionElement[] = [];
  for (const option of options) {
    const name = option.parenthesized ? qualify(option.name) : option.name;
    if (option.value.kind !== 'nested') {
      kept.push({ ...option, name, value: normalizeValue(option.value) });
      continue;
    }
    let branch = dotted.get(name);
    if (branch === undefined) {
      branch = new Map();
      dotted.set(name, branch);
      // Holds the place; the value is known once all parts are.
      kept.push({ ...option, name });
    }
    addToBranch(branch, option.value.option);
  }
  return kept
    .map((option) => {
      const branch = option.value.kind === 'nested' ? dotted.get(option.name) : undefined;
      return branch === undefined ? option : { ...option, value: branchValue(branch) };
    })
    .sort((a, b) => compareTexts(a.name, b.name));
}

/** Java's order of strings: by UTF-16 code units. */
export function compareTexts(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** What dotted names say of a message: values given, and deeper parts. */
type Branch = Map<string, { readonly values: OptionValue[]; branch?: Branch }>;

function addToBranch(branch: Branch, option: OptionElement): void {
  let node = branch.get(option.name);
  if (node === undefined) {
    node = { values: [] };
    branch.set(option.name, node);
  }
  if (option.value.kind === 'nested') {
    node.branch ??= new Map();
    addToBranch(node.branch, option.value.option);
  } else {
    node.values.push(normalizeValue(option.value));
  }
}

function branchValue(branch: Branch): OptionValue {
  const entries = [...branch].map(([key, node]): [string, OptionValue] => {
    const values = node.branch === undefined ? node.values : [branchValue(node.branch), ...node.values];
    const [only] = values;
    return [key, values.length === 1 && only !== undefined ? only : { kind: 'list', values }];
  });
  return sortedMap(entries);
}

function sortedMap(entries: readonly (readonly [string, OptionValue])[]): OptionValue {
  return { kind: 'map', entries: new Map(entries.toSorted(([a], [b]) => compareTexts(a, b))) };
}

function normalizeValue(value: OptionValue): OptionValue {
  if (value.kind === 'map') {
    return sortedMap([...value.entries].map(([key, inner]) => [key, normalizeValue(inner)]));
  }
  if (value.kind !== 'list') return value;
  const values = value.values.map(normalizeValue);
  const [only] = values;
  return values.length === 1 && only !== undefined ? only : { kind: 'list', values };
}
