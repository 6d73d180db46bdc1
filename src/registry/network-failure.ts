/** What a failed connection means, by the codes of Node, OpenSSL and undici, never by their words. */
import { errors } from 'undici';
import type { ErrorCode } from '../errors.ts';
import type { Failure } from './failure.ts';

interface Meaning {
  readonly code: ErrorCode;
  readonly reason: string;
  readonly hint: string;
  readonly transient: boolean;
}

const HINT_ADDRESS = 'Check the registry’s URL, and that this machine may reach it (firewall, proxy, VPN).';
const HINT_TIMEOUT = 'Check that the registry is up and reachable from here, or raise the timeouts.';
const HINT_CA = 'Give the certificate of the authority that signed it in `tls.ca_cert`.';
const HINT_CLIENT = 'Give a client certificate that this registry accepts in `tls.client_cert` and `tls.client_key`.';
const HINT_SILENT = 'If it wants a client certificate, check that `tls.client_cert` is one that it accepts.';
const HINT_SERVER_CERT = 'The registry’s certificate must be renewed or replaced; check this machine’s clock too.';

const unreachable = (reason: string): Meaning => ({
  code: 'SRGIT_REGISTRY_UNREACHABLE',
  reason,
  hint: HINT_ADDRESS,
  transient: true,
});
const timeout = (reason: string): Meaning => ({
  code: 'SRGIT_REGISTRY_TIMEOUT',
  reason,
  hint: HINT_TIMEOUT,
  transient: true,
});
const tls = (reason: string, hint: string): Meaning => ({ code: 'SRGIT_REGISTRY_TLS', reason, hint, transient: false });
const badAnswer = (reason: string, transient: boolean): Meaning => ({
  code: 'SRGIT_REGISTRY_BAD_ANSWER',
  reason,
  hint: 'Check what stands between here and the registry (proxy, load balancer), and that the URL’s scheme is right.',
  transient,
});

const MEANINGS: Readonly<Record<string, Meaning>> = {
  ENOTFOUND: unreachable('the host name is unknown (DNS)'),
  EAI_AGAIN: unreachable('the name server does not answer (DNS)'),
  ECONNREFUSED: unreachable('connection refused'),
  ECONNRESET: unreachable('connection reset'),
  EPIPE: unreachable('connection closed while sending'),
  UND_ERR_SOCKET: unreachable('connection closed by the other side'),
  EHOSTUNREACH: unreachable('no route to the host'),
  ENETUNREACH: unreachable('network unreachable'),
  EADDRNOTAVAIL: unreachable('no local address or port is free to connect from'),
  UND_ERR_PRX_CONN: unreachable('the proxy closed the connection'),
  ETIMEDOUT: timeout('connecting timed out'),
  UND_ERR_CONNECT_TIMEOUT: timeout('connecting timed out'),
  UND_ERR_HEADERS_TIMEOUT: timeout('no answer in time'),
  UND_ERR_BODY_TIMEOUT: timeout('the answer stopped arriving'),
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: badAnswer('the answer was cut off', true),
  UND_ERR_HEADERS_OVERFLOW: badAnswer('the answer’s headers are too large', false),
  SELF_SIGNED_CERT_IN_CHAIN: tls('the server’s certificate is signed by an unknown authority', HINT_CA),
  DEPTH_ZERO_SELF_SIGNED_CERT: tls('the server’s certificate is self-signed', HINT_CA),
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: tls('the server’s certificate is signed by an unknown authority', HINT_CA),
  UNABLE_TO_GET_ISSUER_CERT: tls('the server’s certificate chain is incomplete', HINT_CA),
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: tls('the server’s certificate is signed by an unknown authority', HINT_CA),
  CERT_UNTRUSTED: tls('the server’s certificate is signed by an unknown authority', HINT_CA),
  INVALID_CA: tls('the given authority may not sign certificates', HINT_CA),
  CERT_SIGNATURE_FAILURE: tls('the server’s certificate is not signed by the given authority', HINT_CA),
  CERT_HAS_EXPIRED: tls('the server’s certificate has expired', HINT_SERVER_CERT),
  CERT_NOT_YET_VALID: tls('the server’s certificate is not valid yet', HINT_SERVER_CERT),
  CERT_REVOKED: tls('the server’s certificate was revoked', HINT_SERVER_CERT),
  ERR_TLS_CERT_ALTNAME_INVALID: tls(
    'the server’s certificate is for another host name',
    'Use the host name that the certificate names in the registry’s URL, or have it reissued.',
  ),
  UND_ERR_PRX_TLS: tls('the proxy’s certificate is for another host name', 'Check the proxy’s URL.'),
  ERR_SSL_WRONG_VERSION_NUMBER: tls(
    'the port does not speak TLS',
    'Is it an http:// registry? Check the URL’s scheme.',
  ),
  ERR_SSL_PACKET_LENGTH_TOO_LONG: tls('the port does not speak TLS', 'Is it an http:// registry? Check the scheme.'),
  EPROTO: tls('the TLS handshake failed', 'Check the URL’s scheme and port, and the server’s TLS settings.'),
};

