/** A real Kafka broker of one node (KRaft), started from its jars on free loopback ports. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { findJava } from './find-java.ts';
import { installKafka, KAFKA_JAVA, type KafkaVersion } from './kafka-broker-install.ts';
import {
  type KafkaSecurity,
  type MadeSecurity,
  makeSecurity,
  SECURE_LISTENERS,
  type SecureListener,
} from './kafka-security.ts';
import { runProgram } from './run-program.ts';

export type { KafkaVersion } from './kafka-broker-install.ts';

/** Where a broker is and what lets one in: plain data. */
export interface KafkaAddress {
  readonly version: KafkaVersion;
  /** `127.0.0.1:port`, without security. */
  readonly bootstrap: string;
  /** Addresses of the listeners with security: SASL, MTLS (client certificate required), SASLTLS, OTHER (wrong host name). */
  readonly secure: Readonly<Record<SecureListener, string>>;
  readonly security: KafkaSecurity;
  /** The log directory: `topic-0/00000000000000000000.log` are in it. */
  readonly dataFolder: string;
  /** What the broker printed. */
  readonly logFile: string;
}

export interface KafkaBroker extends KafkaAddress {
  /** SIGKILL, as a crash: the data stays. */
  kill(): Promise<void>;
  /** An orderly end: the data stays. */
  stop(): Promise<void>;
  /** After `kill` or `stop`: the same ports and data. Resolves when clients can connect. */
  restart(): Promise<void>;
  /** Ends it and removes its data. */
  close(): Promise<void>;
}

export interface KafkaBrokerOptions {
  readonly version?: KafkaVersion;
  /** Further server properties, or others in place of those below. */
  readonly properties?: Readonly<Record<string, string>>;
  /** 256 MB is enough for tests; benchmarks want more, and the optimising compiler. */
  readonly javaOptions?: readonly string[];
  /** With another set of jars than the version's own. */
  readonly libraries?: string;
}

/**
 * For tests that kill the broker: the controller takes it for alive for 9 seconds otherwise, and lets no other in. Not
 * for all tests, as a busy machine can well be silent for so long.
 */
export const QUICK_RESTART: Readonly<Record<string, string>> = {
  'broker.session.timeout.ms': '2500',
  'broker.heartbeat.interval.ms': '500',
};

/**
 * For tests that kill a broker in the middle of transactions. After such a death 4.3.1 was seen to note a transaction as
 * complete without its markers in any partition, also through further restarts: its records and positions stay unstable for
 * ever. It happens while partitions have no leader for a moment, once in ten deaths on a busy machine; 3.9.2 waits for one.
 */
export const KILLED_IN_TRANSACTIONS = '3.9.2' satisfies KafkaVersion;

const LOOPBACK = '127.0.0.1';
const CLUSTER_ID = 'MkU3OEVBNTcwNTJENDM2Qg';
/** Long, for a machine with two busy cores. */
const START_TIMEOUT_MS = 180_000;
const STOP_TIMEOUT_MS = 20_000;
const POLL_MS = 100;
const TAIL = 4000;
const SMALL_JVM = ['-Xmx256m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1'];

