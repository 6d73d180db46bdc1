/**
 * What may go wrong between the client and a broker, told apart once: a refusal of the broker, a connection that failed, and
 * what no repetition cures. Turned into an `SrgitError` where it leaves the door.
 */
import { type GenericError, protocolErrorsCodesById, ResponseError } from '@platformatic/kafka';
import { SrgitError } from '../errors.ts';
import { authError, codeError, isRetriableCode, type KafkaTask, networkError } from './kafka-error.ts';

/** A broker answered with an error code. */
export class BrokerRefusal extends Error {
  override readonly name = 'BrokerRefusal';
  readonly errorCode: number;
  /** As in the protocol's list: `NOT_LEADER_OR_FOLLOWER`. */
  readonly id: string;
  readonly retriable: boolean;
  readonly said: string | undefined;

  /** @param said the broker's own words, where it has some */
  constructor(errorCode: number, said?: string | null) {
    const id = protocolErrorsCodesById[errorCode] ?? `error ${errorCode}`;
    super(said ?? id);
    this.errorCode = errorCode;
    this.id = id;
    this.retriable = isRetriableCode(errorCode);
    this.said = said ?? undefined;
  }
}

/** A connection to this broker could not be made, or ended. */
export class LostConnection extends Error {
  override readonly name = 'LostConnection';
  /** `host:port` */
  readonly broker: string;

  constructor(broker: string, cause: unknown) {
    super(cause instanceof Error ? cause.message : String(cause), { cause });
    this.broker = broker;
  }
}

/** Protocol error codes that srgit tells apart. */
export const CODE = {
  offsetOutOfRange: 1,
  corruptMessage: 2,
  unknownTopic: 3,
  notLeader: 6,
  messageTooLarge: 10,
  coordinatorLoading: 14,
  invalidTopic: 17,
  recordListTooLarge: 18,
  unknownMember: 25,
  topicDenied: 29,
  groupDenied: 30,
  clusterDenied: 31,
  invalidTimestamp: 32,
  topicExists: 36,
  unsupportedForFormat: 43,
  outOfOrderSequence: 45,
  duplicateSequence: 46,
  invalidProducerEpoch: 47,
  invalidTxnState: 48,
  invalidProducerIdMapping: 49,
  concurrentTransactions: 51,
  transactionalIdDenied: 53,
  notAttempted: 55,
  unknownProducer: 59,
  unsupportedCompression: 76,
  invalidRecord: 87,
  producerFenced: 90,
} as const;

/** The parsed answer that carries error codes; any other error is thrown on. */
export function answerIn<T>(error: unknown): T {
  if (error instanceof ResponseError) {
    const { response } = error as unknown as { readonly response?: T };
    if (response !== undefined) return response;
  }
  throw error;
}

/** @throws BrokerRefusal unless `errorCode` is 0 */
export function refuse(errorCode: number, said?: string | null): void {
  if (errorCode !== 0) throw new BrokerRefusal(errorCode, said);
}

/** The client library's errors for answers with an error code, as a refusal; others as they are. */
export function asFault(error: unknown): unknown {
  if (!(error instanceof ResponseError)) return error;
  const first = error.errors[0] as
    | (GenericError & { apiCode?: number; serverErrorMessage?: string | null })
    | undefined;
  return first?.apiCode === undefined ? error : new BrokerRefusal(first.apiCode, first.serverErrorMessage);
}

/** Whether the same call may go well a moment later. */
export function mayPass(error: unknown): boolean {
  if (error instanceof SrgitError) return error.retriable;
  if (error instanceof BrokerRefusal) return error.retriable;
  return failureOf(error, { what: 'ask' }).retriable;
}

/** What was being done is the task's; what it means, the door's one table. */
export function failureOf(error: unknown, doing: KafkaTask): SrgitError {
  if (error instanceof SrgitError) return error;
  const task = error instanceof LostConnection ? { ...doing, broker: error.broker } : doing;
  if (error instanceof BrokerRefusal) {
    return codeError(error.errorCode, task, error.said === undefined ? error.id : `${error.id}: ${error.said}`);
  }
  const chain = chainOf(error);
  const code = (pattern: RegExp): string | undefined =>
    chain.map((each) => String((each as { code?: unknown }).code ?? '')).find((each) => pattern.test(each));
  const sasl = chain.find((each): each is Error & { apiCode: number } =>
    SASL_REFUSALS.has(Number(Reflect.get(each, 'apiCode'))),
  );
  if (sasl !== undefined) return codeError(sasl.apiCode, task, protocolErrorsCodesById[sasl.apiCode]);
  if (code(/^PLT_KFK_AUTHENTICATION$/) !== undefined) return authError(task);
  if (chain.some(({ message }) => message === 'Broker requires TLS.')) {
    return new SrgitError(
      'SRGIT_KAFKA_TLS',
      `could not ${task.what}${at(task)}: the port speaks TLS, and this connection does not`,
      {
        hint: 'Give `tls` for this listener, or check the port.',
        cause: error,
      },
    );
  }
  const systemCode = code(/^(E[A-Z]+|ERR_(TLS|SSL|OSSL|CRYPTO)_.*|CERT_.*|UNABLE_TO_.*|DEPTH_ZERO_.*|SELF_SIGNED_.*)$/);
  if (systemCode !== undefined) return networkError(systemCode, task, error);
  if (chain.some(({ message }) => TIMED_OUT.test(message))) return silence(task, error);
  if (isClosed(error)) return networkError('', task, error);
  const reason = error instanceof Error ? error.message : String(error);
  return new SrgitError('SRGIT_KAFKA_FAILED', `could not ${task.what}${at(task)}: ${reason}`, { cause: error });
}

/** Whether the connection ended without a reason that anyone gave. */
export function isClosed(error: unknown): boolean {
  const chain = chainOf(error);
  if (chain.some(({ message }) => TIMED_OUT.test(message))) return false;
  const codes = chain.map((each) => String((each as { code?: unknown }).code ?? ''));
  return (
    codes.includes('PLT_KFK_NETWORK') && codes.every((code) => code === '' || /^PLT_KFK_(NETWORK|MULTIPLE)$/.test(code))
  );
}

/** Mechanism unknown, SASL expected, credentials refused. */
const SASL_REFUSALS: ReadonlySet<number> = new Set([33, 34, 58]);
/** The client library's own words for a connection or a request that took too long: it gives them no code. */
const TIMED_OUT = /timed out|^Connection ready timed out/;

function at({ broker }: KafkaTask): string {
  return broker === undefined ? '' : ` (broker ${broker})`;
}

function silence(task: KafkaTask, cause: unknown): SrgitError {
  return new SrgitError('SRGIT_KAFKA_TIMEOUT', `could not ${task.what}${at(task)}: no answer in time`, {
    hint: 'Check that the brokers are up and reachable from here, or raise the timeouts.',
    retriable: true,
    cause,
  });
}

/** The error, its causes and those it is made of. */
function chainOf(error: unknown, depth = 0): Error[] {
  if (!(error instanceof Error) || depth > 8) return [];
  const parts = error instanceof AggregateError ? error.errors.flatMap((each) => chainOf(each, depth + 1)) : [];
  return [error, ...chainOf(error.cause, depth + 1), ...parts];
}
