/**
 * Karapace's first and second backup formats. The first is one JSON document of pairs; the second has a line `/V2`, then
 * `KEY<tab>VALUE` in hexadecimal digits, or `null`. Neither has offsets, times or headers; both are the topic's records in
 * order.
 */
import { SrgitError } from '../../errors.ts';
import { isJsonObject } from '../../model/json.ts';
import type { TopicRecord } from '../../semantics/topic/topic-record.ts';

export const V2_MARKER = '/V2\n';

/** @throws SrgitError SRGIT_ARCHIVE_INVALID */
export function* readV1(bytes: Buffer, file: string): Generator<TopicRecord> {
  let pairs: unknown;
  try {
    pairs = JSON.parse(bytes.toString('utf8'));
  } catch (cause) {
    throw invalid(file, 'is no backup of Karapace: it begins with neither /V2 nor /V3, and is no JSON document', cause);
  }
  if (!Array.isArray(pairs)) throw invalid(file, 'is no backup of Karapace: its JSON document is no list of pairs');
  for (const [at, pair] of pairs.entries()) {
    if (!Array.isArray(pair) || pair.length !== 2) throw invalid(file, `has no pair of key and value at number ${at}`);
    yield { offset: BigInt(at), timestamp: 0, key: part(pair[0]), value: part(pair[1]) };
  }
}

/** Objects are written as Karapace writes them to a topic; texts are what they say. */
function part(item: unknown): Buffer | null {
  if (item === null || item === 'null') return null;
  if (isJsonObject(item)) return Buffer.from(JSON.stringify(item));
  return Buffer.from(String(item));
}

/** @throws SrgitError SRGIT_ARCHIVE_INVALID naming the line */
export function* readV2(bytes: Buffer, file: string): Generator<TopicRecord> {
  let start = V2_MARKER.length;
  for (let line = 2; start < bytes.length; line++) {
    const newline = bytes.indexOf(0x0a, start);
    const end = newline < 0 ? bytes.length : newline;
    const text = bytes.toString('latin1', start, end).replace(/\r$/, '');
    start = end + 1;
    if (text === '') continue;
    const [key, value, more] = text.split('\t');
    if (key === undefined || value === undefined || more !== undefined || newline < 0) {
      throw invalid(file, `line ${line} is no key and value${newline < 0 ? ': the file ends inside it' : ''}`);
    }
    const place = `line ${line}`;
    yield { offset: BigInt(line - 2), timestamp: 0, key: hex(key, file, place), value: hex(value, file, place) };
  }
}

function hex(text: string, file: string, place: string): Buffer | null {
  if (text === 'null') return null;
  if (text.length % 2 !== 0 || !/^[0-9A-Fa-f]*$/.test(text)) throw invalid(file, `${place} is not hexadecimal`);
  return Buffer.from(text, 'hex');
}

function invalid(file: string, what: string, cause?: unknown): SrgitError {
  return new SrgitError('SRGIT_ARCHIVE_INVALID', `${file} ${what}`, { cause });
}
