/** Gives memory back at once, where much of it is used for a moment only. */

/** Smaller ones may share their memory with others, and are not worth it. */
const WORTH_IT = 128 * 1024;

/**
 * Frees the memory that these bytes lie in, which nobody looks at any more: every view of it is empty from now on. V8 looks
 * through its whole heap for garbage each time that buffers have taken another 64 MB; where data streams through buffers,
 * that took half of the processor's time.
 */
export function freeBytes({ buffer }: Buffer): void {
  if (buffer instanceof ArrayBuffer && buffer.byteLength >= WORTH_IT) buffer.transfer(0);
}

/** As `freeBytes`, of any size, unless something else may lie in the same memory: whoever gives pieces may cut them from one. */
export function freeWhole({ buffer, byteLength }: Buffer): void {
  if (buffer instanceof ArrayBuffer && buffer.byteLength === byteLength && byteLength > 0) buffer.transfer(0);
}
