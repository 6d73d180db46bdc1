/** Texts of servers, made safe to show. */

const LONGEST_MESSAGE = 300;
/** Shorter than this a secret is not looked for: replacing a one-letter password would mangle every message. */
const SHORTEST_SECRET = 3;
/** C0 and C1 controls (they drive terminals), and the separators that would break a line. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is removed
const CONTROL = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g;

/** What must not be shown, even when a server echoes it. */
export class Secrets {
  readonly #known = new Set<string>();

  constructor(secrets: Iterable<string> = []) {
    for (const secret of secrets) this.add(secret);
  }

  add(secret: string): void {
    if (secret.length >= SHORTEST_SECRET) this.#known.add(secret);
  }

  remove(secret: string): void {
    this.#known.delete(secret);
  }

  /** One line of at most 300 characters, without control characters and without secrets. */
  showServerText(text: string): string {
    let line = text.replace(CONTROL, ' ').trim();
    // The longest first: a secret may hold another.
    for (const secret of [...this.#known].sort((a, b) => b.length - a.length)) line = line.replaceAll(secret, '***');
    return line.length <= LONGEST_MESSAGE ? line : `${line.slice(0, LONGEST_MESSAGE).toWellFormed()}…`;
  }
}
