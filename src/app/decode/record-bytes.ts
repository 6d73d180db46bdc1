/** A record's bytes as people have them at hand: hex or base64 from a log line, a file, a pipe. */
import { SrgitError } from '../../errors.ts';
import type { RecordHeader } from '../../records/decode-frame.ts';

export const BYTE_FORMS = ['auto', 'hex', 'base64', 'raw'] as const;
export type ByteForm = (typeof BYTE_FORMS)[number];

/** No broker takes a larger record by default, by far. */
export const MOST_RECORD_BYTES = 64 * 1024 * 1024;

export interface GivenBytes {
  readonly bytes: Buffer;
  /** What they were taken for. */
  readonly form: Exclude<ByteForm, 'auto'>;
}

/**
 * Text that a person typed or pasted. `auto` takes what is hex for hex, and everything else for base64.
 *
 * @throws SrgitError SRGIT_USAGE
 */
export function bytesFromText(text: string, form: ByteForm = 'auto'): GivenBytes {
  if (form === 'raw') return checkSize({ bytes: Buffer.from(text, 'utf8'), form });
  const hex = form === 'base64' ? undefined : readHex(text);
  if (hex !== undefined) return checkSize({ bytes: hex, form: 'hex' });
  const base64 = form === 'hex' ? undefined : readBase64(text);
  if (base64 !== undefined) return checkSize({ bytes: base64, form: 'base64' });
  throw new SrgitError('SRGIT_USAGE', `the record is ${form === 'auto' ? 'neither hex nor base64' : `no ${form}`}`, {
    hint: 'Give its bytes as hex (00000000010a…), as base64, as @FILE, or - to read them from a pipe.',
  });
}

/** A file or a pipe. `auto`: text that is hex, or base64 of a frame, for that; everything else for the bytes themselves. */
export function bytesFromFile(content: Buffer, form: ByteForm = 'auto'): GivenBytes {
  if (form === 'raw') return checkSize({ bytes: content, form });
  if (form !== 'auto') return bytesFromText(content.toString('latin1'), form);
  if (content.length > 0 && !content.some((byte) => byte >= 0x7f || (byte < 0x20 && (byte < 0x09 || byte > 0x0d)))) {
    const text = content.toString('latin1');
    const hex = readHex(text);
    if (hex !== undefined) return checkSize({ bytes: hex, form: 'hex' });
    const base64 = readBase64(text);
    // Any short word is base64 of something: only what makes a frame is taken for it.
    if (base64?.[0] === 0 || base64?.[0] === 1 || base64?.[0] === 3)
      return checkSize({ bytes: base64, form: 'base64' });
  }
  return checkSize({ bytes: content, form: 'raw' });
}

/**
 * `NAME=VALUE` with the value in hex or base64, `NAME=text:VALUE` for text.
 *
 * @throws SrgitError SRGIT_USAGE
 */
export function parseRecordHeader(text: string): RecordHeader {
  const at = text.indexOf('=');
  if (at < 1) {
    throw new SrgitError('SRGIT_USAGE', `--record-header ${JSON.stringify(text)} is not NAME=VALUE`, {
      hint: 'For example __value_schema_id=01…, the value in hex or base64.',
    });
  }
  const value = text.slice(at + 1);
  const name = text.slice(0, at);
  if (value.startsWith('text:')) return { name, value: Buffer.from(value.slice(5), 'utf8') };
  return { name, value: bytesFromText(value).bytes };
}

/** With `0x`, `\x`, blanks, colons or commas between, as tools print it. */
function readHex(text: string): Buffer | undefined {
  const digits = text.replace(/0x|\\x|[\s:,]/gi, '');
  return digits.length % 2 === 0 && /^[0-9a-f]*$/i.test(digits) ? Buffer.from(digits, 'hex') : undefined;
}

function readBase64(text: string): Buffer | undefined {
  const digits = text.replace(/\s/g, '');
  const bare = digits.replace(/={1,2}$/, '');
  if (!/^[A-Za-z0-9+/_-]*$/.test(bare) || bare.length % 4 === 1) return undefined;
  return Buffer.from(bare, 'base64');
}

function checkSize(given: GivenBytes): GivenBytes {
  if (given.bytes.length <= MOST_RECORD_BYTES) return given;
  throw tooLarge();
}

export function tooLarge(): SrgitError {
  return new SrgitError('SRGIT_USAGE', `the record has more than ${MOST_RECORD_BYTES / 1024 / 1024} MiB`, {
    hint: 'Give one record: what is there may be a whole file of them. `srgit scan` reads those.',
  });
}
