/** A link over connections of kafkajs that fail in ways that a broker does not show on demand. */
import { expect, it } from 'vitest';
import type { KafkajsInternals } from '../../src/kafka/kafkajs-internals.ts';
import { KafkajsLink } from '../../src/kafka/kafkajs-link.ts';
import { metadataCall } from '../../src/kafka/kafkajs-requests.ts';
import { failure } from './contract-fixtures.ts';

it('a request that kafkajs lost with its connection is given up, and the next one gets another connection', async () => {
  let destroyed = 0;
  const lost = new Promise<never>(() => undefined);
  const internals = {
    ConnectionPool: class {
      send = () => lost;
      map = () => [];
      destroy = async () => {
        destroyed++;
      };
    },
    Broker: class {
      connect = async () => undefined;
      isConnected = () => true;
      versions = { 3: { minVersion: 0, maxVersion: 12 } };
      connectionPool = undefined;
    },
  } as unknown as KafkajsInternals;
  const settings = { client: 'kafkajs' as const, bootstrapServers: ['h:1'], requestTimeoutMs: 20, connectTimeoutMs: 5 };
  const link = new KafkajsLink(internals, settings, { host: 'h', port: 1 });
  const error = await failure(link.call(metadataCall([]), { what: 'look' }), 'SRGIT_KAFKA_TIMEOUT');
  expect([error.retriable, destroyed]).toEqual([true, 1]);
});
