/** A file of an archive, and what files are made from. */
import type { RegisterStep } from '../plan.ts';
import type { ApicurioLayout } from './empty-registry.ts';

export interface ArchiveEntry {
  /** Within the archive, with `/`. */
  readonly path: string;
  /** Made when it is written: texts are not all in memory. */
  readonly content: () => Uint8Array;
}

export interface EntryOptions {
  readonly layout: ApicurioLayout;
  /** Exact text that a step registers. */
  readonly textOf: (step: RegisterStep) => string;
  /** Time of registration, epoch milliseconds, where the source tells. */
  readonly registeredAt: (step: RegisterStep) => number | undefined;
}

/** @param value what the file says, made when it is written. */
export function json(path: string, value: () => object): ArchiveEntry {
  return { path, content: () => Buffer.from(JSON.stringify(value()), 'utf8') };
}
