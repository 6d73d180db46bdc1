/** How a Kafka cluster is reached: a section of `kafka:`, validated, certificates read. */
import { isAbsolute, resolve } from 'node:path';
import { SrgitError } from '../errors.ts';
import { nearestName } from './nearest-name.ts';
import type { RawCluster } from './raw-types.ts';
import { type Refuse, stopAtFirst } from './refuse.ts';
import { list, readText } from './setting.ts';

export type ClusterSasl =
  | {
      readonly mechanism: 'PLAIN' | 'SCRAM-SHA-256' | 'SCRAM-SHA-512';
      readonly username: string;
      readonly password: string;
    }
  | { readonly mechanism: 'OAUTHBEARER'; readonly token: string }
  | {
      readonly mechanism: 'OAUTHBEARER';
      readonly tokenUrl: string;
      readonly clientId: string;
      readonly clientSecret: string;
      readonly scope?: string;
    };

export interface ClusterSettings {
  /** Its name in srgit.yaml; absent when it was named by addresses. */
  readonly name?: string;
  /** `host:port` */
  readonly bootstrapServers: readonly string[];
  readonly client: 'platformatic' | 'kafkajs';
  readonly clientId?: string;
  /** PEM texts; absent for no TLS. */
  readonly tls?: {
    readonly caCert?: string;
    readonly clientCert?: string;
    readonly clientKey?: string;
    readonly passphrase?: string;
    readonly verify?: boolean;
  };
  readonly sasl?: ClusterSasl;
  readonly connectTimeoutMs?: number;
  readonly requestTimeoutMs?: number;
}

/**
 * The cluster of that name; or, where the name is `host:port` or several with commas, the one at those addresses.
 *
 * @param base folder that relative paths of the file start at.
 * @throws SrgitError SRGIT_CONFIG_MISSING for an unknown name, SRGIT_CONFIG_INVALID where settings do not fit together.
 */
export function clusterSettings(
  name: string,
  clusters: Readonly<Record<string, RawCluster>>,
  base: string,
  refuse: Refuse = stopAtFirst,
): ClusterSettings {
  const raw = Object.hasOwn(clusters, name) ? clusters[name] : undefined;
  const at = ['kafka', name];
  if (raw === undefined) {
    if (name.includes(':')) return { bootstrapServers: addresses(name, name, refuse, at), client: 'platformatic' };
    const names = Object.keys(clusters);
    const nearest = nearestName(name, names);
    const known = names.join(', ') || 'none; list it under `kafka:` in srgit.yaml, or give host:port';
    throw new SrgitError('SRGIT_CONFIG_MISSING', `no Kafka cluster ${JSON.stringify(name)} is configured`, {
      hint: nearest === undefined ? `Known: ${known}.` : `Did you mean ${JSON.stringify(nearest)}?`,
    });
  }
  if ((list(raw.bootstrap_servers) ?? []).length === 0) {
    refuse(invalid(name, 'bootstrap_servers is missing', 'Write host:port, for example broker-1:9092.'), at);
  }
  const { security = {}, connect_timeout_seconds: connect, request_timeout_seconds: request } = raw;
  const protocol = security.protocol ?? impliedProtocol(raw);
  const tls = protocol.endsWith('SSL') ? tlsSettings(raw.tls, base, refuse, [...at, 'tls']) : undefined;
  const sasl = protocol.startsWith('SASL') ? saslSettings(name, security, refuse) : undefined;
  if (!protocol.startsWith('SASL') && (security.mechanism ?? security.username) !== undefined) {
    refuse(
      invalid(name, `it has credentials, but protocol ${protocol} sends none`, 'Use SASL_SSL or SASL_PLAINTEXT.'),
      [...at, 'security'],
    );
  }
  if (tls === undefined && raw.tls !== undefined) {
    refuse(invalid(name, `it has tls settings, but protocol ${protocol} has no TLS`, 'Use SSL or SASL_SSL.'), [
      ...at,
      'tls',
    ]);
  }
  return {
    name,
    bootstrapServers: (list(raw.bootstrap_servers) ?? []).flatMap((text) =>
      addresses(text, name, refuse, [...at, 'bootstrap_servers']),
    ),
    client: raw.client ?? 'platformatic',
    ...(raw.client_id === undefined ? {} : { clientId: raw.client_id }),
    ...(tls === undefined ? {} : { tls }),
    ...(sasl === undefined ? {} : { sasl }),
    ...(connect === undefined ? {} : { connectTimeoutMs: Math.round(connect * 1000) }),
    ...(request === undefined ? {} : { requestTimeoutMs: Math.round(request * 1000) }),
  };
}

