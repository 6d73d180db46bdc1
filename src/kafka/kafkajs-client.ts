/**
 * The adapter on kafkajs, for those who must stay with it: its connections carry srgit's own requests, so that records go
 * through as bytes here too.
 */

import { CODECS } from '../records/codec.ts';
import type { SourcePiece } from '../records/record-source.ts';
import { KafkajsAdmin } from './kafkajs-admin.ts';
import { KafkajsCluster } from './kafkajs-cluster.ts';
import { loadKafkajs } from './kafkajs-internals.ts';
import { checkTls } from './kafkajs-link.ts';
import { startProducer } from './kafkajs-producer.ts';
import { KafkajsReader } from './kafkajs-reader.ts';
import { pause } from './kafkajs-wait.ts';
import type {
  KafkaAdmin,
  KafkaCapabilities,
  KafkaClient,
  KafkaProducer,
  KafkaReadOptions,
  KafkaSettings,
  ProducerOptions,
} from './port.ts';

const CLOSE_TIMEOUT_MS = 6000;

/** Connects with the first call. @throws SrgitError SRGIT_KAFKA_TLS for certificates that cannot be read */
export async function openKafkajs(settings: KafkaSettings): Promise<KafkaClient> {
  checkTls(settings.tls);
  return new KafkajsClient(new KafkajsCluster(await loadKafkajs(), settings));
}

class KafkajsClient implements KafkaClient {
  readonly client = 'kafkajs';
  readonly capabilities: KafkaCapabilities = {
    headerOrder: true,
    nullHeader: true,
    binaryHeaderKey: true,
    incrementalConfig: true,
    codecs: CODECS,
  };
  readonly admin: KafkaAdmin;
  private readonly cluster: KafkajsCluster;
  private readonly producers = new Set<KafkaProducer>();

  constructor(cluster: KafkajsCluster) {
    this.cluster = cluster;
    this.admin = new KafkajsAdmin(cluster);
  }

  read(topic: string, partition: number, options: KafkaReadOptions = {}): AsyncIterable<SourcePiece> {
    return { [Symbol.asyncIterator]: () => new KafkajsReader(this.cluster, topic, partition, options).pieces() };
  }

  async producer(options: ProducerOptions = {}): Promise<KafkaProducer> {
    const producer = await startProducer(this.cluster, options);
    this.producers.add(producer);
    return producer;
  }

  async close(): Promise<void> {
    // Open transactions are aborted while there are connections; what does not end in time is cut off.
    const closing = Promise.all([...this.producers].map((producer) => producer.close()));
    const stop = new AbortController();
    await Promise.race([closing, pause(CLOSE_TIMEOUT_MS, stop.signal).catch(() => undefined)]);
    stop.abort();
    this.cluster.close();
    await closing;
  }
}
