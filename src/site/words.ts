/** Words of names and docs, for searching: the same rule when the terms are written and when a person types. */

/** Longer words are cut: nobody types them out. */
const MAX_WORD = 40;

/** Texts whose words are remembered: docs say the same again and again. */
const MAX_KNOWN = 20_000;

const known = new Map<string, readonly string[]>();

/** Lower case words of a text: `order_totalCents` has `order`, `total` and `cents`. */
export function wordsOf(text: string): readonly string[] {
  const before = known.get(text);
  if (before !== undefined) return before;
  const words = splitWords(text);
  if (known.size >= MAX_KNOWN) known.clear();
  // What is long is seldom said twice.
  if (text.length < 300) known.set(text, words);
  return words;
}

function splitWords(text: string): readonly string[] {
  // Nearly all are plain, and plain patterns are several times faster.
  const isPlain = PLAIN.test(text);
  const spaced = isPlain ? text.replace(/([a-z])(?=[A-Z])/g, '$1 ') : text.replace(/(\p{Ll})(?=\p{Lu})/gu, '$1 ');
  const words = spaced.toLowerCase().match(isPlain ? /[a-z0-9]+/g : /[\p{L}\p{N}]+/gu) ?? [];
  return words.map((word) => (word.length > MAX_WORD ? word.slice(0, MAX_WORD) : word));
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: the range is that of ASCII
const PLAIN = /^[\u0000-\u007f]*$/;

/** A name as one word, as a person may paste it. */
export function wholeWord(name: string): string {
  return name.toLowerCase().slice(0, MAX_WORD);
}