function impliedProtocol({ security, tls }: RawCluster): NonNullable<NonNullable<RawCluster['security']>['protocol']> {
  const hasSasl = (security?.mechanism ?? security?.username ?? security?.token) !== undefined;
  if (tls !== undefined) return hasSasl ? 'SASL_SSL' : 'SSL';
  return hasSasl ? 'SASL_PLAINTEXT' : 'PLAINTEXT';
}

/** `host:port`, `[::1]:9092`; several with commas, as Kafka's own tools take them. */
function addresses(text: string, name: string, refuse: Refuse, at: readonly string[]): readonly string[] {
  return text.split(',').map((part) => {
    const address = part.trim();
    const port = Number(/^(?:\[[0-9a-fA-F:.]+\]|[^\s:/@]+):([0-9]{1,5})$/.exec(address)?.[1]);
    if (port > 0 && port < 65_536) return address;
    // Everything up to the last @ may be a password.
    const shown = JSON.stringify(address.replace(/^.*@/s, '***@'));
    refuse(invalid(name, `${shown} is not an address`, 'Write host:port, for example broker-1:9092.'), at);
    return address;
  });
}

function saslSettings(name: string, security: NonNullable<RawCluster['security']>, refuse: Refuse): ClusterSasl {
  const required = (value: string | undefined, key: string): string => {
    if (value !== undefined && value !== '') return value;
    refuse(invalid(name, `security.${key} is missing`, 'Set it in srgit.yaml.'), ['kafka', name, 'security', key]);
    return '';
  };
  const mechanism = security.mechanism ?? (security.username === undefined ? 'OAUTHBEARER' : 'PLAIN');
  if (mechanism === 'GSSAPI') {
    refuse(
      invalid(name, 'srgit does not speak GSSAPI (Kerberos)', 'Let the broker take SCRAM, OAuth or certificates.'),
      ['kafka', name, 'security', 'mechanism'],
    );
    return { mechanism: 'OAUTHBEARER', token: '' };
  }
  if (mechanism !== 'OAUTHBEARER') {
    return {
      mechanism,
      username: required(security.username, 'username'),
      password: required(security.password, 'password'),
    };
  }
  if (security.token_url === undefined) return { mechanism, token: required(security.token, 'token or token_url') };
  return {
    mechanism,
    tokenUrl: security.token_url,
    clientId: required(security.client_id, 'client_id'),
    clientSecret: required(security.client_secret, 'client_secret'),
    ...(security.scope === undefined ? {} : { scope: security.scope }),
  };
}

function tlsSettings(
  raw: RawCluster['tls'],
  base: string,
  refuse: Refuse,
  at: readonly string[],
): NonNullable<ClusterSettings['tls']> {
  const pem = (key: 'ca_cert' | 'client_cert' | 'client_key'): string | undefined => {
    const file = raw?.[key];
    if (file === undefined) return undefined;
    return readText(isAbsolute(file) ? file : resolve(base, file), 'SRGIT_CONFIG_INVALID', refuse, [...at, key]);
  };
  const caCert = pem('ca_cert');
  const clientCert = pem('client_cert');
  const clientKey = pem('client_key');
  const passphrase = raw?.client_key_password;
  if ((raw?.client_cert === undefined) !== (raw?.client_key === undefined)) {
    refuse(
      new SrgitError('SRGIT_CONFIG_INVALID', 'a client certificate needs its key, and a key its certificate', {
        hint: 'Set both tls.client_cert and tls.client_key.',
      }),
      at,
    );
  }
  return {
    ...(caCert === undefined ? {} : { caCert }),
    ...(clientCert === undefined ? {} : { clientCert }),
    ...(clientKey === undefined ? {} : { clientKey }),
    ...(passphrase === undefined ? {} : { passphrase }),
    ...(raw?.verify === undefined ? {} : { verify: raw.verify }),
  };
}

function invalid(name: string, why: string, hint: string): SrgitError {
  return new SrgitError('SRGIT_CONFIG_INVALID', `Kafka cluster ${JSON.stringify(name)}: ${why}`, { hint });
}
