/** How V8 collects garbage while a command works. Set when the work begins: a start makes hardly any that matters. */
import v8 from 'node:v8';

export function boundMemory(): void {
  // By default V8 lets garbage grow to several times what is alive before it collects. Over a large registry that is most
  // of the memory; collecting earlier costs a few per cent of time.
  v8.setFlagsFromString('--semi-space-growth-factor=1');
  v8.setFlagsFromString('--heap-growing-percent=60');
}
