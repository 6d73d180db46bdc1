/**
 * Which message of a .proto file a record is: a path of positions, `[1, 0]` the first inside the second. Zigzag varints,
 * their count first; a count of 0 means the first message.
 */
import type { ByteReader } from './byte-reader.ts';
import { DecodeFault } from './decode-fault.ts';

/** No file nests messages deeper. */
const MOST_INDEXES = 100n;

/** Throws a `DecodeFault`. */
export function readMessageIndexes(input: ByteReader): readonly number[] {
  const at = input.at;
  const count = input.zigzag('the count of message indexes');
  if (count === 0n) return [0];
  if (count < 0n || count > MOST_INDEXES) {
    throw new DecodeFault(`a message has no ${count} indexes`, at);
  }
  return Array.from({ length: Number(count) }, () => {
    const from = input.at;
    const index = input.zigzag('a message index');
    if (index < 0n || index > 0x7fff_ffffn) throw new DecodeFault(`${index} is no message index`, from);
    return Number(index);
  });
}
