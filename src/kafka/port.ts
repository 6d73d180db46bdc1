/**
 * What srgit asks of a Kafka client: two adapters answer to it, and one contract suite holds both to it. The unit is a
 * version 2 batch for one partition: records go through as bytes.
 */
import type { ConsumerGroup, GroupOffset, ReadOptions, SourcePiece } from '../records/record-source.ts';

export interface KafkaSettings {
  /** Its name in srgit.yaml; absent when it was named by addresses. */
  readonly name?: string;
  /** `host:port`. */
  readonly bootstrapServers: readonly string[];
  readonly client: 'platformatic' | 'kafkajs';
  readonly clientId?: string;
  /** Certificates and keys as PEM texts; absent for no TLS. */
  readonly tls?: {
    readonly caCert?: string;
    readonly clientCert?: string;
    readonly clientKey?: string;
    readonly passphrase?: string;
    /** False only where a person asked for it. */
    readonly verify?: boolean;
  };
  readonly sasl?: KafkaSasl;
  readonly connectTimeoutMs?: number;
  readonly requestTimeoutMs?: number;
}

export type KafkaSasl =
  | {
      readonly mechanism: 'PLAIN' | 'SCRAM-SHA-256' | 'SCRAM-SHA-512';
      readonly username: string;
      readonly password: string;
    }
  /** Called for each new connection; caching and renewing are the caller's. */
  | { readonly mechanism: 'OAUTHBEARER'; readonly token: () => Promise<string> };

/** What a client carries exactly. What it cannot carry it refuses, with SRGIT_KAFKA_RECORD; it alters nothing. */
export interface KafkaCapabilities {
  readonly headerOrder: boolean;
  readonly nullHeader: boolean;
  readonly binaryHeaderKey: boolean;
  readonly incrementalConfig: boolean;
  readonly codecs: readonly string[];
}

export interface KafkaTopic {
  readonly name: string;
  readonly internal: boolean;
  readonly partitionCount: number;
  readonly replicationFactor: number;
}

export interface NewTopic {
  readonly name: string;
  readonly partitionCount: number;
  /** The broker's default otherwise. */
  readonly replicationFactor?: number;
  readonly config?: Readonly<Record<string, string>>;
}

/** A group of any protocol type: consumers, and others that elect a leader by it. */
export interface KafkaGroup {
  /** As the broker names it: `Stable`, `PreparingRebalance`, `Empty`, `Dead` where there is no such group. */
  readonly state: string;
  /** `consumer`, or `sr` for schema registries. */
  readonly protocolType: string;
  readonly members: readonly KafkaGroupMember[];
}

export interface KafkaGroupMember {
  readonly id: string;
  readonly clientHost: string;
  /** What the member said of itself when it joined, in the form of the protocol type. */
  readonly metadata: Buffer;
  /** What the group's leader gave it; empty while the group rebalances. */
  readonly assignment: Buffer;
}

export interface OffsetsOf {
  /** Only these. Of all the brokers leave out those whose first offset a transaction is about to commit. */
  readonly partitions?: readonly { readonly topic: string; readonly partition: number }[];
  /** Offsets as they are before transactions that have not ended. */
  readonly unsettled?: boolean;
}

