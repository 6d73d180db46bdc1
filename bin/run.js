#!/usr/bin/env node
import module from 'node:module';
import v8 from 'node:v8';

// Checked here because the modules behind need what older versions of Node do not have, and fail with riddles there.
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < 22 || (major === 22 && minor < 22)) {
  process.stderr.write(`Error: srgit needs Node 22.22 (or 24.6) or newer; this is ${process.versions.node}\n`);
  process.exit(2);
}

// By default V8 lets garbage grow to several times what is alive before it collects. Over a large registry that is most of
// the memory; collecting earlier costs a few per cent of time.
v8.setFlagsFromString('--semi-space-growth-factor=1');
v8.setFlagsFromString('--heap-growing-percent=60');
// Bytes of records lie outside V8's heap. Counted by themselves they call for a collection each 64 MB, which was a third of
// a replay's time (bench/RESULTS.md). A V8 that does not know a flag complains of it: 13 is Node 24's.
if (process.versions.v8.startsWith('13.')) v8.setFlagsFromString('--external-memory-accounted-in-global-limit');

// Compiled code is cached between runs; a read-only cache folder only means that it is not.
module.enableCompileCache?.();
const { main } = await import('../dist/cli/main.js');
await main(process.argv.slice(2), import.meta.dirname);
