/** What a failure of Kafka means, by the protocol's error codes and those of Node and OpenSSL, never by their words. */
import { type ErrorCode, SrgitError } from '../errors.ts';

/** What was being done, as a message names it: `write to partition 3 of topic "orders"`. */
export interface KafkaTask {
  readonly what: string;
  /** The broker it was asked of, `host:port`. */
  readonly broker?: string | undefined;
  readonly topic?: string;
  readonly partition?: number;
  readonly group?: string;
}

interface Meaning {
  readonly code: ErrorCode;
  readonly reason: string;
  readonly hint: string;
}

/**
 * Codes after which the same request may go well a moment later (org.apache.kafka.common.protocol.Errors, those of
 * RetriableException, and CONCURRENT_TRANSACTIONS).
 */
const RETRIABLE: ReadonlySet<number> = new Set([
  3, 5, 6, 7, 9, 13, 14, 15, 16, 19, 20, 41, 51, 56, 72, 74, 75, 78, 80, 88, 89, 100,
]);

/** Codes that say: ask the cluster again who leads the partition. */
const STALE_LEADER: ReadonlySet<number> = new Set([3, 5, 6, 9, 56, 72, 74, 75, 100]);
/** Codes that say: ask the cluster again who coordinates the group or the transactional id. */
const STALE_COORDINATOR: ReadonlySet<number> = new Set([15, 16]);

export function isRetriableCode(code: number): boolean {
  return RETRIABLE.has(code);
}

export function isStaleLeader(code: number): boolean {
  return STALE_LEADER.has(code);
}

export function isStaleCoordinator(code: number): boolean {
  return STALE_COORDINATOR.has(code);
}

const topic = (reason: string, hint: string): Meaning => ({ code: 'SRGIT_KAFKA_TOPIC', reason, hint });
const group = (reason: string, hint: string): Meaning => ({ code: 'SRGIT_KAFKA_GROUP', reason, hint });
const record = (reason: string, hint: string): Meaning => ({ code: 'SRGIT_KAFKA_RECORD', reason, hint });
const forbidden = (reason: string, hint: string): Meaning => ({ code: 'SRGIT_KAFKA_FORBIDDEN', reason, hint });
const failed = (reason: string, hint: string): Meaning => ({ code: 'SRGIT_KAFKA_FAILED', reason, hint });
const fenced = (reason: string): Meaning => ({
  code: 'SRGIT_KAFKA_FENCED',
  reason,
  hint: 'Another run writes with the same transactional id: let only one of them run.',
});

const HINT_ACL = 'Ask for the missing permission (ACL) of this user.';
const HINT_RECORD =
  'Look at the topic’s settings (`message.timestamp.type`, `compression.type`) and at the records’ source.';
const HINT_AGAIN = 'Run it again when the cluster is healthy.';
const HINT_MEMBERS = 'Stop the consumers of the group, and try again.';

