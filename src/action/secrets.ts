/** What must never be read by anybody: told to the runner, and taken out of what goes where the runner does not look. */
import { getInput, setSecret } from '@actions/core';
import type { Config } from '../config/types.ts';

/** Of shorter ones every other word would be hidden. */
const SHORTEST = 4;

const SECRET_INPUTS = ['password', 'token', 'client-key-password', 'github-token'] as const;

/** Nobody should write a password into these, but an address may have one. */
const PLACES = ['remote', 'from', 'to'] as const;

/** A log is scrubbed by the runner; a comment is not, so that secrets are taken out of it here. */
export class Secrets {
  readonly #known = new Set<string>();

  /** Everything secret among the inputs, before anything is said about them. */
  maskInputs(): void {
    for (const name of SECRET_INPUTS) this.add(getInput(name));
    this.add(Buffer.from(`${getInput('username')}:${getInput('password')}`).toString('base64'), getInput('password'));
    for (const line of getInput('header').split('\n')) this.#addHeader(line.slice(line.indexOf(':') + 1));
    for (const url of getInput('url').split('\n')) this.#addUrl(url);
    for (const name of PLACES) this.#addUrl(getInput(name));
  }

  /** Those of the configuration file, and of the variables that it names. */
  maskConfig({ registry, records }: Config): void {
    if (registry !== undefined) {
      const { auth, headers, tls, urls, proxy } = registry;
      if (auth.type === 'basic') {
        this.add(auth.password);
        this.add(Buffer.from(`${auth.username}:${auth.password}`).toString('base64'));
      }
      if (auth.type === 'bearer') this.add(auth.token);
      if (auth.type === 'oauth') this.add(auth.clientSecret);
      for (const value of Object.values(headers)) this.#addHeader(value);
      this.add(tls.clientKey);
      this.add(tls.passphrase);
      for (const url of [...urls, proxy.http, proxy.https]) this.#addUrl(url ?? '');
    }
    if (records === undefined) return;
    for (const { tls, sasl } of records.clusters.values()) {
      this.add(tls?.clientKey);
      this.add(tls?.passphrase);
      if (sasl === undefined) continue;
      if ('password' in sasl) this.add(sasl.password);
      if ('token' in sasl) this.add(sasl.token);
      if ('clientSecret' in sasl) this.add(sasl.clientSecret);
    }
    const { storage } = records;
    if (storage?.backend === 's3') {
      this.add(storage.secretAccessKey);
      this.add(storage.sessionToken);
    }
  }

  /** @param where `secret` is only one if this is not empty. */
  add(secret: string | undefined, where = secret): void {
    if (secret === undefined || where === undefined || where.trim() === '') return;
    for (const text of [secret, ...secret.split('\n')]) {
      const plain = text.trim();
      if (plain === '' || this.#known.has(plain)) continue;
      // Lines of a PEM file that frame it are in every PEM file.
      if (plain !== secret.trim() && /^-----/.test(plain)) continue;
      setSecret(plain);
      if (plain.length >= SHORTEST) this.#known.add(plain);
    }
  }

  /** The text without them. */
  hide(text: string): string {
    let hidden = text;
    // A longer one may hold a shorter one.
    for (const secret of [...this.#known].sort((a, b) => b.length - a.length)) {
      hidden = hidden.replaceAll(secret, '***');
    }
    return hidden;
  }

  /** `Bearer abc`: the whole, and what comes after the scheme. */
  #addHeader(value: string): void {
    const plain = value.trim();
    // Names of clusters and teams are headers too; what is short is no key.
    if (plain.length < 16) return;
    this.add(plain);
    this.add(/^(?:Basic|Bearer|Token) +(\S+)$/i.exec(plain)?.[1]);
  }

  #addUrl(url: string): void {
    const [, user = '', password = ''] = /^[a-z]+:\/\/([^/@:\s]*):([^/@\s]*)@/i.exec(url.trim()) ?? [];
    if (password === '') return;
    this.add(password);
    this.add(decode(password));
    this.add(Buffer.from(`${decode(user)}:${decode(password)}`).toString('base64'));
  }
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