/** Starts a broker of its own, empty. Needs Java 17 and Maven and says so when they are missing. */
export async function startKafka(options: KafkaBrokerOptions = {}): Promise<KafkaBroker> {
  const { version = '4.3.1', properties = {}, javaOptions = SMALL_JVM } = options;
  const [java, libraries] = await Promise.all([findJava(KAFKA_JAVA), options.libraries ?? installKafka(version)]);
  const folder = await mkdtemp(join(tmpdir(), 'srgit-kafka-'));
  const address = await makeAddress(version, folder);
  const made = makeSecurity();
  const settings = join(folder, 'server.properties');
  await writeFile(settings, propertiesText({ ...serverProperties(address, made), ...properties }));
  const jvm = [...javaOptions, ...LOGGING, '-cp', join(libraries, '*')];
  const broker = new BrokerProcess(java, [...jvm, 'kafka.Kafka', settings], address);
  try {
    const format = ['kafka.tools.StorageTool', 'format', '-t', CLUSTER_ID, '-c', settings, ...made.scramArguments];
    await runProgram(java, [...jvm, ...format]);
    await broker.start();
  } catch (error) {
    await broker.kill();
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
  return {
    ...address,
    security: made.security,
    kill: () => broker.kill(),
    stop: () => broker.stop(),
    restart: () => broker.start(),
    async close() {
      await broker.kill();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

const LOGGING = [
  '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn',
  '-Dorg.slf4j.simpleLogger.showDateTime=true',
  '-Dorg.slf4j.simpleLogger.dateTimeFormat=HH:mm:ss.SSS',
];

interface Ports extends Omit<KafkaAddress, 'security'> {
  readonly controller: string;
}

async function makeAddress(version: KafkaVersion, folder: string): Promise<Ports> {
  const ports = await freePorts(6);
  const at = (index: number): string => `${LOOPBACK}:${ports[index]}`;
  return {
    version,
    bootstrap: at(0),
    controller: at(1),
    secure: { SASL: at(2), MTLS: at(3), SASLTLS: at(4), OTHER: at(5) },
    dataFolder: join(folder, 'data'),
    logFile: join(folder, 'broker.log'),
  };
}

function serverProperties(address: Ports, made: MadeSecurity): Record<string, string> {
  const secure = Object.entries(address.secure);
  const clients = [['PLAINTEXT', address.bootstrap], ...secure].map(([name, at]) => `${name}://${at}`);
  const protocols = Object.entries({ CONTROLLER: 'PLAINTEXT', PLAINTEXT: 'PLAINTEXT', ...SECURE_LISTENERS });
  return {
    'process.roles': 'broker,controller',
    'node.id': '1',
    'controller.quorum.voters': `1@${address.controller}`,
    'controller.listener.names': 'CONTROLLER',
    listeners: [...clients, `CONTROLLER://${address.controller}`].join(','),
    'advertised.listeners': clients.join(','),
    'listener.security.protocol.map': protocols.map(([name, protocol]) => `${name}:${protocol}`).join(','),
    'inter.broker.listener.name': 'PLAINTEXT',
    'log.dirs': address.dataFolder,
    'num.network.threads': '2',
    'num.io.threads': '2',
    'num.partitions': '1',
    'auto.create.topics.enable': 'false',
    'offsets.topic.num.partitions': '1',
    'offsets.topic.replication.factor': '1',
    'transaction.state.log.num.partitions': '1',
    'transaction.state.log.replication.factor': '1',
    'transaction.state.log.min.isr': '1',
    'group.initial.rebalance.delay.ms': '0',
    // 128 MB, half of this heap, otherwise.
    'log.cleaner.dedupe.buffer.size': String(16 * 1024 * 1024),
    ...made.properties,
  };
}

/** Line ends as escapes, for PEM texts. */
function propertiesText(properties: Readonly<Record<string, string>>): string {
  const escaped = (value: string): string => value.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');
  return Object.entries(properties)
    .map(([name, value]) => `${name}=${escaped(value)}\n`)
    .join('');
}

class BrokerProcess {
  private child: ChildProcess | undefined;
  private readonly java: string;
  private readonly args: readonly string[];
  private readonly address: Ports;

  constructor(java: string, args: readonly string[], address: Ports) {
    this.java = java;
    this.args = args;
    this.address = address;
  }

  async start(): Promise<void> {
    const output = openSync(this.address.logFile, 'a');
    const child = spawn(this.java, this.args, { stdio: ['ignore', output, output] });
    closeSync(output);
    this.child = child;
    // Should this process end without stopping it, the broker goes too.
    const killNow = (): void => void child.kill('SIGKILL');
    process.once('exit', killNow);
    child.once('exit', () => process.off('exit', killNow));
    let failure: string | undefined;
    child.once('error', (error) => {
      failure = error.message;
    });
    child.once('exit', (code, signal) => {
      failure ??= `it ended with ${code ?? signal}`;
    });
    const addresses = [this.address.bootstrap, ...Object.values(this.address.secure)];
    const deadline = Date.now() + START_TIMEOUT_MS;
    while (!(await areOpen(addresses))) {
      if (failure === undefined && Date.now() > deadline) failure = 'it did not listen in time';
      if (failure !== undefined) {
        await this.kill();
        throw new Error(`Kafka ${this.address.version} did not start: ${failure}\n${await this.tail()}`);
      }
      await sleep(POLL_MS);
    }
  }

  async kill(): Promise<void> {
    await this.end('SIGKILL');
  }

  async stop(): Promise<void> {
    const late = setTimeout(() => this.child?.kill('SIGKILL'), STOP_TIMEOUT_MS);
    await this.end('SIGTERM');
    clearTimeout(late);
  }

  private async end(signal: NodeJS.Signals): Promise<void> {
    const child = this.child;
    if (child?.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, 'exit');
    child.kill(signal);
    await exited;
  }

  private async tail(): Promise<string> {
    const said = await readFile(this.address.logFile, 'utf8').catch(() => '');
    return said.slice(-TAIL);
  }
}

async function areOpen(addresses: readonly string[]): Promise<boolean> {
  for (const address of addresses) if (!(await isOpen(address))) return false;
  return true;
}

function isOpen(address: string): Promise<boolean> {
  const [host = LOOPBACK, port] = address.split(':');
  return new Promise((resolve) => {
    const socket = connect(Number(port), host);
    const end = (open: boolean): void => {
      socket.destroy();
      resolve(open);
    };
    socket.once('connect', () => end(true));
    socket.once('error', () => end(false));
  });
}

/**
 * Ports below those that systems hand out by themselves: no outgoing connection takes one while its broker is down.
 */
async function freePorts(count: number): Promise<readonly number[]> {
  const found = new Set<number>();
  while (found.size < count) {
    const port = 12_000 + Math.floor(Math.random() * 20_000);
    if (await isFree(port)) found.add(port);
  }
  return [...found];
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, LOOPBACK, () => server.close(() => resolve(true)));
  });
}
