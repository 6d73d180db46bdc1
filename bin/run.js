#!/usr/bin/env node
import module from 'node:module';
import { execute } from '@oclif/core';

// Compiled code is cached between runs; a read-only cache folder only means that it is not.
module.enableCompileCache?.();
await execute({ dir: import.meta.url });
