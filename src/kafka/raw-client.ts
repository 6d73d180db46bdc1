/** The adapter `client: platformatic`: the client library's connections, and requests of our own that carry whole batches. */
import type { KafkaCapabilities, KafkaClient, KafkaSettings } from './port.ts';
import { openAdmin } from './raw-admin.ts';
import { Cluster } from './raw-cluster.ts';
import { openProducer } from './raw-producer.ts';
import { readPartition } from './raw-read.ts';

/** Bytes go through as they are. */
const CAPABILITIES: KafkaCapabilities = {
  headerOrder: true,
  nullHeader: true,
  binaryHeaderKey: true,
  incrementalConfig: true,
  codecs: ['none', 'gzip', 'snappy', 'lz4', 'zstd'],
};

/** Connects when first used. @throws SRGIT_CONFIG_INVALID for an address that is none */
export async function openRawClient(settings: KafkaSettings): Promise<KafkaClient> {
  const cluster = new Cluster(settings);
  return {
    client: 'platformatic',
    capabilities: CAPABILITIES,
    admin: openAdmin(cluster),
    read: (topic, partition, options) => readPartition(cluster, topic, partition, options),
    producer: (options) => openProducer(cluster, options),
    close: async () => cluster.close(),
  };
}
