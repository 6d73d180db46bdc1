/** The address of one node, with its credentials taken out of everything that is shown. */
import { SrgitError } from '../errors.ts';

export interface BaseUrl {
  /** `https://host:port` */
  readonly origin: string;
  readonly protocol: 'http:' | 'https:';
  readonly hostname: string;
  /** As a number, the protocol's default filled in. */
  readonly port: number;
  /** Path before the registry's own, without a trailing slash; empty for none. */
  readonly prefix: string;
  /** What messages call this node: origin and prefix, never the credentials. */
  readonly shown: string;
  readonly credentials: { readonly username: string; readonly password: string } | undefined;
}

/**
 * Reads a base URL such as `https://user:secret@sr:8081/apis/ccompat/v7/`.
 * @param what what the text is, for the error
 * @throws SRGIT_CONFIG_INVALID; the text itself is not repeated, it may hold a password.
 */
export function parseBaseUrl(text: string, what = 'registry URL'): BaseUrl {
  const url = URL.parse(text.trim());
  if (url === null || (url.protocol !== 'http:' && url.protocol !== 'https:') || url.hostname === '') {
    throw new SrgitError('SRGIT_CONFIG_INVALID', `the ${what} is not an http:// or https:// URL`, {
      hint: 'Write it as https://host:port, with a path where there is one.',
    });
  }
  const prefix = url.pathname.replace(/\/+$/, '');
  return {
    origin: url.origin,
    protocol: url.protocol,
    hostname: url.hostname,
    port: Number(url.port) || (url.protocol === 'https:' ? 443 : 80),
    prefix,
    shown: url.origin + prefix,
    credentials:
      url.username === '' && url.password === ''
        ? undefined
        : { username: decodeUserInfo(url.username), password: decodeUserInfo(url.password) },
  };
}

/** A `%` that begins no escape stands for itself, as in curl: passwords are often pasted as they are. */
function decodeUserInfo(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