export interface KafkaAdmin {
  /** All of the cluster, sorted by name; or those named, of which missing ones are left out. */
  topics(names?: readonly string[], signal?: AbortSignal): Promise<readonly KafkaTopic[]>;
  /** `stable`: the last stable offset, where a read_committed reader stops. By partition; @throws SRGIT_KAFKA_TOPIC when there is no such topic */
  offsets(
    topic: string,
    at: 'earliest' | 'latest' | 'stable',
    signal?: AbortSignal,
  ): Promise<ReadonlyMap<number, bigint>>;
  clusterId(signal?: AbortSignal): Promise<string>;
  /** The cluster's own id of each topic, which one made anew under the name does not have; those that can be told. */
  topicIds?(names: readonly string[], signal?: AbortSignal): Promise<ReadonlyMap<string, string>>;
  /** Resolves when every partition has a leader. @throws SRGIT_KAFKA_TOPIC when it exists */
  createTopic(topic: NewTopic, signal?: AbortSignal): Promise<void>;
  deleteTopic(name: string, signal?: AbortSignal): Promise<void>;
  /** Settings given to the topic itself, without the sensitive ones. */
  topicConfig(name: string, signal?: AbortSignal): Promise<Readonly<Record<string, string>>>;
  /** Others of the topic's own settings stay; null takes one away. */
  alterTopicConfig(name: string, changes: Readonly<Record<string, string | null>>, signal?: AbortSignal): Promise<void>;
  /** Records before `offset` go. */
  deleteRecords(topic: string, before: ReadonlyMap<number, bigint>, signal?: AbortSignal): Promise<void>;
  groups(signal?: AbortSignal): Promise<readonly string[]>;
  /** Who is in a group. A group that there is not is `Dead` and has nobody. */
  describeGroup(group: string, signal?: AbortSignal): Promise<KafkaGroup>;
  /** Where a transaction is about to change an offset its end is waited for, unless `of` says otherwise. */
  groupOffsets(group: string, signal?: AbortSignal, of?: OffsetsOf): Promise<ConsumerGroup>;
  /** @throws SRGIT_KAFKA_GROUP when the group has members */
  commitGroupOffsets(group: string, offsets: readonly GroupOffset[], signal?: AbortSignal): Promise<void>;
}

export interface KafkaReadOptions extends ReadOptions {
  /** Waits for what comes after the end; ends by the signal only. */
  readonly follow?: boolean;
  /** Of one fetch answer; memory in use is about twice this. */
  readonly maxBytes?: number;
  /**
   * With `follow`: offsets up to which a quiet partition was read, markers and skipped records included.
   */
  readonly onPosition?: (next: bigint) => void;
}

export interface ProducerOptions {
  /** Exactly once: batches are seen by read_committed readers when `commit` has resolved, all of them or none. */
  readonly transactionalId?: string;
  readonly transactionTimeoutMs?: number;
  /** Without it every write waits for all replicas in sync, and is idempotent. */
  readonly acks?: 'all' | 'leader';
  /** How long a batch is tried for, through leader changes and restarts of brokers. 120,000 unless given. */
  readonly deliveryTimeoutMs?: number;
  readonly signal?: AbortSignal | undefined;
}

export interface KafkaProducer {
  /**
   * Writes one version 2 batch, made anew by a `BatchBuilder` or read from a log: producer id, epoch, sequence and the
   * transactional bit are set in its bytes. Several may be on their way; those of one partition arrive in the order of the
   * calls, each once.
   *
   * @throws SrgitError SRGIT_KAFKA_TOPIC for a partition that there is not, SRGIT_KAFKA_RECORD for what the client or
   * the broker does not take, SRGIT_KAFKA_UNREACHABLE, SRGIT_KAFKA_FENCED when another producer took over
   */
  send(topic: string, partition: number, batch: Buffer): Promise<{ readonly baseOffset: bigint }>;
  /** Begins a transaction; only with a transactional id. */
  begin(): Promise<void>;
  /** Resolves when the transaction is committed, with these positions as those of the group. Waits for the batches sent. */
  commit(position?: { readonly group: string; readonly offsets: readonly GroupOffset[] }): Promise<void>;
  /** Nothing of the transaction is ever seen. */
  abort(): Promise<void>;
  close(): Promise<void>;
}

export interface KafkaClient {
  readonly client: KafkaSettings['client'];
  readonly capabilities: KafkaCapabilities;
  readonly admin: KafkaAdmin;
  /** From `from` or the first offset there is, to `to` or the end as it was at the beginning. Never a group: nothing is committed. */
  read(topic: string, partition: number, options?: KafkaReadOptions): AsyncIterable<SourcePiece>;
  producer(options?: ProducerOptions): Promise<KafkaProducer>;
  close(): Promise<void>;
}
