/**
 * Plays what a page shows of a terminal: its ```console blocks, one after the other in one shell, and gives what each command
 * printed. A block behind `<!-- file: NAME -->` is a file that the reader writes.
 *
 * A command that ends in ` &` stays in the background, and the next one begins when it has printed a line. Ports that the
 * page names are replaced by free ones, and put back in what was printed.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export interface ShownCommand {
  readonly command: string;
  /** As the page has it. */
  readonly shows: readonly string[];
  /** Of the page: the first line behind the command, and the first behind its output. */
  readonly from: number;
  readonly to: number;
}

export interface ShownFile {
  readonly file: string;
  readonly text: string;
}

export type ShownPiece = ShownCommand | ShownFile;

export interface PlayedCommand {
  readonly shown: ShownCommand;
  readonly printed: readonly string[];
  readonly exit: number;
}

/** @param isCommands which ```sh blocks are played, too: each line a command, its output not compared */
export function parseConsole(
  page: string,
  isCommands: (block: string) => boolean = () => false,
): readonly ShownPiece[] {
  const lines = page.split('\n');
  const pieces: ShownPiece[] = [];
  for (let at = 0; at < lines.length; at++) {
    const language = /^```(\w+)/.exec(lines[at] ?? '')?.[1];
    if (language === undefined) continue;
    const end = lines.indexOf('```', at + 1);
    const block = lines.slice(at + 1, end);
    const file = /^<!-- file: (\S+) -->$/.exec(lines[at - 1] ?? '')?.[1];
    if (file !== undefined) pieces.push({ file, text: `${block.join('\n')}\n` });
    else if (language === 'console') pieces.push(...commandsOf(block, at + 1));
    else if (language === 'sh' && isCommands(block.join('\n'))) {
      pieces.push(...block.map((command, index) => ({ command, shows: [], from: at + 2 + index, to: at + 2 + index })));
    }
    at = end;
  }
  return pieces;
}

function commandsOf(block: readonly string[], offset: number): ShownCommand[] {
  const starts = block.flatMap((line, index) => (line.startsWith('$ ') ? [index] : []));
  return starts.map((start, index) => {
    const end = starts[index + 1] ?? block.length;
    return {
      command: (block[start] ?? '').slice(2),
      shows: block.slice(start + 1, end),
      from: offset + start + 1,
      to: offset + end,
    };
  });
}

export interface ConsoleStage {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  /** Port of the page → port that is free here. */
  readonly ports: ReadonlyMap<number, number>;
  /** For what is in the background; not in `cwd`. */
  readonly logs: string;
}

/** @throws Error when the shell itself fails. */
export async function playConsole(
  pieces: readonly ShownPiece[],
  { cwd, env, ports, logs }: ConsoleStage,
): Promise<readonly PlayedCommand[]> {
  mkdirSync(logs, { recursive: true });
  const script = join(logs, 'script.sh');
  writeFileSync(
    script,
    scriptOf(pieces, logs, (text) => replacePorts(text, ports)),
  );
  const child = spawn('bash', ['--noprofile', '--norc', script], {
    ...{ cwd, env: { ...env }, detached: true },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  let errors = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors += text;
  });
  const [code] = (await once(child, 'exit')) as [number | null];
  if (code !== 0) throw new Error(`the shell ended with ${code}\n${output}\n${errors}`);
  const back = new Map([...ports].map(([shown, here]) => [here, shown]));
  const commands = pieces.filter((piece) => 'command' in piece);
  return commands.map((shown, index) => {
    const text = readFileSync(join(logs, `${index}.out`), 'utf8');
    const exit = Number(readFileSync(join(logs, `${index}.exit`), 'utf8'));
    const lines = replacePorts(text, back).split(/\r?\n/);
    return { shown, exit, printed: lines.at(-1) === '' ? lines.slice(0, -1) : lines };
  });
}

/** `$?` of a command is that of the one before it; background jobs end with the shell. */
function scriptOf(pieces: readonly ShownPiece[], logs: string, replace: (text: string) => string): string {
  const lines = ["trap 'kill $(jobs -p) 2>/dev/null; wait' EXIT", 'code=0'];
  let number = 0;
  for (const piece of pieces) {
    if ('file' in piece) {
      lines.push(`cat > '${piece.file}' <<'END_OF_FILE'`, replace(piece.text).trimEnd(), 'END_OF_FILE');
      continue;
    }
    const out = join(logs, `${number}.out`);
    const command = replace(piece.command);
    lines.push('(exit $code)');
    if (command.endsWith(' &')) {
      lines.push(
        `${command.slice(0, -2)} > '${out}' 2>&1 &`,
        `for _ in $(seq 1200); do [ -s '${out}' ] && break; sleep 0.1; done; code=0`,
      );
    } else lines.push(`{ ${command}`, `} > '${out}' 2>&1`, 'code=$?');
    lines.push(`echo $code > '${join(logs, `${number}.exit`)}'`);
    number++;
  }
  return `${lines.join('\n')}\nexit 0\n`;
}

function replacePorts(text: string, ports: ReadonlyMap<number, number>): string {
  return text.replaceAll(/\b\d{4,5}\b/g, (port) => `${ports.get(Number(port)) ?? port}`);
}

/** What differs from run to run as one sign each: commits, times. `…` of a page stands for anything. */
export function isShown(shown: string, printed: string): boolean {
  const parts = steady(shown)
    .split('…')
    .map((part) => part.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&'));
  return new RegExp(`^${parts.join('.*')}$`).test(steady(printed));
}

function steady(line: string): string {
  return line
    .replaceAll(/\b(?=[0-9a-f]*[0-9])[0-9a-f]{12}\b|^[0-9a-f]{7,10}(?= )/g, '<commit>')
    .replaceAll(/\b\d+(\.\d+)? (ms|s|min)\b/g, '<time>')
    .replaceAll(/\b20\d\d-\d\d-\d\dT[\d:.]+Z/g, '<moment>')
    .trimEnd();
}
