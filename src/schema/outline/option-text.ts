/** An option's value on one line, for people. */
import type { OptionValue } from '../protobuf/elements.ts';

export function printOptionValue(value: OptionValue): string {
  if (value.kind === 'map') {
    return `{ ${[...value.entries].map(([name, inner]) => `${name}: ${printOptionValue(inner)}`).join(', ')} }`;
  }
  if (value.kind === 'list') return `[${value.values.map(printOptionValue).join(', ')}]`;
  if (value.kind === 'nested') return `${value.option.name} = ${printOptionValue(value.option.value)}`;
  return value.text;
}
