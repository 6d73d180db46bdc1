/**
 * Text as bytes. UTF-8, but for one thing: a registry can hold text with lone surrogates (Confluent 8.3.1 was seen to),
 * which UTF-8 cannot say. Such text is written as WTF-8 (https://simonsapin.github.io/wtf-8/), a lone surrogate as
 * three bytes, so that nothing is lost.
 */

import { hash } from 'node:crypto';

/** Bytes of a text; equal texts have equal bytes and different texts different ones. */
export function encodeText(text: string): Buffer {
  if (text.isWellFormed()) return Buffer.from(text, 'utf8');
  const parts: Buffer[] = [];
  for (const part of text.split(LONE_SURROGATE)) {
    const code = part.charCodeAt(0);
    const lone = part.length === 1 && code >= 0xd800 && code <= 0xdfff;
    parts.push(
      lone ? Buffer.from([0xed, 0x80 | ((code >> 6) & 0x3f), 0x80 | (code & 0x3f)]) : Buffer.from(part, 'utf8'),
    );
  }
  return Buffer.concat(parts);
}

/** The text behind bytes written by `encodeText`. Other invalid sequences become U+FFFD. */
export function decodeText(bytes: Uint8Array): string {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const text = buffer.toString('utf8');
  if (!text.includes('\uFFFD')) return text;
  let out = '';
  let from = 0;
  for (let at = buffer.indexOf(0xed); at >= 0; at = buffer.indexOf(0xed, at + 1)) {
    const second = buffer[at + 1] ?? 0;
    const third = buffer[at + 2] ?? 0;
    if (second < 0xa0 || second > 0xbf || third < 0x80 || third > 0xbf) continue;
    out += buffer.toString('utf8', from, at) + String.fromCharCode(0xd000 | ((second & 0x3f) << 6) | (third & 0x3f));
    from = at + 3;
  }
  return out + buffer.toString('utf8', from);
}

/** SHA-256 of a text's bytes, lower-case hex. */
export function sha256Of(text: string | Uint8Array): string {
  return hash('sha256', typeof text === 'string' && !text.isWellFormed() ? encodeText(text) : text);
}

const LONE_SURROGATE = /([\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF])/;
