/**
 * The users of a server with basic authentication: a file of `name:secret` lines.
 *
 * A secret is `{SCRYPT}N,r,p,salt,hash` (salt and hash in base64), `{SHA256}` and 64 hex digits, `{PLAIN}` and the
 * password, or the password alone. Nothing of a secret is ever part of a message.
 */
import { createHash, createHmac, randomBytes, scrypt, timingSafeEqual } from 'node:crypto';
import { SrgitError } from '../errors.ts';

type Check = (password: string) => boolean | Promise<boolean>;

export type UserTable = ReadonlyMap<string, Check>;

/**
 * @param text the file's content: one user a line; empty lines and those that begin with `#` are left out.
 * @param file its name, for messages.
 * @throws SrgitError SRGIT_CONFIG_INVALID that names the line, never what is on it.
 */
export function parseUsers(text: string, file: string): UserTable {
  const users = new Map<string, Check>();
  for (const [index, line] of text
    .replace(/^\ufeff/, '')
    .split('\n')
    .entries()) {
    const entry = line.replace(/\r$/, '');
    if (entry.trim() === '' || entry.startsWith('#')) continue;
    const colon = entry.indexOf(':');
    const name = entry.slice(0, colon);
    const check = colon > 0 ? readSecret(entry.slice(colon + 1)) : undefined;
    if (check === undefined) {
      throw new SrgitError('SRGIT_CONFIG_INVALID', `${file}, line ${index + 1}: not a user and a secret`, {
        hint: 'A line is name:secret; a secret is {SCRYPT}N,r,p,salt,hash, {SHA256}hex or a password.',
      });
    }
    if (users.has(name)) {
      throw new SrgitError('SRGIT_CONFIG_INVALID', `${file}, line ${index + 1}: the user was named before`);
    }
    users.set(name, check);
  }
  if (users.size === 0) {
    throw new SrgitError('SRGIT_CONFIG_INVALID', `${file} names no user`, { hint: 'Add a line name:secret.' });
  }
  return users;
}

function readSecret(secret: string): Check | undefined {
  const [, scheme, rest = ''] = /^\{([A-Za-z0-9-]+)\}(.*)$/s.exec(secret) ?? [];
  if (scheme === undefined) return secret === '' ? undefined : matchesDigest(digest(secret));
  switch (scheme.toUpperCase()) {
    case 'PLAIN':
      return rest === '' ? undefined : matchesDigest(digest(rest));
    case 'SHA256':
      return /^[0-9a-f]{64}$/i.test(rest.trim()) ? matchesDigest(Buffer.from(rest.trim(), 'hex')) : undefined;
    case 'SCRYPT':
      return readScrypt(rest.trim());
    default:
      return undefined;
  }
}

const digest = (text: string): Buffer => createHash('sha256').update(text, 'utf8').digest();

/** Compared by hash: equal lengths, and no hint in the time it takes. */
function matchesDigest(expected: Buffer): Check {
  return (password) => timingSafeEqual(digest(password), expected);
}

/** Bounds for the work that one line of the file can ask for: 1 GiB. */
const MAX_SCRYPT_BYTES = 1024 * 1024 * 1024;

function readScrypt(text: string): Check | undefined {
  const [n, r, p, salt, hash, ...more] = text.split(',');
  const [cost, blockSize, parallelization] = [Number(n), Number(r), Number(p)];
  const expected = Buffer.from(hash ?? '', 'base64');
  const saltBytes = Buffer.from(salt ?? '', 'base64');
  const isPowerOfTwo = Number.isInteger(cost) && cost > 1 && Number.isInteger(Math.log2(cost));
  const isSize = (value: number): boolean => Number.isInteger(value) && value > 0 && value <= 64;
  if (more.length > 0 || !isPowerOfTwo || !isSize(blockSize) || !isSize(parallelization)) return undefined;
  const maxmem = 128 * cost * blockSize + 128 * blockSize * parallelization + 1024 * 1024;
  if (expected.length < 16 || saltBytes.length < 8 || maxmem > MAX_SCRYPT_BYTES) return undefined;
  return (password) =>
    new Promise((resolve, reject) => {
      const options = { cost, blockSize, parallelization, maxmem };
      scrypt(password, saltBytes, expected.length, options, (error, key) => {
        if (error) reject(error);
        else resolve(timingSafeEqual(key, expected));
      });
    });
}

/** Verified `Authorization` headers kept, so that not every request pays for a slow hash. */
const KEPT = 1000;

/** Who a request is from. */
export class Authenticator {
  readonly #users: UserTable;
  /** Kept headers are known by a keyed hash only. */
  readonly #key = randomBytes(32);
  readonly #verified = new Map<string, string>();

  constructor(users: UserTable) {
    this.#users = users;
  }

  /** The user's name; undefined for missing, unreadable and wrong credentials. */
  authenticate(authorization: string | undefined): string | undefined | Promise<string | undefined> {
    const [, encoded] = /^basic +([A-Za-z0-9+/=_-]+) *$/i.exec(authorization ?? '') ?? [];
    if (encoded === undefined) return undefined;
    const kept = createHmac('sha256', this.#key).update(encoded).digest('base64');
    return this.#verified.get(kept) ?? this.#verify(encoded, kept);
  }

  async #verify(encoded: string, kept: string): Promise<string | undefined> {
    const credentials = Buffer.from(encoded, 'base64').toString('utf8');
    const colon = credentials.indexOf(':');
    if (colon < 0) return undefined;
    const name = credentials.slice(0, colon);
    const known = this.#users.get(name);
    // For an unknown name the same work is done with some user's check, so that the time does not tell names.
    const [stand] = this.#users.values();
    const matches = (await (known ?? stand)?.(credentials.slice(colon + 1))) === true;
    if (known === undefined || !matches) return undefined;
    const [oldest] = this.#verified.keys();
    if (this.#verified.size >= KEPT && oldest !== undefined) this.#verified.delete(oldest);
    this.#verified.set(kept, name);
    return name;
  }
}
