/** Columns that a text may take: those of the terminal, or of a page where there is none. */
const PAGE = 80;
const NARROWEST = 40;
const WIDEST = 200;

export function terminalWidth(
  stream: { readonly isTTY?: boolean; readonly columns?: number },
  env: Readonly<Record<string, string | undefined>>,
): number {
  const wanted = Number.parseInt(env['OCLIF_COLUMNS'] ?? '', 10);
  const columns = Number.isNaN(wanted) ? (stream.isTTY === true ? stream.columns : undefined) : wanted;
  return Math.min(Math.max(columns ?? PAGE, NARROWEST), WIDEST);
}
