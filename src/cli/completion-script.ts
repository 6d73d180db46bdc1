/** Scripts by which bash, zsh and fish complete a command line, made of the manifest. */
import type { Manifest, ManifestCommand, ManifestFlag } from './manifest.ts';

export const SHELLS = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof SHELLS)[number];

export function completionScript(shell: Shell, manifest: Manifest): string {
  const commands = Object.values(manifest.commands)
    .filter(({ hidden }) => hidden !== true)
    .map((command) => ({ ...command, words: command.id.replaceAll(':', ' ') }))
    .sort((a, b) => (a.words < b.words ? -1 : 1));
  if (shell === 'fish') return fishScript(commands);
  // zsh runs the functions of bash by its own layer for them.
  return shell === 'bash' ? bashScript(commands) : zshScript(commands);
}

interface Completed extends ManifestCommand {
  readonly words: string;
}

function flagsOf({ flags }: ManifestCommand): readonly ManifestFlag[] {
  return Object.values(flags).filter(({ hidden }) => hidden !== true);
}

function spellings({ name, char, allowNo }: ManifestFlag): string[] {
  return [`--${name}`, ...(char === undefined ? [] : [`-${char}`]), ...(allowNo === true ? [`--no-${name}`] : [])];
}

/** What may follow the first words of a command line: the next words of commands. */
function nextWords(commands: readonly Completed[]): Map<string, string[]> {
  const next = new Map<string, Set<string>>();
  for (const { words } of commands) {
    const parts = words.split(' ');
    for (const [at, part] of parts.entries()) {
      const before = parts.slice(0, at).join(' ');
      next.set(before, (next.get(before) ?? new Set()).add(part));
    }
  }
  return new Map([...next].map(([before, words]) => [before, [...words].sort()]));
}

/** Arms of `case "$command" in`, and of `case "$command $previous" in`. */
function bashCases(commands: readonly Completed[]): { words: string; flags: string; values: string } {
  const quoted = (texts: readonly string[]) => `'${texts.join(' ')}'`;
  const words = [...nextWords(commands)].map(([before, next]) => `    '${before}') words=${quoted(next)} ;;`);
  const flags = commands.map(
    (command) => `    '${command.words}') flags=${quoted(flagsOf(command).flatMap(spellings))} ;;`,
  );
  const values = commands.flatMap((command) => [
    ...flagsOf(command).flatMap((flag) => {
      if (flag.type !== 'option') return [];
      // Without a fixed set: files, which the shell knows.
      const known = flag.options === undefined ? 'values=@files' : `values=${quoted(flag.options)}`;
      return [
        `    ${spellings(flag)
          .map((text) => `'${command.words} ${text}'`)
          .join(' | ')}) ${known} ;;`,
      ];
    }),
  ]);
  return { words: words.join('\n'), flags: flags.join('\n'), values: values.join('\n') };
}

function bashScript(commands: readonly Completed[]): string {
  const { words, flags, values } = bashCases(commands);
  return `# Completion of srgit for bash, made by \`srgit completion bash\`.
_srgit() {
  local current="\${COMP_WORDS[COMP_CWORD]}" previous="\${COMP_WORDS[COMP_CWORD - 1]}"
  local command='' words='' flags='' values='' word at
  for ((at = 1; at < COMP_CWORD; at++)); do
    word="\${COMP_WORDS[at]}"
    [[ $word == -* ]] && break
    _srgit_words "$command"
    [[ " $words " == *" $word "* ]] || break
    command="\${command:+$command }$word"
  done
  _srgit_words "$command"
  case "$command" in
${flags}
  esac
  case "$command $previous" in
${values}
  esac
  COMPREPLY=()
  if [[ $values == @files || (-z $values && $current != -* && -z $words) ]]; then
    compopt -o default 2>/dev/null
  elif [[ -n $values ]]; then
    COMPREPLY=($(compgen -W "$values" -- "$current"))
  elif [[ $current == -* || -z $words ]]; then
    COMPREPLY=($(compgen -W "$flags" -- "$current"))
  else
    COMPREPLY=($(compgen -W "$words" -- "$current"))
  fi
}
_srgit_words() {
  words=''
  case "$1" in
${words}
  esac
}
complete -F _srgit srgit`;
}

