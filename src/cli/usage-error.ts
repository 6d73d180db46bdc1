/** What oclif says about a wrong command line, in the three lines that every other error has. */
import { stripVTControlCharacters } from 'node:util';
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
  const { message, nearest } = plainMessage(error.message);
  return new SrgitError('SRGIT_USAGE', message, {
    hint: nearest === undefined ? help : `Did you mean ${nearest}? ${help}`,
    cause: error,
  });
}

/**
 * For a command line whose first words name no command.
 *
 * @param words what stands before the first flag.
 * @param ids of every command: words joined by colons.
 */
export function unknownCommand(words: readonly string[], ids: readonly string[]): SrgitError {
  const [first = '', second] = words[0] === 'help' ? words.slice(1) : words;
  const within = ids.flatMap((id) => (id.startsWith(`${first}:`) ? [id.slice(first.length + 1)] : []));
  if (within.length > 0 && second !== undefined) {
    const nearest = nearestName(second, within);
    return new SrgitError('SRGIT_USAGE', `there is no command ${JSON.stringify(`${first} ${second}`)}`, {
      hint:
        nearest === undefined ? `srgit ${first} has: ${within.join(', ')}.` : `Did you mean srgit ${first} ${nearest}?`,
    });
  }
  if (ids.includes(first)) {
    return new SrgitError('SRGIT_USAGE', `srgit ${first} takes no argument: ${JSON.stringify(second ?? '')}`, {
      hint: `Everything is said with flags: see srgit ${first} --help.`,
    });
  }
  const names = [...new Set(ids.map((id) => id.replace(/:.*/, '')))];
  const last = names.length === 0 ? undefined : nearestName(first, names);
  // `srgit inspect` is meant as `srgit topic inspect`.
  const inTopic = ids.find((id) => id.endsWith(`:${first}`))?.replaceAll(':', ' ');
  const nearest = last ?? inTopic;
  const what = first.startsWith('-') ? `flag ${first} before the command` : `command ${JSON.stringify(first)}`;
  return new SrgitError('SRGIT_USAGE', `there is no ${what}`, {
    hint:
      nearest === undefined || first.startsWith('-')
        ? `Commands: ${names.join(', ')}.`
        : `Did you mean srgit ${nearest}?`,
  });
}

/** The sentences of oclif's parser that have better words; the groups are what they are about. */
const SENTENCES: readonly (readonly [RegExp, (...groups: string[]) => string])[] = [
  [/^Missing required flag (.+)$/, (flag) => `--${flag} is missing`],
  [/^Flag (--\S+) expects a value$/, (flag) => `${flag} needs a value`],
  [
    /^Missing \d+ required args?: (\S+) (.*?)(?: Note: .*)?$/,
    (arg, text) => `${arg.toUpperCase()} is missing: ${text}`,
  ],
  [/^Unexpected arguments?: (.+)$/, (words) => `nothing is known to do with ${JSON.stringify(words)}`],
  [
    /^Parsing (--\S+) Expected an integer but received: (.*)$/,
    (flag, value) => `${flag} ${value} is not a whole number`,
  ],
  [
    /^Parsing (--\S+) Expected an integer greater than or equal to (\S+) but received: (.*)$/,
    (flag, least, value) => `${flag} ${value} is too small: ${least} at least`,
  ],
  [
    /^Parsing (--\S+) Expected an integer less than or equal to (\S+) but received: (.*)$/,
    (flag, most, value) => `${flag} ${value} is too large: ${most} at most`,
  ],
  [/^Expected (--\S+?)=(.*) to be one of: (.+)$/s, (flag, value, known) => `${flag} ${value} is none of ${known}`],
  [/^Expected (.*) to be one of: (.+)$/s, (value, known) => `${value} is none of ${known}`],
  [
    /^(--[\w-]+)(?:=.*)? cannot also be provided when using (--\S+)$/s,
    (one, other) => `${one} and ${other} exclude each other`,
  ],
  [
    /^All of the following must be provided when using (--\S+): (.+)$/,
    (flag, needed) => `${flag} needs ${needed}, too`,
  ],
];

function plainMessage(message: string): { readonly message: string; readonly nearest?: string } {
  const text = stripVTControlCharacters(message)
    .replace('See more help with --help', '')
    .replace(/^The following errors? occurred:/, '')
    .trim();
  const [, flag = '', value = '', options = ''] = /^Expected (--\S+?)=(.*) to be one of: (.+)$/s.exec(text) ?? [];
  // Of a short word everything is near.
  const nearest = value.length < 5 ? undefined : nearestName(value, options.split(', '));
  const lines = text
    .split(/\n\s*(?=(?:--|[A-Z][a-z]+ (?:of|required) ))/)
    .map((line) => plainSentence(line.replace(/\s+/g, ' ').trim()));
  return { message: lines.join('; '), ...(nearest === undefined ? {} : { nearest: `${flag} ${nearest}` }) };
}

function plainSentence(text: string): string {
  for (const [pattern, say] of SENTENCES) {
    const [found, ...groups] = pattern.exec(text) ?? [];
    if (found !== undefined) return say(...groups.map((group) => group ?? ''));
  }
  return text.charAt(0).toLowerCase() + text.slice(1);
}
