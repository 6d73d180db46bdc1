/** Names and messages on one line, whatever characters they have: a subject must not be able to forge a line. */

/** Control characters, and those that break or turn a line: bidirectional marks, line and paragraph separators. */
const UNSAFE = /[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}\ufeff]/gu;

/** A subject or context as it is, or in quotes with escapes when it could be taken for something else. */
export function showName(name: string): string {
  return /^[\x21-\x7e\u00a1-\ufffd]+$/.test(name) && name.isWellFormed() && escapeUnsafe(name) === name
    ? name
    : escapeUnsafe(JSON.stringify(name));
}

/** A message with what could forge a line written as `\u000a`. */
export function escapeUnsafe(text: string): string {
  return text.replace(UNSAFE, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
