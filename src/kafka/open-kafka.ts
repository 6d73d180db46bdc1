import type { KafkaClient, KafkaSettings } from './port.ts';

/**
 * A client for a cluster; the library below it is loaded only when it is asked for.
 * @throws SrgitError SRGIT_CONFIG_INVALID, SRGIT_CONFIG_MISSING, SRGIT_KAFKA_TLS; what only a broker can tell comes with the
 * first call
 */
export async function openKafka(settings: KafkaSettings): Promise<KafkaClient> {
  if (settings.client === 'kafkajs') {
    const { openKafkajs } = await import('./kafkajs-client.ts');
    return openKafkajs(settings);
  }
  const { openRawClient } = await import('./raw-client.ts');
  return openRawClient(settings);
}
