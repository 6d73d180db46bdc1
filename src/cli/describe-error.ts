/** One of the two places where an error becomes text (the other is the Action's main). */
import { inspect } from 'node:util';
import { EXIT, isSrgitError } from '../errors.ts';
import { plainReasons } from './plain-reason.ts';

export interface ErrorText {
  /** Three lines at most: what failed and why, what to do, the code. */
  readonly text: string;
  readonly exitCode: number;
}

export function describeError(error: unknown, debug: boolean): ErrorText {
  if (!isSrgitError(error)) {
    const reason = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    const stack = debug && error instanceof Error ? `\n${error.stack ?? ''}` : '';
    return {
      text: `Error: this should not have happened: ${reason}\nPlease report it with what --debug prints. (SRGIT_INTERNAL)${stack}`,
      exitCode: EXIT.failed,
    };
  }
  const hint = error.hint === undefined ? '' : `\n${error.hint}`;
  const details = debug ? `\n${inspect(error.details)}\n${error.stack ?? ''}${causes(error.cause)}` : '';
  return { text: `Error: ${plainReasons(error.message)}${hint}\n(${error.code})${details}`, exitCode: error.exitCode };
}

function causes(cause: unknown): string {
  if (!(cause instanceof Error)) return '';
  return `\nCaused by: ${cause.stack ?? cause.message}${causes(cause.cause)}`;
}

/** The same for programs: the one document that --json prints. */
export function errorDocument(error: unknown): object {
  if (isSrgitError(error)) {
    const { code, message, hint, details } = error;
    return { error: { code, message: plainReasons(message), ...(hint === undefined ? {} : { hint }), details } };
  }
  return { error: { code: 'SRGIT_INTERNAL', message: error instanceof Error ? error.message : String(error) } };
}
