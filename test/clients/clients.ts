/** The registry clients the tests run, and what each can do. */
import type { SchemaType } from '../../src/model/schema-version.ts';
import type { ClientProgram } from './client-process.ts';
import { installJavaClient } from './java-client.ts';
import { installNpmClient } from './npm-clients.ts';
import { findPython, installPythonClient } from './python-client.ts';

export interface ClientKind {
  readonly name: string;
  install(): Promise<ClientProgram>;
  /** Class of the error that a refusal of the registry becomes. */
  readonly errorName: string;
  /** Whether its errors tell the registry's code. */
  readonly tellsCode: boolean;
  /**
   * How it sends a Protobuf schema: as text, or as the serialized descriptor that generated code has. The registry
   * stores the three as three texts: `shop.Money total = 4`, `.shop.Money total = 4`, and that with its `json_name`.
   */
  readonly protobufAs: 'text' | 'descriptor' | 'descriptor with JSON names';
  /** Types whose frames follow Confluent's format. */
  readonly framed: readonly SchemaType[];
  /** Whether it knows Protobuf messages other than the first of a file. */
  readonly messageIndexes: boolean;
  /** Types for which it can look a schema with references up under a subject. */
  readonly looksUp: readonly SchemaType[];
  /** Whether it knows the guid of a schema in a record's header. */
  readonly headers: boolean;
  /** Whether it can choose a version by its metadata. */
  readonly choosesByMetadata: boolean;
  /** Whether it can ask if a schema is compatible. */
  readonly asksCompatibility: boolean;
  /** Whether it can read old data with a subject's latest version. */
  readonly readsAsLatest: boolean;
}

const ALL: readonly SchemaType[] = ['AVRO', 'JSON', 'PROTOBUF'];

export const KAFKAJS: ClientKind = {
  name: '@kafkajs/confluent-schema-registry',
  install: () => installNpmClient('kafkajs'),
  errorName: 'ResponseError',
  tellsCode: false,
  protobufAs: 'text',
  // It writes no message indexes for Protobuf; reading, it skips zero bytes, which is right for the first message.
  framed: ['AVRO', 'JSON'],
  messageIndexes: false,
  looksUp: [],
  headers: false,
  choosesByMetadata: false,
  asksCompatibility: false,
  readsAsLatest: false,
};

export const CONFLUENT_JS: ClientKind = {
  name: '@confluentinc/schemaregistry',
  install: () => installNpmClient('confluent'),
  errorName: 'RestError',
  tellsCode: true,
  protobufAs: 'descriptor with JSON names',
  framed: ALL,
  messageIndexes: true,
  looksUp: ALL,
  headers: true,
  choosesByMetadata: true,
  asksCompatibility: true,
  readsAsLatest: true,
};

export const PYTHON: ClientKind = {
  name: 'confluent-kafka for Python',
  install: async () => {
    const python = await findPython();
    if ('missing' in python) throw new Error(python.missing);
    return installPythonClient(python.version);
  },
  errorName: 'SchemaRegistryError',
  tellsCode: true,
  protobufAs: 'descriptor',
  framed: ALL,
  messageIndexes: true,
  looksUp: ALL,
  headers: true,
  choosesByMetadata: true,
  asksCompatibility: true,
  readsAsLatest: true,
};

export const JAVA: ClientKind = {
  name: "Confluent's and Flink's for Java",
  install: installJavaClient,
  errorName: 'RestClientException',
  tellsCode: true,
  protobufAs: 'text',
  framed: ALL,
  messageIndexes: true,
  looksUp: ALL,
  // Headers came with 8.0 of its registry client; Maven Central has 7.5.
  headers: false,
  choosesByMetadata: false,
  asksCompatibility: true,
  readsAsLatest: true,
};

/** All that can run on this machine. */
export async function clientsHere(): Promise<readonly ClientKind[]> {
  const others = [KAFKAJS, CONFLUENT_JS, JAVA];
  return (await skipReason(PYTHON)) === undefined ? [...others, PYTHON] : others;
}

/** Why a client's tests skip on this machine, which the output of the test file says too. */
export async function skipReason(kind: ClientKind): Promise<string | undefined> {
  if (kind !== PYTHON) return undefined;
  const python = await findPython();
  if (!('missing' in python)) return undefined;
  const reason = `SKIPPED: ${kind.name}: ${python.missing}`;
  process.stderr.write(`${reason}\n`);
  return reason;
}
