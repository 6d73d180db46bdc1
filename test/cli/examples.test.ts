/** Every example of every command's help is a command line that its parser takes. */
import { readdirSync } from 'node:fs';
import { join, sep } from 'node:path';
import { Flags, type Interfaces, Parser } from '@oclif/core';
import { describe, expect, it, vi } from 'vitest';

vi.setConfig({ testTimeout: 60_000 });

const COMMANDS = join(import.meta.dirname, '../../src/commands');

interface CommandClass {
  readonly summary?: string;
  readonly examples?: readonly unknown[];
  readonly flags?: Interfaces.FlagInput;
  readonly baseFlags?: Interfaces.FlagInput;
  readonly args?: Interfaces.ArgInput;
}

const commands = await Promise.all(
  readdirSync(COMMANDS, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .sort()
    .map(async (name) => {
      const id = name
        .replace(/\.ts$/, '')
        .replaceAll(sep, ' ')
        .replace(/ index$/, '');
      const { default: command }: { default: CommandClass } = await import(join(COMMANDS, name));
      return [id, command] as const;
    }),
);

/** The words of a line as a shell makes them: quotes and what comes behind a pipe, a comment or a redirection go. */
function shellWords(line: string): string[] {
  const words: string[] = [];
  for (const [, plain, single, double] of line.matchAll(/([^\s'"]+(?:'[^']*'|"[^"]*")?)|'([^']*)'|"([^"]*)"/g)) {
    if (plain !== undefined && /^[|>#&;]/.test(plain)) break;
    words.push(single ?? double ?? (plain ?? '').replaceAll(/['"]/g, ''));
  }
  return words;
}

describe.each(commands)('srgit %s', (id, command) => {
  const examples = (command.examples ?? []).map((example) =>
    typeof example === 'string' ? example : String((example as { command?: unknown }).command),
  );

  it('has a summary and examples', () => {
    expect(command.summary).toMatch(/^[A-Z].*[.?]$/);
    expect(examples.length).toBeGreaterThan(0);
  });

  it.each(examples)('%s', async (example) => {
    const line = example.replaceAll('<%= config.bin %>', 'srgit').replaceAll('<%= command.id %>', id);
    const [, ...argv] = shellWords(line.slice(line.indexOf('srgit ')));
    const names = id.split(' ');
    expect(argv.slice(0, names.length)).toEqual(names);
    const flags = { ...command.baseFlags, ...command.flags, json: Flags.boolean() };
    await Parser.parse(argv.slice(names.length), { flags, args: command.args ?? {}, strict: true });
  });
});

it('reads lines as a shell does', () => {
  expect(shellWords(`srgit a 'b c' --x='d e' "f" | jq '.g' > h`)).toEqual(['srgit', 'a', 'b c', '--x=d e', 'f']);
});
