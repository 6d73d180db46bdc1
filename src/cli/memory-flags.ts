/** How V8 collects garbage while a command works. Set when the work begins: a start makes hardly any that matters. */
import v8 from 'node:v8';

export function boundMemory(): void {
  // By default V8 lets garbage grow to several times what is alive before it collects. Over a large registry that is most
  // of the memory; collecting earlier costs a few per cent of time.
  v8.setFlagsFromString('--semi-space-growth-factor=1');
  v8.setFlagsFromString('--heap-growing-percent=60');
  // Bytes of records lie outside V8's heap. Counted by themselves they call for a collection each 64 MB, which was a third
  // of a replay's time (bench/RESULTS.md). A V8 that does not know a flag complains of it: 13 is Node 24's.
  if (process.versions.v8.startsWith('13.')) v8.setFlagsFromString('--external-memory-accounted-in-global-limit');
}
