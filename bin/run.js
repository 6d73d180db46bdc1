#!/usr/bin/env node
import module from 'node:module';

// Checked here because the modules behind need what older versions of Node do not have, and fail with riddles there.
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < 22 || (major === 22 && minor < 22)) {
  process.stderr.write(`Error: srgit needs Node 22.22 (or 24.6) or newer; this is ${process.versions.node}\n`);
  process.exit(2);
}

// Compiled code is cached between runs; a read-only cache folder only means that it is not.
module.enableCompileCache?.();
const { main } = await import('../dist/cli/main.js');
await main(process.argv.slice(2), import.meta.dirname);
