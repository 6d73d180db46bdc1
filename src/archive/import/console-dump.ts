/**
 * What `kafka-console-consumer --property print.key=true` prints of a `_schemas` topic: a line for each record, key, separator and
 * value, and before them what other print.* properties add (`CreateTime:…`, `Partition:…`, `Offset:…`, headers).
 */
import { SrgitError } from '../../errors.ts';
import type { TopicRecord } from '../../semantics/topic/topic-record.ts';
import type { SourceNote } from './imported.ts';
import { MAX_SOURCE_BYTES, readBytes } from './walk-folder.ts';

export interface ConsoleDump {
  /** Numbered by line, from 1; with the times that were printed. */
  readonly records: readonly TopicRecord[];
  readonly faults: readonly SourceNote[];
}

/** The consumer's last words, where they were redirected too. */
const LAST_WORDS = /^Processed a total of \d+ messages$/;
const TIME = /(?:^|[^A-Za-z])(?:CreateTime|LogAppendTime):(-?\d{1,16})/;
/** What may stand before a key: fields of other print.* properties, each followed by the separator. */
const FIELDS =
  /^(?:(?:CreateTime|LogAppendTime):-?\d+|NO_TIMESTAMP|Partition:\d+|Offset:\d+|Delivery:\S+?|NO_HEADERS|Epoch:\d+)/;

/**
 * @param separator what `key.separator` was; undefined: the first line tells.
 * @throws SrgitError SRGIT_ARCHIVE_MISSING, SRGIT_ARCHIVE_INVALID
 */
export async function readConsoleDump(
  file: string,
  separator: string | undefined,
  signal?: AbortSignal,
): Promise<ConsoleDump> {
  const bytes = await readBytes(file, MAX_SOURCE_BYTES, signal);
  if (bytes === undefined) {
    throw new SrgitError(
      'SRGIT_ARCHIVE_INVALID',
      `${file} has more than ${MAX_SOURCE_BYTES} bytes: no topic of schemas`,
    );
  }
  const records: TopicRecord[] = [];
  const faults: SourceNote[] = [];
  let known = separator;
  let line = 0;
  for (let start = bytes[0] === 0xef && bytes[1] === 0xbb ? 3 : 0; start < bytes.length; ) {
    line++;
    const newline = bytes.indexOf(0x0a, start);
    const end = newline < 0 ? bytes.length : newline;
    // Bytes as characters: what is no UTF-8 stays what it is.
    const text = bytes.toString('latin1', start, end).replace(/\r$/, '');
    start = end + 1;
    if (text === '' || LAST_WORDS.test(text)) continue;
    const parts = splitLine(text, known);
    if ('why' in parts) {
      faults.push({ place: `line ${line}`, why: newline < 0 ? `${parts.why}: the file ends inside it` : parts.why });
      continue;
    }
    if (newline < 0 && parts.value === '') {
      faults.push({ place: `line ${line}`, why: 'it has a key and no value: the file ends inside it' });
      continue;
    }
    known ??= parts.separator;
    const time = TIME.exec(parts.before)?.[1];
    records.push({
      offset: BigInt(line),
      timestamp: Math.max(0, Number(time ?? 0)),
      key: parts.key === null ? null : Buffer.from(parts.key, 'latin1'),
      value: parts.value === null ? null : Buffer.from(parts.value, 'latin1'),
    });
  }
  return { records, faults };
}

interface LineParts {
  readonly before: string;
  readonly key: string | null;
  readonly separator: string;
  readonly value: string | null;
}

function splitLine(text: string, known: string | undefined): LineParts | { readonly why: string } {
  const start = keyStart(text, known);
  if (start < 0) return { why: 'it has no key of a registry: was it printed with print.key=true?' };
  const before = text.slice(0, start);
  const end = text[start] === '{' ? endOfObject(text, start) : start + 'null'.length;
  if (end < 0) return { why: 'its key has no end' };
  const rest = text.slice(end);
  const separator = known ?? /^(.*?)(?:\{.*|null|)$/s.exec(rest)?.[1] ?? '';
  if (separator === '' || !rest.startsWith(separator)) {
    return { why: rest === '' ? 'it has a key and no value' : 'behind its key is another separator' };
  }
  const value = rest.slice(separator.length);
  if (value.startsWith('{') && endOfObject(value, 0) !== value.length)
    return { why: 'its value is no whole JSON object' };
  const key = text.slice(start, end);
  return { before, key: key === 'null' ? null : key, separator, value: value === 'null' ? null : value };
}

/** Where the key begins: an object, or the word null. */
function keyStart(text: string, separator: string | undefined): number {
  let at = 0;
  for (let field = FIELDS.exec(text); field !== null; field = FIELDS.exec(text.slice(at))) {
    at += field[0].length;
    if (separator !== undefined && text.startsWith(separator, at)) at += separator.length;
    else while (at < text.length && !/[A-Za-z{]/.test(text[at] ?? '')) at++;
  }
  if (text[at] === '{') return at;
  if (/^null[^A-Za-z]/.test(text.slice(at, at + 5))) return at;
  // Headers have no form of their own: the key comes behind them.
  const key = text.indexOf('{"keytype"', at);
  return at > 0 && key > 0 ? key : -1;
}

/** Behind the brace that closes the one at `start`; -1 where the text ends before. */
function endOfObject(text: string, start: number): number {
  let depth = 0;
  let inText = false;
  for (let at = start; at < text.length; at++) {
    const character = text[at];
    if (inText) {
      if (character === '\\') at++;
      else if (character === '"') inText = false;
    } else if (character === '"') inText = true;
    else if (character === '{') depth++;
    else if (character === '}' && --depth === 0) return at + 1;
  }
  return -1;
}
