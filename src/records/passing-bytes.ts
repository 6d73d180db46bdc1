/**
 * Memory of buffers that libraries make and drop: each byte on its way to or from a broker lies in one. It is outside V8's heap,
 * so V8 learns late that it is garbage, and then looks through its whole heap for it. Whoever lets such bytes pass tells it here.
 */

/**
 * Twice what is on its way at a time, so that a buffer is alive at one collection at most: what has survived two counts as old,
 * and waits for a collection of everything.
 */
const COLLECT_EACH = 32 * 1024 * 1024;

let collectYoung: (() => void) | undefined;
let passed = 0;

/** @param collect collects what was made lately; of the whole process, which is for its command line to decide */
export function collectPassedBytes(collect: () => void): void {
  collectYoung = collect;
}

/** So many bytes lay in buffers that nobody holds any more, or soon. */
export function bytesPassed(count: number): void {
  passed += count;
  if (passed < COLLECT_EACH) return;
  passed = 0;
  collectYoung?.();
}
