/** JSON with sorted members: equal values have equal texts. */

/**
 * `undefined` is the empty text. Members that are undefined do not count.
 *
 * @param value what JSON.parse gives, or plain data like it.
 */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(sortMembers(value)) ?? '';
}

/** A copy: `JSON.stringify` with a replacer that sorts takes twice as long. */
function sortMembers(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(sortMembers);
  const members = value as Readonly<Record<string, unknown>>;
  const sorted: Record<string, unknown> = {};
  for (const name of Object.keys(members).sort()) {
    const member = sortMembers(members[name]);
    // Assigned, this one would be no member.
    if (name === '__proto__') Object.defineProperty(sorted, name, { value: member, enumerable: true });
    else sorted[name] = member;
  }
  return sorted;
}