function zshScript(commands: readonly Completed[]): string {
  const arms = [...nextWords(commands)].map(([before, next]) => {
    const summaries = next.map((word) => {
      const full = before === '' ? word : `${before} ${word}`;
      const summary = commands.find(({ words }) => words === full)?.summary ?? `${word} commands`;
      return `'${zshText(`${word}:${summary.replaceAll(':', '\\:')}`)}'`;
    });
    return `    '${before}') next=(${summaries.join(' ')}) ;;`;
  });
  const specs = commands.map((command) => {
    const flags = flagsOf(command).flatMap((flag) =>
      spellings(flag).map((spelling) => {
        const text = zshText((flag.description ?? '').split('\n')[0]?.replaceAll(/[[\]]/g, '\\$&') ?? '');
        const value =
          flag.type === 'option'
            ? flag.options === undefined
              ? ':value:_files'
              : `:value:(${flag.options.join(' ')})`
            : '';
        return `'*${spelling}[${text.replaceAll(':', '\\:')}]${value}'`;
      }),
    );
    return `    '${command.words}') flags=(${flags.join(' ')}) ;;`;
  });
  return `#compdef srgit
# Completion of srgit for zsh, made by \`srgit completion zsh\`.
_srgit_next() {
  next=()
  case "$1" in
${arms.join('\n')}
  esac
}
_srgit() {
  local command='' word at=2
  local -a next flags
  while ((at < CURRENT)); do
    word="\${words[at]}"
    [[ $word == -* ]] && break
    _srgit_next "$command"
    [[ -n \${(M)next:#$word:*} ]] || break
    command="\${command:+$command }$word"
    ((at++))
  done
  _srgit_next "$command"
  if ((\${#next} > 0 && at == CURRENT)) && [[ \${words[CURRENT]} != -* ]]; then
    _describe command next
    return
  fi
  case "$command" in
${specs.join('\n')}
  esac
  _arguments $flags '*:file:_files'
}
if [[ $funcstack[1] == _srgit ]]; then _srgit "$@"; else compdef _srgit srgit; fi`;
}

/** Within single quotes. */
function zshText(text: string): string {
  return text.replaceAll("'", "'\\''");
}

function fishScript(commands: readonly Completed[]): string {
  const lines = ['# Completion of srgit for fish, made by `srgit completion fish`.', 'complete -c srgit -f'];
  const quote = (text: string) => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
  for (const [before, next] of nextWords(commands)) {
    const condition = before === '' ? '__fish_use_subcommand' : onlyWords(before, next);
    for (const word of next) {
      const full = before === '' ? word : `${before} ${word}`;
      const summary = commands.find(({ words }) => words === full)?.summary ?? `${word} commands`;
      lines.push(`complete -c srgit -n ${quote(condition)} -a ${word} -d ${quote(summary)}`);
    }
  }
  for (const command of commands) {
    const condition = command.words
      .split(' ')
      .map((word) => `__fish_seen_subcommand_from ${word}`)
      .join('; and ');
    for (const flag of flagsOf(command)) {
      const value =
        flag.type !== 'option' ? '' : flag.options === undefined ? ' -r -F' : ` -x -a ${quote(flag.options.join(' '))}`;
      const char = flag.char === undefined ? '' : ` -s ${flag.char}`;
      const text = (flag.description ?? '').split('\n')[0] ?? '';
      lines.push(`complete -c srgit -n ${quote(condition)} -l ${flag.name}${char}${value} -d ${quote(text)}`);
    }
  }
  return lines.join('\n');
}

function onlyWords(before: string, next: readonly string[]): string {
  const seen = before.split(' ').map((word) => `__fish_seen_subcommand_from ${word}`);
  return `${seen.join('; and ')}; and not __fish_seen_subcommand_from ${next.join(' ')}`;
}
