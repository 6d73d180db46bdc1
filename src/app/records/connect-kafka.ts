/** A client for a configured cluster, with tokens where the cluster wants them. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { ClusterSettings } from '../../config/kafka-settings.ts';
import { openKafka } from '../../kafka/open-kafka.ts';
import type { KafkaClient } from '../../kafka/port.ts';
import { parseBaseUrl } from '../../registry/base-url.ts';
import { Connections } from '../../registry/dispatcher.ts';
import { OAuthTokens } from '../../registry/oauth.ts';
import { DEFAULT_RETRY, DEFAULT_TIMEOUTS } from '../../registry/options.ts';
import { Secrets } from '../../registry/secrets.ts';

/** Nothing is sent before the first call. The caller closes it. */
export async function connectKafka({ sasl, ...cluster }: ClusterSettings): Promise<KafkaClient> {
  if (sasl === undefined) return openKafka(cluster);
  if (sasl.mechanism !== 'OAUTHBEARER') return openKafka({ ...cluster, sasl });
  const { mechanism } = sasl;
  if ('token' in sasl) return openKafka({ ...cluster, sasl: { mechanism, token: async () => sasl.token } });
  const connections = new Connections({
    tls: cluster.tls,
    proxy: undefined,
    timeouts: DEFAULT_TIMEOUTS,
    connections: 1,
  });
  const tokens = new OAuthTokens(
    { type: 'oauth', ...sasl },
    {
      dispatcher: connections.open(parseBaseUrl(sasl.tokenUrl, 'OAuth token URL')),
      secrets: new Secrets([sasl.clientSecret]),
      userAgent: 'srgit',
      retry: DEFAULT_RETRY,
      now: Date.now,
      sleep: async (ms) => void (await sleep(ms)),
      random: Math.random,
    },
  );
  // What the registries' tokens have before them is HTTP's, not Kafka's.
  const token = async (): Promise<string> => (await tokens.get(undefined)).replace(/^Bearer /, '');
  const client = await openKafka({ ...cluster, sasl: { mechanism, token } });
  return {
    client: client.client,
    capabilities: client.capabilities,
    admin: client.admin,
    read: (topic, partition, options) => client.read(topic, partition, options),
    producer: (options) => client.producer(options),
    close: async () => {
      await client.close();
      await connections.close();
    },
  };
}
