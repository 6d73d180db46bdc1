/** How callers of the library name a registry, and what is made of it. */
import type { AuthSettings, ProxySettings, RegistrySettings, TlsSettings } from '../config/types.ts';
import { SrgitError } from '../errors.ts';

/** A registry and how to reach it. Nothing is read from the environment or from srgit.yaml. */
export interface RegistryOptions {
  /** `https://host:port`, with the path where there is one; of several nodes all of them. May hold `user:password@`. */
  readonly url: string | readonly string[];
  /** What plans and id maps call it; its host where it has no name. */
  readonly name?: string;
  readonly auth?: AuthSettings;
  /** PEM texts, not files. */
  readonly tls?: TlsSettings;
  /** Sent with every request. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly proxy?: ProxySettings;
  /** Most requests at once. */
  readonly concurrency?: number;
  /** Milliseconds to wait for an answer's headers, and for its body. */
  readonly timeoutMs?: number;
}

/** The URL alone, or with what is needed to reach it. */
export type RegistryTarget = string | RegistryOptions;

/** @throws SrgitError SRGIT_USAGE where there is no URL; one that is wrong is refused when it is connected to. */
export function registrySettings(target: RegistryTarget): RegistrySettings {
  const options: RegistryOptions = typeof target === 'string' ? { url: target } : target;
  const { url, name, auth, tls, headers, proxy, concurrency, timeoutMs } = options;
  const urls = typeof url === 'string' ? [url] : [...url];
  if (urls.length === 0) {
    throw new SrgitError('SRGIT_USAGE', 'a registry needs at least one URL', {
      hint: 'Give it as a text, or as { url }.',
    });
  }
  return {
    ...(name === undefined ? {} : { name }),
    urls,
    auth: auth ?? { type: 'none' },
    tls: tls ?? {},
    headers: headers ?? {},
    proxy: proxy ?? {},
    ...(concurrency === undefined ? {} : { concurrency }),
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
  };
}
