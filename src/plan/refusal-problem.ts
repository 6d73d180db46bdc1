/** What the registry would answer to a step, in the words of a plan. */
import type { Refusal } from '../semantics/decision.ts';
import type { Problem } from './plan.ts';
import type { UnplacedStep } from './play-step.ts';
import type { Reason } from './reasons.ts';

/** The two ways out that the user knows. */
export const INCOMPATIBLE_HINT =
  'Set set_compatibility: NONE to lift the check while the subject is restored, or force_register: true to register ' +
  'what is incompatible too.';

const HINTS: Partial<Record<Reason, string>> = {
  INCOMPATIBLE: INCOMPATIBLE_HINT,
  REFERENCE_MISSING: 'Include the referenced subject, or export with include_references: true.',
  MODE_READONLY: 'Set the mode to READWRITE first, or leave it out of the restore.',
  REFERENCED: 'Delete or restore what refers to it too.',
  INVALID_SUBJECT: 'Give it another name with subject_mapping.',
  INVALID_SCHEMA: 'List its references in metadata.json, or correct the schema.',
};

export function describeRefusal(step: UnplacedStep, refusal: Refusal): Pick<Problem, 'reason' | 'message' | 'hint'> {
  const reason = reasonOf(step, refusal);
  const hint = HINTS[reason];
  return { reason, message: `${describeStep(step)}: ${wordsOf(refusal)}`, ...(hint === undefined ? {} : { hint }) };
}

const MAX_WORDS = 1000;

/** Messages carry whole schemas: they are cut. */
function wordsOf({ refusal, detail }: Refusal): string {
  const words = detail ?? refusal;
  return words.length <= MAX_WORDS ? words : `${words.slice(0, MAX_WORDS).toWellFormed()}…`;
}

function describeStep(step: UnplacedStep): string {
  const { subject } = step;
  const level = subject === '' ? 'the registry' : subject;
  switch (step.action) {
    case 'register':
      return `Schema registration failed for subject ${subject}`;
    case 'delete-version':
      return `version ${step.version} of ${subject} cannot be deleted`;
    case 'delete-subject':
      return `${subject} cannot be deleted`;
    case 'set-mode':
      return `the mode of ${level} cannot be set to ${step.mode ?? 'nothing of its own'}`;
    case 'set-config':
      return `the config of ${level} cannot be set`;
  }
}

function reasonOf(step: UnplacedStep, { errorCode, refusal, detail = '' }: Refusal): Reason {
  switch (errorCode) {
    case 40901:
      return 'INCOMPATIBLE';
    case 42201:
      return detail.startsWith('No schema reference found') ? 'REFERENCE_MISSING' : 'INVALID_SCHEMA';
    case 42203:
      return 'CONFIG_UNSUPPORTED';
    case 42204:
      return 'MODE_UNSUPPORTED';
    case 42205:
      return reasonOfNotPermitted(refusal);
    case 42206:
      return 'REFERENCED';
    case 42208:
      return 'INVALID_SUBJECT';
    default:
      // Confluent's compatibility check fails itself on some JSON schemas (observed).
      return step.action === 'register' && errorCode === 500 ? 'INCOMPATIBLE' : 'CONTENT_CONFLICT';
  }
}

/** One code for many things: the words tell them apart. */
function reasonOfNotPermitted(refusal: string): Reason {
  if (refusal.endsWith('is in read-only mode')) return 'MODE_READONLY';
  if (refusal.startsWith('Overwrite new schema with id')) return 'ID_TAKEN';
  if (refusal.startsWith('Overwrite version')) return 'VERSION_TAKEN';
  if (refusal.endsWith('is not in import mode')) return 'IMPORT_UNSUPPORTED';
  return 'MODE_UNSUPPORTED';
}
