/**
 * One raw LZ4 block of any size, read as it comes: what is held is the window of 64 KiB that matches reach back into, and
 * one piece of output.
 */
import { copyLiterals, copyMatch } from '../records/block-copy.ts';
import { RecordError } from '../records/record-error.ts';

const WINDOW = 64 * 1024;
const PIECE = 1 << 20;

/** What the next byte of input is. */
const TOKEN = 0;
const LITERAL_LENGTH = 1;
const LITERALS = 2;
const DISTANCE_LOW = 3;
const DISTANCE_HIGH = 4;
const MATCH_LENGTH = 5;
const MATCH = 6;

/**
 * @param size bytes that the block decompresses to
 * @param position of the block's first byte in the file, for errors
 * @throws RecordError `bad-compression` or `truncated`
 */
// biome-ignore lint/complexity/noExcessiveCognitiveComplexity: one state machine; its states in fields cost half its speed.
export async function* decodeLz4Block(
  chunks: AsyncIterable<Buffer>,
  size: number,
  position: number,
): AsyncGenerator<Buffer> {
  const room = WINDOW + Math.min(PIECE, size);
  let out = Buffer.allocUnsafeSlow(room);
  /** Where this piece's output begins; before it is the window. */
  let from = 0;
  let to = 0;
  let made = 0;
  let state = TOKEN;
  let literals = 0;
  let match = 0;
  let distance = 0;
  let read = position;
  for await (const source of chunks) {
    const end = source.length;
    let at = 0;
    for (;;) {
      // Output is due before a state that needs room, and the window moves on.
      if (to === room) {
        const piece = out.subarray(from, to);
        made += to - from;
        const next = Buffer.allocUnsafeSlow(room);
        out.copy(next, 0, to - WINDOW, to);
        out = next;
        from = WINDOW;
        to = WINDOW;
        yield piece;
      }
      if (state === MATCH) {
        const part = Math.min(match, room - to);
        if (made + (to - from) + part > size) throw overflow(size, read + at);
        copyMatch(out, to, distance, part);
        to += part;
        match -= part;
        if (match > 0) continue;
        state = TOKEN;
      }
      if (at === end) break;
      if (state === TOKEN) {
        const token = source[at++] as number;
        literals = token >>> 4;
        match = (token & 0x0f) + 4;
        state = literals === 15 ? LITERAL_LENGTH : literals > 0 ? LITERALS : DISTANCE_LOW;
        if (at === end) break;
      }
      if (state === LITERAL_LENGTH) {
        let byte = 255;
        while (at < end && byte === 255) {
          byte = source[at++] as number;
          literals += byte;
        }
        if (literals > size) throw overflow(size, read + at);
        if (byte !== 255) state = LITERALS;
        if (at === end) break;
      }
      if (state === LITERALS) {
        const part = Math.min(literals, end - at, room - to);
        if (made + (to - from) + part > size) throw overflow(size, read + at);
        copyLiterals(source, at, out, to, part);
        at += part;
        to += part;
        literals -= part;
        if (literals > 0) continue;
        state = DISTANCE_LOW;
        if (at === end) break;
      }
      if (state === DISTANCE_LOW) {
        distance = source[at++] as number;
        state = DISTANCE_HIGH;
        if (at === end) break;
      }
      if (state === DISTANCE_HIGH) {
        distance |= (source[at++] as number) << 8;
        if (distance === 0 || distance > to) {
          throw new RecordError('bad-compression', 'LZ4 data refers to bytes before its block', {
            position: read + at,
          });
        }
        state = match === 19 ? MATCH_LENGTH : MATCH;
      }
      if (state === MATCH_LENGTH) {
        let byte = 255;
        while (at < end && byte === 255) {
          byte = source[at++] as number;
          match += byte;
        }
        if (match > size) throw overflow(size, read + at);
        if (byte !== 255) state = MATCH;
      }
    }
    read += end;
  }
  made += to - from;
  // The last sequence has literals only. No block at all is what some writers make of nothing.
  const isWhole = state === DISTANCE_LOW || (state === TOKEN && read === position);
  if (!isWhole || made !== size) {
    throw new RecordError('truncated', `LZ4 data ends after ${made} of ${size} bytes`, { position: read });
  }
  if (to > from) yield out.subarray(from, to);
}

function overflow(size: number, position: number): RecordError {
  return new RecordError('bad-compression', `LZ4 data is larger than the ${size} bytes it says`, { position });
}
