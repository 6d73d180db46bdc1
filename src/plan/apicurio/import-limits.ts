/** What Apicurio's import takes at most, unless its configuration says otherwise. */
import type { Problem } from '../plan.ts';
import type { ApicurioLayout } from './empty-registry.ts';

export interface ArchiveSize {
  readonly entries: number;
  /** Bytes of all entries, unpacked. */
  readonly unpacked: number;
  readonly largest: { readonly path: string; readonly bytes: number };
  /** Bytes of the file. */
  readonly bytes: number;
}

const MIB = 2 ** 20;

/** Defaults of 3.3.3, each seen to refuse what is more with HTTP 400; 2.6.13 has the last one only. */
const MAX_ENTRIES = 10_000;
const MAX_ENTRY = 10 * MIB;
const MAX_UNPACKED = 100 * MIB;
const MAX_BODY = 50 * MIB;

/** Warnings: whoever runs the registry can raise each of these. */
export function checkImportLimits(size: ArchiveSize, layout: ApicurioLayout): readonly Problem[] {
  const problems: Problem[] = [];
  const exceeds = (what: string, property: string, needed: number): void => {
    problems.push({
      severity: 'warning',
      reason: 'IMPORT_UNSUPPORTED',
      message: `Apicurio's import refuses the archive unless it is told otherwise: ${what}`,
      hint: `Start it with -D${property}=${needed} for the import.`,
    });
  };
  if (layout === '3') {
    const { entries, unpacked, largest } = size;
    if (entries > MAX_ENTRIES) {
      exceeds(`${entries} entries, more than ${MAX_ENTRIES}`, 'apicurio.import.zip.max-entry-count', entries);
    }
    if (largest.bytes > MAX_ENTRY) {
      const what = `${largest.path} has ${largest.bytes} bytes, more than ${MAX_ENTRY}`;
      exceeds(what, 'apicurio.import.zip.max-entry-size', largest.bytes);
    }
    if (unpacked > MAX_UNPACKED) {
      const what = `${unpacked} bytes unpacked, more than ${MAX_UNPACKED}`;
      exceeds(what, 'apicurio.import.zip.max-total-size', unpacked);
    }
  }
  if (size.bytes > MAX_BODY) {
    exceeds(`${size.bytes} bytes, more than ${MAX_BODY}`, 'quarkus.http.limits.max-body-size', size.bytes);
  }
  return problems;
}
