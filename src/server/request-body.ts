/** The text of a request's body, compressed ones too. */
import { promisify } from 'node:util';
import { brotliDecompress, gunzip, inflate } from 'node:zlib';

/** Most bytes of a body, also after decompressing. Far above any schema: `_schemas` takes about 1 MiB, escaped. */
export const BODY_LIMIT = 32 * 1024 * 1024;

export const TOO_LARGE = `Request Entity Too Large: the limit is ${BODY_LIMIT} bytes`;

export type DecodedBody = { readonly text: string } | { readonly status: 400 | 413 | 415; readonly reason: string };

const DECODERS = {
  gzip: promisify<Buffer, { maxOutputLength: number }, Buffer>(gunzip),
  'x-gzip': promisify<Buffer, { maxOutputLength: number }, Buffer>(gunzip),
  deflate: promisify<Buffer, { maxOutputLength: number }, Buffer>(inflate),
  br: promisify<Buffer, { maxOutputLength: number }, Buffer>(brotliDecompress),
};

function isKnown(encoding: string): encoding is keyof typeof DECODERS {
  return Object.hasOwn(DECODERS, encoding);
}

export async function decodeBody(bytes: Buffer, contentEncoding: string | undefined): Promise<DecodedBody> {
  const encoding = contentEncoding?.trim().toLowerCase() ?? 'identity';
  if (encoding === 'identity' || encoding === '' || bytes.length === 0) return { text: bytes.toString('utf8') };
  if (!isKnown(encoding)) return { status: 415, reason: 'Unsupported Media Type' };
  try {
    return { text: (await DECODERS[encoding](bytes, { maxOutputLength: BODY_LIMIT })).toString('utf8') };
  } catch (error) {
    return error instanceof RangeError ? { status: 413, reason: TOO_LARGE } : { status: 400, reason: 'Bad Request' };
  }
}
