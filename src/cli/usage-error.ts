/** What oclif says about a wrong command line, in the three lines that every other error has. */
import { Errors } from '@oclif/core';
import { nearestName } from '../config/nearest-name.ts';
import { EXIT, SrgitError } from '../errors.ts';

interface CommandLike {
  readonly id: string;
  readonly flags: object;
  readonly baseFlags?: object;
}

/** undefined when the error is not one of a wrong command line. */
export function toUsageError(error: unknown, command: CommandLike): SrgitError | undefined {
  if (!(error instanceof Errors.CLIError) || error.oclif.exit !== EXIT.usage) return undefined;
  const name = command.id.replaceAll(':', ' ');
  const help = `See srgit ${name} --help.`;
  const unknown: unknown = 'flags' in error ? error.flags : undefined;
  if (Array.isArray(unknown)) {
    const [first, ...others] = unknown.map(String);
    const known = Object.keys({ ...command.baseFlags, ...command.flags, json: true });
    const nearest = first?.startsWith('--') && others.length === 0 ? nearestName(first.slice(2), known) : undefined;
    return new SrgitError('SRGIT_USAGE', `srgit ${name} has no flag ${unknown.join(', ')}`, {
      hint: nearest === undefined ? help : `Did you mean --${nearest}? ${help}`,
      cause: error,
    });
  }
  return new SrgitError('SRGIT_USAGE', plainMessage(error.message), { hint: help, cause: error });
}

/**
 * For a command line whose first words name no command.
 *
 * @param words what stands before the first flag.
 */
export function unknownCommand(words: readonly string[], commands: readonly string[]): SrgitError {
  const [first = '', second] = words[0] === 'help' ? words.slice(1) : words;
  if (commands.includes(first)) {
    return new SrgitError('SRGIT_USAGE', `srgit ${first} takes no argument: ${JSON.stringify(second ?? '')}`, {
      hint: `Everything is said with flags: see srgit ${first} --help.`,
    });
  }
  const nearest = nearestName(first, commands);
  const what = first.startsWith('-') ? `flag ${first} before the command` : `command ${JSON.stringify(first)}`;
  return new SrgitError('SRGIT_USAGE', `there is no ${what}`, {
    hint: nearest === undefined ? `Commands: ${commands.join(', ')}.` : `Did you mean srgit ${nearest}?`,
  });
}

function plainMessage(message: string): string {
  const text = message
    .replace('See more help with --help', '')
    .replace(/^The following errors? occurred:/, '')
    .replace(/^Parsing (--\S+)/, '$1:')
    .replace(/\s+/g, ' ')
    .trim();
  return text.charAt(0).toLowerCase() + text.slice(1);
}
