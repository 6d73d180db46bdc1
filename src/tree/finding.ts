/** What is wrong or noteworthy in a tree. Reading collects findings; whoever needs a sound tree throws the first error. */
import { type ErrorCode, SrgitError } from '../errors.ts';

export type FindingCode =
  | ErrorCode
  | 'MANIFEST_STALE'
  | 'MANIFEST_MISSING'
  | 'PENDING_VERSION'
  | 'GUID_MISMATCH'
  | 'ID_CONFLICT'
  | 'ID_SPLIT'
  | 'ID_RETIRED_REUSED'
  | 'REFERENCE_MISSING'
  | 'REFERENCE_AMBIGUOUS'
  | 'REDACTED'
  | 'PARTIAL_EXPORT';

export interface Finding {
  readonly severity: 'error' | 'warning' | 'notice';
  readonly code: FindingCode;
  readonly message: string;
  readonly hint?: string;
  /** Relative to the tree's root. */
  readonly file?: string;
}

export function findingOf(error: SrgitError): Finding {
  const file = error.details['file'];
  return {
    severity: 'error',
    code: error.code,
    message: error.message,
    ...(error.hint === undefined ? {} : { hint: error.hint }),
    ...(typeof file === 'string' ? { file } : {}),
  };
}

/** Throws the first error among the findings, and says how many more there are. */
export function requireSound(findings: readonly Finding[]): void {
  const errors = findings.filter((finding) => finding.severity === 'error');
  const [first] = errors;
  if (!first) return;
  const more = errors.length - 1;
  const code = first.code.startsWith('SRGIT_') ? (first.code as ErrorCode) : 'SRGIT_TREE_INVALID';
  throw new SrgitError(code, more === 0 ? first.message : `${first.message} (and ${more} more)`, {
    hint:
      more === 0
        ? (first.hint ?? 'Correct the file.')
        : `${first.hint ?? ''} \`srgit verify --offline\` lists all.`.trim(),
    details: first.file === undefined ? {} : { file: first.file },
  });
}
