/** What went wrong with an object storage, in words, without anything secret. */
import { type ErrorCode, SrgitError } from '../errors.ts';

/** What the AWS client's errors have in common; anything may be missing. */
interface ServiceError {
  readonly name?: string;
  readonly message?: string;
  readonly code?: string;
  readonly $metadata?: { readonly httpStatusCode?: number };
}

interface Explanation {
  readonly what: string;
  readonly hint: string;
  readonly retriable?: boolean;
}

/** Errors are told by name or status: an answer's own text may repeat keys and signed addresses. */
export function storageError(code: ErrorCode, doing: string, key: string, error: unknown): SrgitError {
  if (error instanceof SrgitError) return error;
  const { what, hint, retriable = false } = explain(error as ServiceError);
  const status = statusOf(error);
  return new SrgitError(code, `cannot ${doing}: ${what}`, {
    hint,
    retriable,
    details: { key, error: nameOf(error), ...(status === undefined ? {} : { status }) },
  });
}

export function statusOf(error: unknown): number | undefined {
  return (error as ServiceError | undefined)?.$metadata?.httpStatusCode;
}

export function nameOf(error: unknown): string {
  const { name, code } = (error ?? {}) as ServiceError;
  return name === undefined || name === 'Error' ? (code ?? name ?? 'unknown') : name;
}

function explain(error: ServiceError): Explanation {
  const status = statusOf(error);
  // The client calls a cut connection a TimeoutError; its code knows better.
  const byName = BY_NAME[error.code ?? ''] ?? BY_NAME[nameOf(error)];
  if (byName !== undefined) return byName;
  if (/certificate|self-signed|CERT_/i.test(`${error.code} ${error.message}`)) return TLS;
  if (status === 401 || status === 403) return FORBIDDEN;
  if (status === 404) return { what: `it is not there (${nameOf(error)})`, hint: 'Look at bucket, prefix and keys.' };
  if (status !== undefined && status >= 500) return { ...BUSY, what: `the storage answered ${status} again and again` };
  if (status !== undefined)
    return { what: `the storage answered ${status} (${nameOf(error)})`, hint: 'Look at the storage settings.' };
  return { what: `${nameOf(error)}`, hint: 'Look at endpoint, network and proxy.', retriable: true };
}

const FORBIDDEN: Explanation = {
  what: 'the storage refuses access',
  hint: 'Give the user read (and for writing, write) access to this bucket and prefix, listing included.',
};

const TLS: Explanation = {
  what: "the storage's certificate is not trusted",
  hint: 'Add its CA to NODE_EXTRA_CA_CERTS.',
};

const BUSY: Explanation = {
  what: 'the storage is overloaded',
  hint: 'Try again later, or with fewer partitions at once.',
  retriable: true,
};

const UNREACHABLE: Explanation = {
  what: 'the storage cannot be reached',
  hint: 'Look at endpoint, network and proxy.',
  retriable: true,
};

const CREDENTIALS: Explanation = {
  what: 'the storage does not know these credentials',
  hint: 'Look at access key, secret key and session token; temporary ones may have expired.',
};

const BY_NAME: Readonly<Record<string, Explanation>> = {
  NoSuchBucket: { what: 'there is no such bucket', hint: 'Look at the bucket name, region and endpoint.' },
  NoSuchKey: { what: 'it is not there', hint: 'Look at the prefix, and whether the copy of the archive is complete.' },
  AccessDenied: FORBIDDEN,
  Forbidden: FORBIDDEN,
  InvalidAccessKeyId: CREDENTIALS,
  SignatureDoesNotMatch: CREDENTIALS,
  ExpiredToken: CREDENTIALS,
  InvalidToken: CREDENTIALS,
  CredentialsProviderError: {
    what: 'there are no credentials',
    hint: 'Set the keys in the storage settings, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or a profile.',
  },
  PermanentRedirect: { what: 'the bucket is in another region', hint: "Set the bucket's own region." },
  AuthorizationHeaderMalformed: { what: 'the bucket is in another region', hint: "Set the bucket's own region." },
  PreconditionFailed: {
    what: 'it changed while it was read',
    hint: 'Read again when nobody writes it.',
    retriable: true,
  },
  InvalidRange: { what: 'it is shorter than it should be', hint: 'Take another copy of the archive.' },
  SlowDown: BUSY,
  TimeoutError: { ...UNREACHABLE, what: 'the storage does not answer in time' },
  ETIMEDOUT: { ...UNREACHABLE, what: 'the storage does not answer in time' },
  ECONNREFUSED: UNREACHABLE,
  ENOTFOUND: { ...UNREACHABLE, what: 'the name of the storage is not known' },
  EAI_AGAIN: { ...UNREACHABLE, what: 'the name of the storage is not known' },
  ECONNRESET: { ...UNREACHABLE, what: 'the storage cuts the connection again and again' },
  EPIPE: { ...UNREACHABLE, what: 'the storage cuts the connection again and again' },
  DEPTH_ZERO_SELF_SIGNED_CERT: TLS,
};
