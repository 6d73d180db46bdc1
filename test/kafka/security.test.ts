/** How clients get into real brokers, and what they say where they do not. */
import { setTimeout as sleep } from 'node:timers/promises';
import { inspect } from 'node:util';
import { Kafka, logLevel } from 'kafkajs';
import { beforeAll, describe, expect, test } from 'vitest';
import type { ErrorCode } from '../../src/errors.ts';
import { loadKafkajs } from '../../src/kafka/kafkajs-internals.ts';
import { openKafka } from '../../src/kafka/open-kafka.ts';
import type { KafkaSettings } from '../../src/kafka/port.ts';
import type { KafkaAddress } from '../support/kafka-broker.ts';
import { KAFKA_VERSIONS } from '../support/kafka-broker-install.ts';
import { sharedKafka } from '../support/kafka-broker-shared.ts';
import { type SecureListener, unsecuredToken } from '../support/kafka-security.ts';
import { CLIENTS, countedBatch, failure, newName, readAll } from './contract-fixtures.ts';

const START_MS = 300_000;
const TEST_MS = 120_000;
const WRONG = 'quite-wrong';

type Access = (address: KafkaAddress) => Pick<KafkaSettings, 'tls' | 'sasl'>;

function password(mechanism: 'PLAIN' | 'SCRAM-SHA-256' | 'SCRAM-SHA-512', other?: string): Access {
  return ({ security: { user } }) => ({
    sasl: { mechanism, username: user.username, password: other ?? user.password },
  });
}

function token(text: () => string): Access {
  return () => ({ sasl: { mechanism: 'OAUTHBEARER', token: async () => text() } });
}

const mutual: Access = ({ security: { caCert, clientCert, clientKey } }) => ({
  tls: { caCert, clientCert, clientKey },
});
const both =
  (access: Access): Access =>
  (address) => ({ ...access(address), tls: { caCert: address.security.caCert } });

const WAYS: readonly (readonly [what: string, listener: SecureListener, access: Access])[] = [
  ['PLAIN', 'SASL', password('PLAIN')],
  ['SCRAM-SHA-256', 'SASL', password('SCRAM-SHA-256')],
  ['SCRAM-SHA-512', 'SASL', password('SCRAM-SHA-512')],
  ['OAUTHBEARER', 'SASL', token(() => unsecuredToken())],
  ['a client certificate', 'MTLS', mutual],
  [
    'an encrypted key',
    'MTLS',
    ({ security: { caCert, clientCert, encryptedClientKey, passphrase } }) => ({
      tls: { caCert, clientCert, clientKey: encryptedClientKey, passphrase },
    }),
  ],
  ['SCRAM-SHA-512 over TLS', 'SASLTLS', both(password('SCRAM-SHA-512'))],
  ['OAUTHBEARER over TLS', 'SASLTLS', both(token(() => unsecuredToken()))],
  [
    'an unknown authority, when told not to verify',
    'SASLTLS',
    (address) => ({ ...password('PLAIN')(address), tls: { verify: false } }),
  ],
];

const DENIALS: readonly (readonly [
  what: string,
  listener: SecureListener,
  access: Access,
  codes: readonly ErrorCode[],
])[] = [
  ['a wrong password (PLAIN)', 'SASL', password('PLAIN', WRONG), ['SRGIT_KAFKA_AUTH']],
  ['a wrong password (SCRAM-SHA-256)', 'SASL', password('SCRAM-SHA-256', WRONG), ['SRGIT_KAFKA_AUTH']],
  ['a wrong password (SCRAM-SHA-512)', 'SASL', password('SCRAM-SHA-512', WRONG), ['SRGIT_KAFKA_AUTH']],
  ['a wrong password over TLS', 'SASLTLS', both(password('SCRAM-SHA-512', WRONG)), ['SRGIT_KAFKA_AUTH']],
  ['an expired token', 'SASL', token(() => unsecuredToken('alice', -600)), ['SRGIT_KAFKA_AUTH']],
  ['a token that is none', 'SASL', token(() => WRONG), ['SRGIT_KAFKA_AUTH']],
  [
    'a source of tokens that fails',
    'SASL',
    token(() => {
      throw new Error(`no token for ${WRONG}`);
    }),
    ['SRGIT_KAFKA_AUTH'],
  ],
  [
    'an authority that is not known',
    'SASLTLS',
    (address) => ({ ...password('PLAIN')(address), tls: {} }),
    ['SRGIT_KAFKA_TLS'],
  ],
  [
    'a certificate of another authority',
    'SASLTLS',
    (address) => ({ ...password('PLAIN')(address), tls: { caCert: address.security.strangerCa } }),
    ['SRGIT_KAFKA_TLS'],
  ],
  ['a certificate for another host', 'OTHER', ({ security: { caCert } }) => ({ tls: { caCert } }), ['SRGIT_KAFKA_TLS']],
  ['no client certificate', 'MTLS', ({ security: { caCert } }) => ({ tls: { caCert } }), ['SRGIT_KAFKA_TLS']],
  [
    'a client certificate of a stranger',
    'MTLS',
    ({ security: { caCert, strangerCert, strangerKey } }) => ({
      tls: { caCert, clientCert: strangerCert, clientKey: strangerKey },
    }),
    ['SRGIT_KAFKA_TLS'],
  ],
  [
    'a key with the wrong passphrase',
    'MTLS',
    ({ security: { caCert, clientCert, encryptedClientKey } }) => ({
      tls: { caCert, clientCert, clientKey: encryptedClientKey, passphrase: WRONG },
    }),
    ['SRGIT_KAFKA_TLS'],
  ],
  [
    'a certificate that is none',
    'MTLS',
    ({ security: { caCert } }) => ({ tls: { caCert, clientCert: WRONG, clientKey: WRONG } }),
    ['SRGIT_KAFKA_TLS'],
  ],
  ['no SASL where it is expected', 'SASL', () => ({}), ['SRGIT_KAFKA_UNREACHABLE', 'SRGIT_KAFKA_AUTH']],
  ['no TLS where it is expected', 'MTLS', () => ({}), ['SRGIT_KAFKA_UNREACHABLE', 'SRGIT_KAFKA_TLS']],
  ['TLS where it is not expected', 'SASL', both(password('PLAIN')), ['SRGIT_KAFKA_TLS', 'SRGIT_KAFKA_UNREACHABLE']],
];

