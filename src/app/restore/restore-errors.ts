/** What goes wrong in a restore, in the words its users know. */
import { SrgitError, type SrgitErrorOptions } from '../../errors.ts';
import type { PlanStep } from '../../plan/plan.ts';

/** A step's failure by what was to be done, the registry's own reason, and two ways out. */
export function describeStepFailure(step: PlanStep, error: SrgitError): SrgitError {
  const reason = error.message.replace(/^(POST|PUT|DELETE|GET) .*? failed( after \d+ attempts)?: /, '');
  const isUnknown = error.details['outcome'] === 'unknown';
  const hint = isUnknown
    ? 'It is not known whether the registry did it: run the command again, it looks before it writes.'
    : (HINTS[Number(error.details['errorCode'])] ?? hintOf(error));
  return copyOf(error, `${describeAttempt(step)}: ${reason}`, {
    hint,
    details: { subject: step.subject, step: step.step },
  });
}

function describeAttempt(step: PlanStep): string {
  const level = step.subject === '' ? 'the registry' : step.subject;
  switch (step.action) {
    case 'register':
      return `Schema registration failed for subject ${step.subject} (version ${step.version})`;
    case 'delete-version':
      return `Version ${step.version} of subject ${step.subject} could not be deleted`;
    case 'delete-subject':
      return `Subject ${step.subject} could not be deleted`;
    case 'set-mode':
      return `The mode of ${level} could not be set to ${step.mode ?? 'inherited'}`;
    case 'set-config':
      return `The config of ${level} could not be set`;
  }
}

const INCOMPATIBLE =
  'Set another level for the time of the restore (--set-compatibility NONE), or register it all the same (--force-register).';

const HINTS: Readonly<Record<number, string>> = {
  409: INCOMPATIBLE,
  40901: INCOMPATIBLE,
  42201:
    'Include the subjects that it refers to, or leave it out (--exclude); `srgit check` says what is wrong with a text.',
  42205: 'Let the registry choose the ids (--ids rewrite), or give this account the right to change modes.',
  42206: 'Another schema refers to it: include that one in the restore, or keep what is there (--strategy preserve).',
  42207:
    'The registry has this schema under another id: take over its ids (--ids rewrite), or empty the subject first.',
};

function hintOf(error: SrgitError): string {
  return error.hint ?? 'Run the command again: it goes on where it stopped.';
}

/** A failure, and the settings that could not be put back because of another one. */
export function withUnrestored(error: SrgitError, levels: readonly string[], reason: string): SrgitError {
  const [first = ''] = levels;
  const more = levels.length > 1 ? ` and ${levels.length - 1} more` : '';
  return copyOf(error, `${error.message}; the ${first}${more} could not be put back: ${reason}`, {
    hint: 'Run the command again, or `srgit plan`: the journal knows how it was, and the next run puts it back.',
  });
}

export function interruptedRestore(cause: unknown, done: number, total: number): SrgitError {
  return new SrgitError('SRGIT_INTERRUPTED', `interrupted after ${done} of ${total} steps`, {
    hint: 'Modes and levels are as they were. Run the command again to go on.',
    cause,
    details: { done, total },
  });
}

/** A plan was made of another state than the present one. */
export function stalePlan(what: 'tree' | 'registry', message: string): SrgitError {
  return new SrgitError('SRGIT_PLAN_STALE', message, {
    details: { moved: what },
    hint: 'Plan again (`srgit plan --out`), look at what is different, and carry that one out. Nothing was written.',
  });
}

export function invalidPlanFile(file: string, why: string): SrgitError {
  return new SrgitError('SRGIT_USAGE', `${file} is no plan of srgit: ${why}`, {
    hint: 'Make one with `srgit plan --out plan.json`.',
  });
}

function copyOf(error: SrgitError, message: string, options: SrgitErrorOptions): SrgitError {
  return new SrgitError(error.code, message, {
    retriable: error.retriable,
    cause: error,
    ...(error.hint === undefined ? {} : { hint: error.hint }),
    ...options,
    details: { ...error.details, ...options.details },
  });
}
