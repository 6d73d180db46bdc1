/** X.509 certificates made at run time with node:crypto alone: an authority, and what it signs. */
import { createPublicKey, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';
import { isIP } from 'node:net';

interface Certificate {
  /** PEM */
  readonly cert: string;
  /** PEM (PKCS #8), encrypted when a passphrase was given. */
  readonly key: string;
}

export interface Authority extends Certificate {
  /** Signs a certificate for host names or addresses (a server), or for a common name (a client). */
  issue(subject: {
    readonly name: string;
    readonly hosts?: readonly string[];
    readonly notBefore?: Date;
    readonly notAfter?: Date;
    readonly passphrase?: string;
  }): Certificate;
}

const DAY_MS = 86_400_000;

export function makeAuthority(name: string): Authority {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const valid = { notBefore: new Date(Date.now() - DAY_MS), notAfter: new Date(Date.now() + DAY_MS) };
  const cert = makeCertificate({
    subject: name,
    issuer: name,
    key: privateKey,
    signer: privateKey,
    authority: true,
    hosts: [],
    ...valid,
  });
  return {
    cert,
    key: toPem('PRIVATE KEY', privateKey.export({ type: 'pkcs8', format: 'der' })),
    issue: ({ name: subject, hosts = [], notBefore = valid.notBefore, notAfter = valid.notAfter, passphrase }) => {
      const { privateKey: key } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
      const issued = { subject, issuer: name, key, signer: privateKey, authority: false, hosts, notBefore, notAfter };
      const pem =
        passphrase === undefined
          ? key.export({ type: 'pkcs8', format: 'pem' })
          : key.export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase });
      return { cert: makeCertificate(issued), key: pem.toString() };
    },
  };
}

interface Fields {
  readonly subject: string;
  readonly issuer: string;
  readonly key: KeyObject;
  readonly signer: KeyObject;
  readonly authority: boolean;
  readonly hosts: readonly string[];
  readonly notBefore: Date;
  readonly notAfter: Date;
}

/** RFC 5280, 4.1 */
function makeCertificate(fields: Fields): string {
  const algorithm = sequence(oid('1.2.840.10045.4.3.2')); // ecdsa-with-SHA256
  const extensions = [
    sequence(oid('2.5.29.19'), boolean(true), octets(fields.authority ? sequence(boolean(true)) : sequence())),
  ];
  if (fields.hosts.length > 0) {
    extensions.push(sequence(oid('2.5.29.17'), octets(sequence(...fields.hosts.map(generalName)))));
  }
  const toBeSigned = sequence(
    der(0xa0, integer(Buffer.from([2]))),
    integer(Buffer.concat([Buffer.from([1]), randomBytes(8)])),
    algorithm,
    distinguishedName(fields.issuer),
    sequence(time(fields.notBefore), time(fields.notAfter)),
    distinguishedName(fields.subject),
    createPublicKey(fields.key).export({ type: 'spki', format: 'der' }),
    der(0xa3, sequence(...extensions)),
  );
  const signature = sign('sha256', toBeSigned, fields.signer);
  return toPem('CERTIFICATE', sequence(toBeSigned, algorithm, der(0x03, Buffer.from([0]), signature)));
}

function der(tag: number, ...parts: readonly Buffer[]): Buffer {
  const content = Buffer.concat(parts);
  const length = content.length;
  const head = length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 255];
  return Buffer.concat([Buffer.from([tag, ...head]), content]);
}

const sequence = (...parts: readonly Buffer[]): Buffer => der(0x30, ...parts);
const integer = (bytes: Buffer): Buffer => der(0x02, bytes);
const boolean = (value: boolean): Buffer => der(0x01, Buffer.from([value ? 255 : 0]));
const octets = (content: Buffer): Buffer => der(0x04, content);

function oid(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number);
  const bytes = rest.flatMap((arc) => {
    const groups = [arc & 127];
    for (let left = arc >> 7; left > 0; left >>= 7) groups.unshift((left & 127) | 128);
    return groups;
  });
  return der(0x06, Buffer.from([first * 40 + second, ...bytes]));
}

function distinguishedName(commonName: string): Buffer {
  return sequence(der(0x31, sequence(oid('2.5.4.3'), der(0x0c, Buffer.from(commonName)))));
}

/** UTCTime, good until 2049. */
function time(date: Date): Buffer {
  return der(0x17, Buffer.from(`${date.toISOString().slice(2, 19).replace(/[-:T]/g, '')}Z`));
}

function generalName(host: string): Buffer {
  return isIP(host) === 4 ? der(0x87, Buffer.from(host.split('.').map(Number))) : der(0x82, Buffer.from(host));
}

function toPem(label: string, bytes: Buffer): string {
  const lines = bytes.toString('base64').replace(/(.{64})(?=.)/g, '$1\n');
  return `-----BEGIN ${label}-----\n${lines}\n-----END ${label}-----\n`;
}
