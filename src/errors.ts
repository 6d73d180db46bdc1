/**
 * The one error class of srgit. Pure rooms and doors throw it; only the CLI's base command and the Action's
 * main turn it into text and an exit code.
 */

/** Every reason srgit can fail for. Closed: documentation and tests enumerate it. */
export const ERROR_CODES = [
  // configuration and usage
  'SRGIT_USAGE',
  'SRGIT_CONFIG_INVALID',
  'SRGIT_CONFIG_MISSING',
  'SRGIT_ENV_UNSET',
  // talking to a registry
  'SRGIT_REGISTRY_UNREACHABLE',
  'SRGIT_REGISTRY_TIMEOUT',
  'SRGIT_REGISTRY_TLS',
  'SRGIT_REGISTRY_AUTH',
  'SRGIT_REGISTRY_FORBIDDEN',
  'SRGIT_REGISTRY_NOT_A_REGISTRY',
  'SRGIT_REGISTRY_BAD_ANSWER',
  'SRGIT_REGISTRY_NOT_FOUND',
  'SRGIT_REGISTRY_CONFLICT',
  'SRGIT_REGISTRY_REFUSED',
  'SRGIT_REGISTRY_THROTTLED',
  'SRGIT_REGISTRY_FAILED',
  'SRGIT_OAUTH_FAILED',
  // reading a registry as a whole
  'SRGIT_SNAPSHOT_INCONSISTENT',
  'SRGIT_SNAPSHOT_UNREPRESENTABLE',
  // the tree
  'SRGIT_TREE_MISSING',
  'SRGIT_TREE_INVALID',
  'SRGIT_TREE_EDITED_VERSION',
  'SRGIT_TREE_LINE_ENDINGS',
  'SRGIT_TREE_DUPLICATE_SUBJECT',
  'SRGIT_TREE_FILE_MISSING',
  'SRGIT_TREE_FORMAT',
  'SRGIT_TREE_WRITE',
  'SRGIT_DELETION_GUARD',
  // plans and restores
  'SRGIT_PLAN_STALE',
  // git
  'SRGIT_GIT_FAILED',
  'SRGIT_GIT_NO_REPOSITORY',
  'SRGIT_GIT_NO_IDENTITY',
  'SRGIT_GIT_PUSH_REJECTED',
  'SRGIT_GIT_BUSY',
  // Kafka
  'SRGIT_KAFKA_UNREACHABLE',
  'SRGIT_KAFKA_TIMEOUT',
  'SRGIT_KAFKA_TLS',
  'SRGIT_KAFKA_AUTH',
  'SRGIT_KAFKA_FORBIDDEN',
  'SRGIT_KAFKA_TOPIC',
  'SRGIT_KAFKA_GROUP',
  'SRGIT_KAFKA_RECORD',
  'SRGIT_KAFKA_FENCED',
  'SRGIT_KAFKA_FAILED',
  // archives and records
  'SRGIT_STORAGE_READ',
  'SRGIT_STORAGE_WRITE',
  'SRGIT_STORAGE_KEY',
  'SRGIT_ARCHIVE_MISSING',
  'SRGIT_ARCHIVE_INVALID',
  'SRGIT_RECORDS_DAMAGED',
  'SRGIT_SCHEMA_UNKNOWN',
  'SRGIT_REPLAY_REWRITTEN',
  'SRGIT_REPLAY_STALE',
  // the embedded registry
  'SRGIT_SERVER_START',
  // anything
  'SRGIT_INTERRUPTED',
  'SRGIT_INTERNAL',
] as const;

export type ErrorCode = (typeof ERROR_CODES)[number];

/** Process exit codes, documented in the README. */
export const EXIT = { done: 0, failed: 1, usage: 2, differences: 3, interrupted: 130 } as const;

export interface SrgitErrorOptions {
  /** What the reader should do next, as one sentence. */
  readonly hint?: string;
  /** Whether the same call may go well a moment later. */
  readonly retriable?: boolean;
  readonly cause?: unknown;
  /** Machine-readable facts (HTTP status, registry error_code, file, subject): never a secret. */
  readonly details?: Readonly<Record<string, string | number | boolean>>;
}

export class SrgitError extends Error {
  override readonly name = 'SrgitError';
  readonly code: ErrorCode;
  readonly hint: string | undefined;
  readonly retriable: boolean;
  readonly details: Readonly<Record<string, string | number | boolean>>;

  constructor(code: ErrorCode, message: string, options: SrgitErrorOptions = {}) {
    super(hideCredentials(message), options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.hint = options.hint === undefined ? undefined : hideCredentials(options.hint);
    this.retriable = options.retriable ?? false;
    this.details = options.details ?? {};
  }

  /** The exit code a command ends with when this error reaches the top. */
  get exitCode(): number {
    if (this.code === 'SRGIT_INTERRUPTED') return EXIT.interrupted;
    return USAGE_CODES.has(this.code) ? EXIT.usage : EXIT.failed;
  }
}

/** A text without what stands before the host of an address: credentials may be written wherever a URL may. */
export function hideCredentials(text: string): string {
  // No scheme is longer: without a bound, a long text without any address would be gone through from each of its letters.
  return text.replace(/([a-z][a-z0-9+.-]{0,31}:\/{1,2})[^\s"'/@]+@/gi, '$1***@');
}

const USAGE_CODES: ReadonlySet<ErrorCode> = new Set([
  'SRGIT_USAGE',
  'SRGIT_CONFIG_INVALID',
  'SRGIT_CONFIG_MISSING',
  'SRGIT_ENV_UNSET',
]);

/** True for an error of ours with one of the given codes (any code when none is given). */
export function isSrgitError(error: unknown, ...codes: readonly ErrorCode[]): error is SrgitError {
  return error instanceof SrgitError && (codes.length === 0 || codes.includes(error.code));
}

/** Turns an aborted signal into the error that ends a command with exit code 130. */
export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (!signal?.aborted) return;
  if (signal.reason instanceof SrgitError) throw signal.reason;
  throw new SrgitError('SRGIT_INTERRUPTED', 'interrupted', { cause: signal.reason });
}