describe.each(KAFKA_VERSIONS.flatMap((version) => CLIENTS.map((client) => ({ version, client }))))(
  '$client on Kafka $version',
  { timeout: TEST_MS },
  ({ version, client }) => {
    let address: KafkaAddress;

    beforeAll(async () => {
      address = await sharedKafka(version);
    }, START_MS);

    const settingsFor = (listener: SecureListener, access: Access): KafkaSettings => ({
      client,
      bootstrapServers: [address.secure[listener]],
      requestTimeoutMs: 15_000,
      ...access(address),
    });

    test.each(WAYS)('lets in with %s', async (_what, listener, access) => {
      const kafka = await openKafka(settingsFor(listener, access));
      const name = newName('topic');
      await kafka.admin.createTopic({ name, partitionCount: 1 });
      const producer = await kafka.producer();
      await producer.send(name, 0, countedBatch(2));
      await producer.close();
      expect((await readAll(kafka, name)).records).toHaveLength(2);
      await kafka.close();
    });

    if (version !== KAFKA_VERSIONS[0]) return;

    test.each(DENIALS)('tells of %s', async (_what, listener, access, codes) => {
      const { user } = address.security;
      const attempt = async (): Promise<unknown> => {
        const kafka = await openKafka(settingsFor(listener, access));
        try {
          return await kafka.admin.topics();
        } finally {
          await kafka.close();
        }
      };
      const error = await failure(attempt(), ...codes);
      expect(error.hint).toBeTruthy();
      const said = inspect(error, { depth: 8 });
      for (const secret of [WRONG, user.password, address.security.passphrase]) expect(said).not.toContain(secret);
      expect(said).not.toContain('PRIVATE KEY');
    });

    test('tells what a user may not do', async () => {
      const plain = await openKafka({ client, bootstrapServers: [address.bootstrap] });
      const name = newName('topic');
      await plain.admin.createTopic({ name, partitionCount: 1 });
      await denyWriting(address, name);
      const kafka = await openKafka(settingsFor('SASL', password('PLAIN')));
      const producer = await kafka.producer();
      // The broker that is written to learns of a rule some time after the controller has answered.
      const write = async (): Promise<void> => {
        for (const end = performance.now() + TEST_MS / 2; performance.now() < end; await sleep(100)) {
          await producer.send(name, 0, countedBatch(1));
        }
      };
      const error = await failure(write(), 'SRGIT_KAFKA_FORBIDDEN');
      expect(error.message).toContain(name);
      await producer.close();
      await Promise.all([kafka.close(), plain.close()]);
    });
  },
);

async function denyWriting(address: KafkaAddress, topic: string): Promise<void> {
  // Timers of kafkajs are put right when the adapter loads it.
  await loadKafkajs();
  const admin = new Kafka({ brokers: [address.bootstrap], logLevel: logLevel.NOTHING }).admin();
  await admin.connect();
  const everyone = { host: '*', resourceName: topic, resourcePatternType: 3, resourceType: 2 };
  await admin.createAcls({
    acl: [
      // All may do everything, for what has a rule is closed to those without one; alice may not write.
      { ...everyone, principal: 'User:*', operation: 2, permissionType: 3 },
      { ...everyone, principal: `User:${address.security.user.username}`, operation: 4, permissionType: 2 },
    ],
  });
  await admin.disconnect();
}
