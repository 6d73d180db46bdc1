/** What `srgit` says of itself: the commands, each with a line. */

export interface RootHelp {
  readonly description: string;
  /** `srgit/0.1.0 linux-x64 node-v24.21.0` */
  readonly version: string;
  /** Ids with spaces, those of topics too. */
  readonly commands: readonly { readonly id: string; readonly summary: string }[];
  readonly topics: readonly { readonly name: string; readonly description: string }[];
}

/** @param heading makes a heading of a word. */
export function renderRootHelp(help: RootHelp, width: number, heading: (word: string) => string): string {
  const commands = help.commands.filter(({ id }) => !id.includes(' '));
  const within = help.commands.filter(({ id }) => id.includes(' '));
  // One column for all lists: the eye goes down one line.
  const column = Math.max(...help.commands.map(({ id }) => id.length), 0) + 2;
  const list = (rows: readonly (readonly [string, string])[]) =>
    rows.map(([name, text]) => row(name, text, column, width)).join('\n');
  const sections = [
    wrap(help.description, width).join('\n'),
    `${heading('USAGE')}\n  $ srgit COMMAND [FLAGS]`,
    `${heading('BEGIN')}\n${list([
      ['init', 'sets a repository up'],
      ['demo', 'shows everything, on this machine alone'],
    ])}`,
    `${heading('COMMANDS')}\n${list(commands.map(({ id, summary }) => [id, summary]))}`,
    ...help.topics.map(({ name, description }) => {
      const own = within.filter(({ id }) => id.startsWith(`${name} `));
      if (own.length === 0) return '';
      const title = [heading(name.toUpperCase()), ...(description === '' ? [] : [indented(description, width), ''])];
      return `${title.join('\n')}\n${list(own.map(({ id, summary }) => [id, summary]))}`;
    }),
    `${heading('MORE')}\n${indented(`srgit COMMAND --help tells flags and examples. ${help.version}`, width)}`,
  ];
  return sections.filter((section) => section !== '').join('\n\n');
}

function indented(text: string, width: number): string {
  return wrap(text, width - 2)
    .map((line) => `  ${line}`)
    .join('\n');
}

function row(name: string, text: string, column: number, width: number): string {
  const room = width - column - 2;
  if (room < 20) return [`  ${name}`, ...wrap(text, width - 4).map((line) => `    ${line}`)].join('\n');
  const [first = '', ...others] = wrap(text, room);
  return [`  ${name.padEnd(column)}${first}`, ...others.map((line) => `  ${' '.repeat(column)}${line}`)].join('\n');
}

function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(/\s+/)) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return line === '' ? lines : [...lines, line];
}