/** Alerts by which a server refuses our certificate, or its absence. */
const CLIENT_CERT_ALERT =
  /^ERR_SSL_.*ALERT_(CERTIFICATE_REQUIRED|HANDSHAKE_FAILURE|UNKNOWN_CA|BAD_CERTIFICATE|CERTIFICATE_EXPIRED|CERTIFICATE_REVOKED|CERTIFICATE_UNKNOWN|UNSUPPORTED_CERTIFICATE|ACCESS_DENIED)$/;

export interface NetworkTrouble {
  readonly cause: unknown;
  /** Whether any of the request may have reached the server. */
  readonly sent: boolean;
  /** Whether the answer had begun. */
  readonly midAnswer: boolean;
}

/**
 * Describes why an exchange failed below HTTP.
 * @param secure whether the node was reached by TLS
 */
export function networkFailure(trouble: NetworkTrouble, secure: boolean): Failure {
  const { cause, sent, midAnswer } = trouble;
  const code = codeOf(cause);
  const meaning = meaningOf(code, cause, midAnswer);
  // Some servers say nothing when they refuse a client certificate: they close once the handshake is done.
  const silent = secure && sent && !midAnswer && meaning.code === 'SRGIT_REGISTRY_UNREACHABLE';
  return {
    code: meaning.code,
    reason: meaning.reason,
    hint: silent ? `${meaning.hint} ${HINT_SILENT}` : meaning.hint,
    transience: meaning.transient ? 'yes' : 'no',
    nodeFault: true,
    // With TLS 1.3 a refused client certificate is noticed only after the request was written; it was not read.
    delivery: sent && meaning.code !== 'SRGIT_REGISTRY_TLS' ? 'unknown' : 'not-sent',
    // A parser error carries the bytes it stumbled over, which are the server's text.
    ...(cause instanceof errors.HTTPParserError ? undefined : { cause }),
  };
}

function meaningOf(code: string, cause: unknown, midAnswer: boolean): Meaning {
  if (CLIENT_CERT_ALERT.test(code))
    return tls('the server refused our client certificate, or that there is none', HINT_CLIENT);
  const known = MEANINGS[code];
  if (midAnswer && (known === undefined || known.code === 'SRGIT_REGISTRY_UNREACHABLE')) {
    return badAnswer('the connection was closed in the middle of the answer', true);
  }
  if (known !== undefined) return known;
  if (code.startsWith('ERR_SSL_') || code.startsWith('ERR_TLS_')) {
    return tls(`the TLS handshake failed (${code})`, 'Check the URL’s scheme and port, and both sides’ TLS settings.');
  }
  if (cause instanceof errors.HTTPParserError) return badAnswer('the answer is not HTTP', false);
  if (code === 'UND_ERR_ABORTED' || code === 'UND_ERR_INVALID_ARG') return proxyRefusal(cause);
  if (code === 'UND_ERR_CLOSED' || code === 'UND_ERR_DESTROYED') {
    return { code: 'SRGIT_INTERNAL', reason: 'the client was closed', hint: 'Report this.', transient: false };
  }
  return unreachable(code === '' ? 'the connection failed' : `the connection failed (${code})`);
}

/** undici tells a proxy's refusal only in words; the status in them is the one fact taken from it. */
function proxyRefusal(cause: unknown): Meaning {
  const status = cause instanceof Error ? /\((\d{3})\)/.exec(cause.message)?.[1] : undefined;
  if (status === undefined) {
    return { code: 'SRGIT_INTERNAL', reason: 'the request could not be made', hint: 'Report this.', transient: false };
  }
  return {
    code: 'SRGIT_REGISTRY_UNREACHABLE',
    reason: `the proxy answered ${status}`,
    hint: 'Check the proxy’s URL and its credentials, or name the registry’s host in NO_PROXY.',
    transient: status.startsWith('5'),
  };
}

function codeOf(cause: unknown): string {
  if (typeof cause !== 'object' || cause === null || !('code' in cause)) return '';
  return typeof cause.code === 'string' ? cause.code : '';
}
