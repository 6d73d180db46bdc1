/**
 * Avro types that contain themselves: a list's node with a next node. Apicurio 2.6.13 runs out of stack when it puts one
 * into its canonical form, and its import fails as a whole (observed); 3.3.3 does not.
 */

interface Visit {
  readonly value: unknown;
  /** Names of the types around it, without their namespaces. */
  readonly inside: readonly string[];
}

/**
 * Whether a type is referred to within its own definition. Namespaces are not looked at, so that the answer may be true
 * for a text that has two types of one name; text that is no JSON has none.
 */
export function refersToItself(avro: string): boolean {
  let root: unknown;
  try {
    root = JSON.parse(avro);
  } catch {
    return false;
  }
  // No recursion: the text may be nested more deeply than the stack is.
  const queue: Visit[] = [{ value: root, inside: [] }];
  for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
    const { value, inside } = next;
    if (typeof value === 'string') {
      if (inside.includes(lastName(value))) return true;
    } else if (Array.isArray(value)) {
      for (const item of value) queue.push({ value: item, inside });
    } else if (typeof value === 'object' && value !== null) queue.push(...partsOf(value, inside));
  }
  return false;
}

/** What of a type's definition is a type again. */
function partsOf(type: object, inside: readonly string[]): readonly Visit[] {
  const members: { readonly name?: unknown; readonly fields?: unknown; readonly [key: string]: unknown } = { ...type };
  const { name, fields } = members;
  const isRecord = Array.isArray(fields);
  const within = isRecord && typeof name === 'string' ? [...inside, lastName(name)] : inside;
  const types = isRecord
    ? fields.map((field: unknown) =>
        typeof field === 'object' && field !== null && 'type' in field ? field.type : null,
      )
    : [members['type'], members['items'], members['values']];
  return types.map((value) => ({ value, inside: within }));
}

function lastName(name: string): string {
  return name.slice(name.lastIndexOf('.') + 1);
}
