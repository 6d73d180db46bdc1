/** The Authorization header, and what goes with it. */
import type { BaseUrl } from './base-url.ts';
import { basicCredentials } from './credentials.ts';
import type { OAuthTokens } from './oauth.ts';
import type { AuthOptions, RegistryClientOptions } from './options.ts';

export interface Auth {
  /** Header names and values in turn, the same for every request to this node. */
  readonly fixedHeaders: readonly string[];
  /** Where the Authorization header changes over time. */
  readonly tokens: OAuthTokens | undefined;
}

/**
 * How to authenticate at a node. Settings win over credentials in its URL; a node whose URL has none gets those of
 * `fallback`, the first that has: the URLs name nodes of one registry.
 */
export function authFor(
  node: BaseUrl,
  auth: AuthOptions | undefined,
  fallback: BaseUrl['credentials'],
  tokens: OAuthTokens | undefined,
): Auth {
  switch (auth?.type) {
    case 'basic':
      return { fixedHeaders: ['authorization', basicCredentials(auth)], tokens: undefined };
    case 'bearer':
      return { fixedHeaders: ['authorization', `Bearer ${auth.token.trim()}`], tokens: undefined };
    case 'oauth': {
      const headers: string[] = [];
      if (auth.logicalCluster !== undefined) headers.push('target-sr-cluster', auth.logicalCluster);
      if (auth.identityPoolId !== undefined) headers.push('Confluent-Identity-Pool-Id', auth.identityPoolId);
      return { fixedHeaders: headers, tokens };
    }
    default: {
      const credentials = node.credentials ?? fallback;
      const headers = credentials === undefined ? [] : ['authorization', basicCredentials(credentials)];
      return { fixedHeaders: headers, tokens: undefined };
    }
  }
}

/** Every text that must not be shown, in the forms in which a server could echo it. */
export function secretsOf(
  options: Pick<RegistryClientOptions, 'auth' | 'headers' | 'proxy' | 'tls'>,
  urls: readonly BaseUrl[],
): string[] {
  const { auth, headers = {}, proxy, tls } = options;
  const secrets: string[] = [];
  const addPair = (username: string, password: string): void => {
    const encoded = basicCredentials({ username, password }).slice('Basic '.length);
    secrets.push(password, encodeURIComponent(password), encoded);
  };
  const proxies = [proxy?.http, proxy?.https].map((text) => (text === undefined ? null : URL.parse(text)));
  for (const url of proxies) if (url !== null) secrets.push(url.password);
  for (const { credentials } of urls) {
    if (credentials !== undefined) addPair(credentials.username, credentials.password);
  }
  if (auth?.type === 'basic') addPair(auth.username, auth.password);
  if (auth?.type === 'bearer') secrets.push(auth.token.trim());
  if (auth?.type === 'oauth') addPair(auth.clientId, auth.clientSecret);
  if (tls?.passphrase !== undefined) secrets.push(tls.passphrase);
  for (const [name, value] of Object.entries(headers)) if (SECRET_HEADER.test(name)) secrets.push(value);
  return secrets;
}

const SECRET_HEADER = /auth|key|token|secret|cookie|password|credential/i;
