/** Indented lines, put together piece by piece. Blank ones are indented too, as in Confluent's texts (observed). */
export class LineWriter {
  readonly #lines: string[] = [];
  #current = '';
  #depth = 0;

  /** Adds to the line under way. */
  add(text: string): void {
    this.#current += text;
  }

  /** Ends the line under way, after a last piece of it. */
  endLine(text = ''): void {
    const line = this.#current + text;
    this.#current = '';
    const indent = '  '.repeat(this.#depth);
    // A name that contains line breaks is indented like lines of their own.
    for (const part of line.includes('\n') ? line.split('\n') : [line]) this.#lines.push(`${indent}${part}\n`);
  }

  /** Runs `body` one step further in. */
  indented(body: () => void): void {
    this.#depth++;
    body();
    this.#depth--;
  }

  toText(): string {
    return this.#lines.join('');
  }
}