/** By code: https://kafka.apache.org/protocol#protocol_error_codes. Others have their name in the message alone. */
const MEANINGS: Readonly<Record<number, Meaning>> = {
  1: failed('the offset is not there: its records were deleted, or never written', 'Look at the topic’s retention.'),
  2: record('the broker found the batch damaged', 'Read the records again from their source.'),
  3: topic('there is no such topic or partition', 'Check the name, and the topic’s number of partitions.'),
  7: { code: 'SRGIT_KAFKA_TIMEOUT', reason: 'the broker did not manage in time', hint: HINT_AGAIN },
  10: record(
    'the batch is larger than the broker takes',
    'Raise `max.message.bytes` of the topic, or have smaller batches written.',
  ),
  12: group(
    'the metadata of an offset is too long',
    'Shorten it, or raise `offset.metadata.max.bytes` of the brokers.',
  ),
  17: topic('the topic’s name is not one that Kafka takes', 'Use letters, digits, `.`, `_` and `-`, 249 at most.'),
  18: record('the batch is larger than a segment of the topic', 'Raise `segment.bytes` of the topic.'),
  19: failed('too few replicas are in sync', HINT_AGAIN),
  20: failed('too few replicas were in sync to keep it', HINT_AGAIN),
  22: group('the group has members', HINT_MEMBERS),
  24: group('the name of the group is not one that Kafka takes', 'Check the name.'),
  25: group('the group has members', HINT_MEMBERS),
  27: group('the group is just being rebalanced, so it has members', HINT_MEMBERS),
  29: forbidden('this user may not do so with the topic', HINT_ACL),
  30: forbidden('this user may not do so with the group', HINT_ACL),
  31: forbidden('this user may not do so with the cluster', HINT_ACL),
  32: record(
    'the topic does not take the records’ timestamps',
    'Look at `message.timestamp.before.max.ms` and `…after.max.ms` of the topic.',
  ),
  33: {
    code: 'SRGIT_KAFKA_AUTH',
    reason: 'the broker does not know this SASL mechanism',
    hint: 'Check `mechanism`, and that the port is that listener’s.',
  },
  34: { code: 'SRGIT_KAFKA_AUTH', reason: 'the broker expects SASL', hint: 'Give `sasl` for this listener.' },
  35: failed('the broker does not have this version of the request', 'Use brokers from Kafka 2.1 on.'),
  36: topic('it is there already', 'Delete it first, or choose another name.'),
  37: topic('the number of partitions is not one that Kafka takes', 'Give 1 or more.'),
  38: topic('there are fewer brokers than replicas are asked for', 'Give a smaller replication factor.'),
  40: topic('one of its settings is not valid', 'Check names and values of the topic’s settings.'),
  43: record('the topic’s message format is too old', 'Raise `message.format.version` of the topic.'),
  44: topic('a policy of the cluster forbids it', 'Ask whoever runs the cluster what it asks for.'),
  45: failed(
    'batches arrived out of order, so that one may be missing',
    'Run it again: it goes on where it was committed.',
  ),
  47: fenced('another producer with this transactional id took over'),
  48: failed('the transaction is not in a state for that', 'Run it again: it goes on where it was committed.'),
  49: failed('the broker has forgotten the transactional id', 'Run it again: it goes on where it was committed.'),
  50: failed(
    'the transaction’s time is longer than the broker allows',
    'Give a smaller one, or raise `transaction.max.timeout.ms` of the brokers.',
  ),
  51: failed('an earlier transaction with this id has not ended yet', 'Wait a minute, and run it again.'),
  52: fenced('the coordinator of the transaction changed'),
  53: forbidden('this user may not use the transactional id', HINT_ACL),
  54: forbidden('the cluster has no security to ask for', HINT_ACL),
  58: {
    code: 'SRGIT_KAFKA_AUTH',
    reason: 'the broker does not accept the credentials',
    hint: 'Check user name, password or token, and the mechanism.',
  },
  59: failed('the broker has forgotten the producer', 'Run it again: it goes on where it was committed.'),
  68: group('the group is not empty', HINT_MEMBERS),
  69: group('there is no such group', 'Check its name.'),
  73: topic('the cluster does not let topics be deleted', 'Set `delete.topic.enable` of the brokers.'),
  76: record('the broker does not take this compression', 'Choose another codec.'),
  87: record('the broker does not take a record of the batch', HINT_RECORD),
  88: failed(
    'a transaction that writes positions of this group has not ended',
    'Run it again in a while. If it stays so, the transaction hangs: `kafka-transactions.sh find-hanging` names it.',
  ),
  90: fenced('another producer with this transactional id took over'),
};

/** The error for a code in an answer of a broker; `name` is the protocol's, where the client knows it. */
export function codeError(code: number, task: KafkaTask, name?: string): SrgitError {
  const called = name === undefined ? `error ${code}` : `${name}, ${code}`;
  const meaning = MEANINGS[code] ?? failed('the broker refused it', HINT_AGAIN);
  return new SrgitError(meaning.code, `could not ${sentenceOf(task)}: ${meaning.reason} (${called})`, {
    hint: meaning.hint,
    retriable: isRetriableCode(code),
    details: { ...detailsOf(task), kafkaCode: code },
  });
}

const HINT_ADDRESS =
  'Check `bootstrap_servers`, and that this machine may reach them (firewall, VPN, advertised listeners).';
const HINT_CA = 'Give the certificate of the authority that signed it in `tls.ca_cert`.';
const HINT_CLIENT = 'Give a client certificate that the brokers accept in `tls.client_cert` and `tls.client_key`.';
const HINT_SERVER_CERT = 'The broker’s certificate must be renewed or replaced; check this machine’s clock too.';

const unreachable = (reason: string, hint = HINT_ADDRESS): Meaning => ({
  code: 'SRGIT_KAFKA_UNREACHABLE',
  reason,
  hint,
});
const tls = (reason: string, hint: string): Meaning => ({ code: 'SRGIT_KAFKA_TLS', reason, hint });
const badCa = tls('the broker’s certificate is signed by an unknown authority', HINT_CA);
const badKey = tls('the client’s certificate or key cannot be read', 'Check the PEM files, and the passphrase.');
const plainPort = tls('the port does not speak TLS', 'Check the port, or leave out `tls`.');

