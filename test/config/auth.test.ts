import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadConfig } from '../../src/config/load-config.ts';
import { configError, folderWith } from './support.ts';

function load(registry: string, env: NodeJS.ProcessEnv = {}, flags = {}) {
  const folder = folderWith(`registries:\n  a:\n    url: http://a\n${registry.replace(/^(?=.)/gm, '    ')}`);
  writeFileSync(join(folder, 'cert.pem'), 'CERT');
  writeFileSync(join(folder, 'key.pem'), 'KEY');
  return loadConfig(flags, env, folder).registry;
}

const OAUTH = 'token_url: http://t, client_id: c, client_secret: s';

describe('authentication', () => {
  it.each([
    ['', {}, { type: 'none' }],
    ['auth: { type: none }', {}, { type: 'none' }],
    ['auth: { type: basic, username: u, password: p }', {}, { type: 'basic', username: 'u', password: 'p' }],
    ['auth: { username: u, password: p }', {}, { type: 'basic', username: 'u', password: 'p' }],
    ['auth: { type: basic, username: u }', { SRGIT_PASSWORD: 'e' }, { type: 'basic', username: 'u', password: 'e' }],
    ['', { SRGIT_USERNAME: 'u', SRGIT_PASSWORD: 'p' }, { type: 'basic', username: 'u', password: 'p' }],
    ['auth: { type: bearer, token: t }', {}, { type: 'bearer', token: 't' }],
    ['auth: { token: t }', {}, { type: 'bearer', token: 't' }],
    ['', { SRGIT_TOKEN: 't' }, { type: 'bearer', token: 't' }],
    // The environment beats the file in the kind, too.
    ['auth: { type: basic, username: u, password: p }', { SRGIT_TOKEN: 't' }, { type: 'bearer', token: 't' }],
    [
      'auth: { type: bearer, token: t }',
      { SRGIT_USERNAME: 'u', SRGIT_PASSWORD: 'p' },
      { type: 'basic', username: 'u', password: 'p' },
    ],
    [`auth: { type: oauth, ${OAUTH} }`, {}, { type: 'oauth', tokenUrl: 'http://t', clientId: 'c', clientSecret: 's' }],
    [
      `auth: { ${OAUTH}, scope: x, logical_cluster: lsrc-1, identity_pool_id: pool-1 }`,
      {},
      {
        type: 'oauth',
        tokenUrl: 'http://t',
        clientId: 'c',
        clientSecret: 's',
        scope: 'x',
        logicalCluster: 'lsrc-1',
        identityPoolId: 'pool-1',
      },
    ],
  ])('%s with %j', (registry, env, expected) => {
    expect(load(registry, env)?.auth).toEqual(expected);
  });

  it('takes --username with the password of the environment', () => {
    expect(load('auth: { type: bearer, token: t }', { SRGIT_PASSWORD: 'p' }, { username: 'me' })?.auth).toEqual({
      type: 'basic',
      username: 'me',
      password: 'p',
    });
  });

  it.each([
    ['auth: { type: basic, username: u }', 'auth.password (or SRGIT_PASSWORD) is missing'],
    ['auth: { password: p }', 'auth.username (or SRGIT_USERNAME) is missing'],
    ['auth: { type: bearer }', 'auth.token (or SRGIT_TOKEN) is missing'],
    ['auth: { type: oauth }', 'auth.token_url is missing'],
    ['auth: { token_url: http://t, client_id: c }', 'auth.client_secret is missing'],
    ['auth: { type: mtls }', 'tls.client_cert (or SRGIT_CLIENT_CERT) is missing'],
    ['tls: { client_cert: cert.pem }', 'a client certificate needs its key, and a key its certificate'],
    ['tls: { client_key: key.pem }', 'a client certificate needs its key, and a key its certificate'],
  ])('%s: %s', (registry, message) => {
    expect(configError(() => load(registry))).toMatchObject({ code: 'SRGIT_CONFIG_INVALID', message });
  });

  it('reads certificates, with mtls and beside any other kind', () => {
    const tls = 'tls: { ca_cert: cert.pem, client_cert: cert.pem, client_key: key.pem, client_key_password: x }';
    const expected = { caCert: 'CERT', clientCert: 'CERT', clientKey: 'KEY', passphrase: 'x' };
    expect(load(`auth: { type: mtls }\n${tls}`)).toMatchObject({ auth: { type: 'mtls' }, tls: expected });
    expect(load(`auth: { token: t }\n${tls}`)).toMatchObject({ auth: { type: 'bearer' }, tls: expected });
    expect(load(tls, { SRGIT_CLIENT_KEY_PASSWORD: 'env' })?.tls.passphrase).toBe('env');
  });

  it('names a certificate that cannot be read', () => {
    expect(configError(() => load('tls: { ca_cert: gone.pem }'))).toMatchObject({
      code: 'SRGIT_CONFIG_INVALID',
      message: expect.stringMatching(/gone\.pem cannot be read: ENOENT$/),
    });
    expect(configError(() => load('', { SRGIT_CA_CERT: '/nowhere/ca.pem' })).message).toContain('/nowhere/ca.pem');
  });
});
