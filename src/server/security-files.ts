/** The files that protect a server: certificate, key, authorities, users. */
import { readFileSync, statSync } from 'node:fs';
import { createSecureContext } from 'node:tls';
import { SrgitError } from '../errors.ts';
import type { ServerTls } from './listener.ts';
import { parseUsers, type UserTable } from './users.ts';

export interface SecurityFiles {
  readonly tlsCert?: string | undefined;
  readonly tlsKey?: string | undefined;
  readonly tlsCa?: string | undefined;
  readonly requireClientCert: boolean;
  readonly authFile?: string | undefined;
}

export interface Security {
  readonly tls?: ServerTls;
  readonly users?: UserTable;
  /** What is unsafe about the files, a sentence each. */
  readonly warnings: readonly string[];
}

/**
 * Reads the files that are named.
 *
 * @throws SrgitError SRGIT_CONFIG_INVALID for what cannot be read or used. Messages never hold what is in a file.
 */
export function readSecurity(files: SecurityFiles): Security {
  const warnings: string[] = [];
  const { tlsCert, tlsKey, tlsCa, requireClientCert, authFile } = files;
  if (requireClientCert && tlsCa === undefined) {
    throw new SrgitError('SRGIT_CONFIG_INVALID', 'client certificates are required, but no authority is named', {
      hint: 'Give the file of the authority that issued them with --tls-ca.',
    });
  }
  let tls: ServerTls | undefined;
  if (tlsCert !== undefined && tlsKey !== undefined) {
    tls = {
      cert: readText(tlsCert),
      key: readText(tlsKey),
      requireClientCert,
      ...(tlsCa === undefined ? {} : { ca: readText(tlsCa) }),
    };
    checkTls(tls, files);
    warnWhenExposed(tlsKey, warnings);
  }
  if (authFile === undefined) return { ...(tls === undefined ? {} : { tls }), warnings };
  const users = parseUsers(readText(authFile), authFile);
  warnWhenExposed(authFile, warnings);
  return { ...(tls === undefined ? {} : { tls }), users, warnings };
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    const reason = cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause);
    throw new SrgitError('SRGIT_CONFIG_INVALID', `${file} cannot be read: ${reason}`, { cause, details: { file } });
  }
}

/** Found out before the server listens, with the files' names: the TLS library knows neither. */
function checkTls({ cert, key, ca }: ServerTls, { tlsCert, tlsKey, tlsCa }: SecurityFiles): void {
  try {
    createSecureContext({ cert, key, ...(ca === undefined ? {} : { ca }) });
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    const named = [tlsCert, tlsKey, tlsCa].filter((file) => file !== undefined).join(', ');
    throw new SrgitError('SRGIT_CONFIG_INVALID', `the TLS files cannot be used (${named}): ${reason}`, {
      hint: 'They must be PEM: the certificate with those above it, its key without a passphrase, the authorities.',
      cause,
    });
  }
}

function warnWhenExposed(file: string, warnings: string[]): void {
  if (process.platform === 'win32') return;
  if ((statSync(file).mode & 0o004) !== 0) warnings.push(`${file} can be read by every user of this machine`);
}
