/** How a Kafka cluster is reached: a section of `kafka:`, validated, certificates read. */
import { isAbsolute, resolve } from 'node:path';
import { SrgitError } from '../errors.ts';
import { nearestName } from './nearest-name.ts';
import type { RawCluster } from './raw-config.ts';
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
): ClusterSettings {
  const raw = Object.hasOwn(clusters, name) ? clusters[name] : undefined;
  if (raw === undefined) {
    if (name.includes(':')) return { bootstrapServers: addresses(name, name), client: 'platformatic' };
    const names = Object.keys(clusters);
    const nearest = nearestName(name, names);
    const known = names.join(', ') || 'none; list it under `kafka:` in srgit.yaml, or give host:port';
    throw new SrgitError('SRGIT_CONFIG_MISSING', `no Kafka cluster ${JSON.stringify(name)} is configured`, {
      hint: nearest === undefined ? `Known: ${known}.` : `Did you mean ${JSON.stringify(nearest)}?`,
    });
  }
  const { security = {}, connect_timeout_seconds: connect, request_timeout_seconds: request } = raw;
  const protocol = security.protocol ?? impliedProtocol(raw);
  const tls = protocol.endsWith('SSL') ? tlsSettings(raw.tls, base) : undefined;
  const sasl = protocol.startsWith('SASL') ? saslSettings(name, security) : undefined;
  if (!protocol.startsWith('SASL') && (security.mechanism ?? security.username) !== undefined) {
    throw invalid(name, `it has credentials, but protocol ${protocol} sends none`, 'Use SASL_SSL or SASL_PLAINTEXT.');
  }
  if (tls === undefined && raw.tls !== undefined) {
    throw invalid(name, `it has tls settings, but protocol ${protocol} has no TLS`, 'Use SSL or SASL_SSL.');
  }
  return {
    name,
    bootstrapServers: (list(raw.bootstrap_servers) ?? []).flatMap((text) => addresses(text, name)),
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
function addresses(text: string, name: string): readonly string[] {
  return text.split(',').map((part) => {
    const address = part.trim();
    const port = Number(/^(?:\[[0-9a-fA-F:.]+\]|[^\s:/@]+):([0-9]{1,5})$/.exec(address)?.[1]);
    if (port > 0 && port < 65_536) return address;
    // Everything up to the last @ may be a password.
    const shown = JSON.stringify(address.replace(/^.*@/s, '***@'));
    throw invalid(name, `${shown} is not an address`, 'Write host:port, for example broker-1:9092.');
  });
}

function saslSettings(name: string, security: NonNullable<RawCluster['security']>): ClusterSasl {
  const required = (value: string | undefined, key: string): string => {
    if (value !== undefined && value !== '') return value;
    throw invalid(name, `security.${key} is missing`, 'Set it in srgit.yaml.');
  };
  const mechanism = security.mechanism ?? (security.username === undefined ? 'OAUTHBEARER' : 'PLAIN');
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

function tlsSettings(raw: RawCluster['tls'], base: string): NonNullable<ClusterSettings['tls']> {
  const pem = (file: string | undefined): string | undefined =>
    file === undefined ? undefined : readText(isAbsolute(file) ? file : resolve(base, file), 'SRGIT_CONFIG_INVALID');
  const caCert = pem(raw?.ca_cert);
  const clientCert = pem(raw?.client_cert);
  const clientKey = pem(raw?.client_key);
  const passphrase = raw?.client_key_password;
  if ((clientCert === undefined) !== (clientKey === undefined)) {
    throw new SrgitError('SRGIT_CONFIG_INVALID', 'a client certificate needs its key, and a key its certificate', {
      hint: 'Set both tls.client_cert and tls.client_key.',
    });
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
