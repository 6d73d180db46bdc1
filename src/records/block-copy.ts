/** What LZ4 and snappy blocks consist of: bytes taken over, and bytes repeated from what is already there. */

/** Copies literals. Both ranges are known to be within their buffers. */
export function copyLiterals(from: Buffer, start: number, to: Buffer, at: number, length: number): void {
  if (length > 48) {
    to.set(from.subarray(start, start + length), at);
    return;
  }
  for (let i = 0; i < length; i++) to[at + i] = from[start + i] as number;
}

/** Repeats `length` bytes from `distance` before `at`; where they overlap, the pattern goes on. */
export function copyMatch(to: Buffer, at: number, distance: number, length: number): void {
  if (length <= 48) {
    for (let i = 0, from = at - distance; i < length; i++) to[at + i] = to[from + i] as number;
    return;
  }
  for (let done = 0; done < length; ) {
    // What is there of the pattern doubles with each step.
    const part = Math.min(distance + done, length - done);
    to.copyWithin(at + done, at - distance, at - distance + part);
    done += part;
  }
}
