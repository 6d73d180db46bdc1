/** Whom a test broker lets in, and how: users, certificates, and its settings for both. */
import { createPrivateKey } from 'node:crypto';
import { type Authority, makeAuthority } from './certificates.ts';

export interface KafkaUser {
  readonly username: string;
  readonly password: string;
}

/** PEM texts. */
export interface KafkaSecurity {
  /** Known to PLAIN, SCRAM-SHA-256 and SCRAM-SHA-512. */
  readonly user: KafkaUser;
  readonly caCert: string;
  readonly clientCert: string;
  readonly clientKey: string;
  /** The same key, encrypted. */
  readonly encryptedClientKey: string;
  readonly passphrase: string;
  /** Signed by an authority that the broker does not know. */
  readonly strangerCa: string;
  readonly strangerCert: string;
  readonly strangerKey: string;
}

/** What a broker with security is started with. */
export interface MadeSecurity {
  readonly security: KafkaSecurity;
  readonly properties: Readonly<Record<string, string>>;
  /** For StorageTool format. */
  readonly scramArguments: readonly string[];
}

/** The listeners beside PLAINTEXT, by Kafka's protocol. `OTHER` is TLS with a certificate for another host. */
export const SECURE_LISTENERS = {
  SASL: 'SASL_PLAINTEXT',
  MTLS: 'SSL',
  SASLTLS: 'SASL_SSL',
  OTHER: 'SSL',
} as const;
export type SecureListener = keyof typeof SECURE_LISTENERS;

/** The broker's own superusers are its plain-text clients and `admin`; everyone else may do what no ACL denies. */
export function makeSecurity(): MadeSecurity {
  const authority = makeAuthority('srgit test authority');
  const stranger = makeAuthority('srgit test stranger');
  const user = { username: 'alice', password: 'secret-of-alice' };
  const passphrase = 'open sesame';
  const client = authority.issue({ name: 'client' });
  const format = { type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase } as const;
  const strange = stranger.issue({ name: 'client' });
  return {
    security: {
      user,
      caCert: authority.cert,
      clientCert: client.cert,
      clientKey: client.key,
      encryptedClientKey: createPrivateKey(client.key).export(format).toString(),
      passphrase,
      strangerCa: stranger.cert,
      strangerCert: strange.cert,
      strangerKey: strange.key,
    },
    properties: { ...authorizerProperties(), ...saslProperties(user), ...tlsProperties(authority) },
    scramArguments: ['SCRAM-SHA-256', 'SCRAM-SHA-512'].flatMap((mechanism) => [
      '--add-scram',
      `${mechanism}=[name=${user.username},password=${user.password}]`,
    ]),
  };
}

/**
 * An unsecured token as Kafka's test validator takes it (RFC 7519, section 6): no signature, valid for an hour.
 * @param lifetimeSeconds negative for one that is over
 */
export function unsecuredToken(subject = 'alice', lifetimeSeconds = 3600): string {
  const encode = (part: object): string => Buffer.from(JSON.stringify(part)).toString('base64url');
  const now = Math.floor(Date.now() / 1000);
  const issued = lifetimeSeconds < 0 ? now + lifetimeSeconds - 60 : now - 1;
  return `${encode({ alg: 'none' })}.${encode({ sub: subject, iat: issued, exp: now + lifetimeSeconds })}.`;
}

function authorizerProperties(): Record<string, string> {
  return {
    'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
    'allow.everyone.if.no.acl.found': 'true',
    'super.users': 'User:ANONYMOUS;User:admin',
  };
}

function saslProperties(user: KafkaUser): Record<string, string> {
  const packages = 'org.apache.kafka.common.security';
  const plain = `${packages}.plain.PlainLoginModule required user_${user.username}="${user.password}";`;
  const scram = `${packages}.scram.ScramLoginModule required;`;
  // The broker's side needs a claim of its own, though it never logs in anywhere.
  const bearer = `${packages}.oauthbearer.OAuthBearerLoginModule required unsecuredLoginStringClaim_sub="broker";`;
  const properties: Record<string, string> = {
    'sasl.enabled.mechanisms': 'PLAIN,SCRAM-SHA-256,SCRAM-SHA-512,OAUTHBEARER',
  };
  for (const listener of ['sasl', 'sasltls']) {
    properties[`listener.name.${listener}.plain.sasl.jaas.config`] = plain;
    properties[`listener.name.${listener}.scram-sha-256.sasl.jaas.config`] = scram;
    properties[`listener.name.${listener}.scram-sha-512.sasl.jaas.config`] = scram;
    properties[`listener.name.${listener}.oauthbearer.sasl.jaas.config`] = bearer;
  }
  return properties;
}

function tlsProperties(authority: Authority): Record<string, string> {
  const server = authority.issue({ name: 'broker', hosts: ['127.0.0.1', 'localhost'] });
  const other = authority.issue({ name: 'other', hosts: ['kafka.example'] });
  const properties: Record<string, string> = {};
  for (const [listener, { cert, key }, clientAuth] of [
    ['mtls', server, 'required'],
    ['sasltls', server, 'none'],
    ['other', other, 'none'],
  ] as const) {
    const prefix = `listener.name.${listener}.ssl.`;
    properties[`${prefix}keystore.type`] = 'PEM';
    properties[`${prefix}keystore.certificate.chain`] = cert;
    properties[`${prefix}keystore.key`] = key;
    properties[`${prefix}truststore.type`] = 'PEM';
    properties[`${prefix}truststore.certificates`] = authority.cert;
    properties[`${prefix}client.auth`] = clientAuth;
  }
  return properties;
}