const NETWORK: Readonly<Record<string, Meaning>> = {
  ENOTFOUND: unreachable('the host name is unknown (DNS)'),
  EAI_AGAIN: unreachable('the name server does not answer (DNS)'),
  ECONNREFUSED: unreachable('connection refused'),
  ECONNRESET: unreachable('connection reset'),
  EPIPE: unreachable('connection closed while sending'),
  EHOSTUNREACH: unreachable('no route to the host'),
  ENETUNREACH: unreachable('network unreachable'),
  ETIMEDOUT: unreachable('connecting timed out'),
  SELF_SIGNED_CERT_IN_CHAIN: badCa,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: badCa,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: badCa,
  UNABLE_TO_GET_ISSUER_CERT: tls('the broker’s certificate chain is incomplete', HINT_CA),
  CERT_UNTRUSTED: badCa,
  CERT_SIGNATURE_FAILURE: tls('the broker’s certificate is not signed by the given authority', HINT_CA),
  INVALID_CA: tls('the given authority may not sign certificates', HINT_CA),
  DEPTH_ZERO_SELF_SIGNED_CERT: tls('the broker’s certificate is self-signed', HINT_CA),
  CERT_HAS_EXPIRED: tls('the broker’s certificate has expired', HINT_SERVER_CERT),
  CERT_NOT_YET_VALID: tls('the broker’s certificate is not valid yet', HINT_SERVER_CERT),
  CERT_REVOKED: tls('the broker’s certificate was revoked', HINT_SERVER_CERT),
  ERR_TLS_CERT_ALTNAME_INVALID: tls(
    'the broker’s certificate is for another host name',
    'Use the host name that the certificate names in `bootstrap_servers` and advertised listeners, or have it reissued.',
  ),
  ERR_SSL_WRONG_VERSION_NUMBER: plainPort,
  ERR_SSL_PACKET_LENGTH_TOO_LONG: plainPort,
  EPROTO: tls('the TLS handshake failed', 'Check the port, and both sides’ TLS settings.'),
};

/** Alerts by which a broker refuses our certificate, or its absence. */
const CLIENT_CERT_ALERT =
  /^ERR_SSL_.*ALERT_(CERTIFICATE_REQUIRED|HANDSHAKE_FAILURE|UNKNOWN_CA|BAD_CERTIFICATE|CERTIFICATE_EXPIRED|CERTIFICATE_REVOKED|CERTIFICATE_UNKNOWN|UNSUPPORTED_CERTIFICATE|ACCESS_DENIED)$/;
/** PEM texts that OpenSSL does not take, and wrong passphrases. */
const BAD_PEM = /^ERR_OSSL_|^ERR_CRYPTO_|^ERR_SSL_(PEM|BAD_)/;

/** The error for a connection that failed with this code of Node or OpenSSL; '' where there is none. */
export function networkError(code: string, task: KafkaTask, cause?: unknown): SrgitError {
  const meaning = networkMeaning(code);
  return new SrgitError(meaning.code, `could not ${sentenceOf(task)}: ${meaning.reason}`, {
    hint: meaning.hint,
    retriable: meaning.code === 'SRGIT_KAFKA_UNREACHABLE',
    ...(cause === undefined ? undefined : { cause }),
    details: { ...detailsOf(task), ...(code === '' ? undefined : { networkCode: code }) },
  });
}

function networkMeaning(code: string): Meaning {
  if (CLIENT_CERT_ALERT.test(code))
    return tls('the broker refused our client certificate, or that there is none', HINT_CLIENT);
  const known = NETWORK[code];
  if (known !== undefined) return known;
  if (BAD_PEM.test(code)) return badKey;
  if (code.startsWith('ERR_SSL_') || code.startsWith('ERR_TLS_')) {
    return tls(`the TLS handshake failed (${code})`, 'Check the port, and both sides’ TLS settings.');
  }
  return unreachable(code === '' ? 'the connection was closed' : `the connection failed (${code})`);
}

/** For a connection that a broker closed without a word while it was new: it does so when TLS or SASL was expected. */
export function closedEarlyError(task: KafkaTask): SrgitError {
  const hint =
    'Check that the listener’s protocol is the configured one: brokers hang up on plain text where they expect TLS or SASL.';
  const message = `could not ${sentenceOf(task)}: the broker closed the new connection without an answer`;
  return new SrgitError('SRGIT_KAFKA_UNREACHABLE', message, { hint, retriable: true, details: detailsOf(task) });
}

export function timeoutError(task: KafkaTask, ms: number): SrgitError {
  return new SrgitError('SRGIT_KAFKA_TIMEOUT', `could not ${sentenceOf(task)}: no answer within ${ms} ms`, {
    hint: 'Check that the brokers are up and reachable from here, or raise the timeouts.',
    retriable: true,
    details: detailsOf(task),
  });
}

/** @param reason what the broker or the token's source said, only where it cannot hold a secret */
export function authError(task: KafkaTask, reason = 'the broker does not accept the credentials'): SrgitError {
  return new SrgitError('SRGIT_KAFKA_AUTH', `could not ${sentenceOf(task)}: ${reason}`, {
    hint: 'Check user name, password or token, and the mechanism.',
    details: detailsOf(task),
  });
}

function sentenceOf({ what, broker }: KafkaTask): string {
  return broker === undefined ? what : `${what} (broker ${broker})`;
}

function detailsOf(task: KafkaTask): Record<string, string | number> {
  const { broker, topic: name, partition, group: groupName } = task;
  return {
    ...(broker === undefined ? undefined : { broker }),
    ...(name === undefined ? undefined : { topic: name }),
    ...(partition === undefined ? undefined : { partition }),
    ...(groupName === undefined ? undefined : { group: groupName }),
  };
}
