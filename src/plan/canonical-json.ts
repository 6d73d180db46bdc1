/** JSON with sorted members: equal values have equal texts. */

/** `undefined` is the empty text. Members that are undefined do not count. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, sortMembers) ?? '';
}

function sortMembers(_key: string, member: unknown): unknown {
  if (typeof member !== 'object' || member === null || Array.isArray(member)) return member;
  const sorted = Object.entries(member).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  return Object.fromEntries(sorted);
}
