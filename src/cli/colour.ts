/** Colour for people only: a terminal that has it, nobody who said no, somebody who said yes. */

export interface ColourStream {
  readonly isTTY?: boolean;
}

/**
 * `--no-color` beats NO_COLOR beats FORCE_COLOR (0 and false mean no) beats what the stream is.
 *
 * @param args the command line.
 */
export function hasColour(
  stream: ColourStream,
  env: Readonly<Record<string, string | undefined>>,
  args: readonly string[],
): boolean {
  if (args.includes('--no-color')) return false;
  if (env['NO_COLOR'] !== undefined && env['NO_COLOR'] !== '') return false;
  const forced = env['FORCE_COLOR'];
  if (forced !== undefined) return forced !== '0' && forced !== 'false';
  return stream.isTTY === true && env['TERM'] !== 'dumb';
}

const MARKS: Readonly<Record<string, number>> = { '✓': 32, '✗': 31, '!': 33 };

/** The marks that lines begin with get their colour; everything else is as it was. */
export function paintMarks(text: string): string {
  return text.replace(
    /^( *)([✓✗!])(?= )/gm,
    (_, indent: string, mark: string) => `${indent}${sgr(MARKS[mark] ?? 0, mark)}`,
  );
}

/** `Error:` and `Warning:` at the beginning of a message. */
export function paintMessage(text: string): string {
  return text.replace(/^(Error|Warning):/, (word) => sgr(word === 'Error:' ? 31 : 33, word));
}

export function bold(text: string): string {
  return `\u001b[1m${text}\u001b[22m`;
}

/** Select graphic rendition (ECMA-48, 8.3.117); 39 is the default colour. */
function sgr(code: number, text: string): string {
  return `\u001b[${code}m${text}\u001b[39m`;
}
