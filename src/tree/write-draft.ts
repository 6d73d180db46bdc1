/** A write plan in the making: what the planners of subjects and settings put together. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RegistrySnapshot, SnapshotGap } from '../model/registry-snapshot.ts';
import type { SchemaType } from '../model/schema-version.ts';
import { contextSubject, DEFAULT_CONTEXT } from '../model/subject-name.ts';
import { encodeText } from '../model/text-bytes.ts';
import type { TreeChange } from '../model/tree-change.ts';
import { formatDocument } from './documents.ts';
import { isMissing } from './missing-file.ts';
import type { FormatRowOptions } from './rows.ts';

export interface PlanWriteOptions extends FormatRowOptions {
  /**
   * Whether the snapshot looked at such a row: a row of the tree that it covers and does not hold is gone. Rows not
   * covered (other subjects, other schema types) stay as they are.
   */
  readonly covers: (context: string, subject: string, row: { schemaType: SchemaType }) => boolean;
  /** Whether a covered row that is absent is really gone from the registry, so that its id is retired. */
  readonly retiresIds: boolean;
  /** Time of the export, ISO 8601: becomes `backup_timestamp` when something changes. */
  readonly now: string;
  readonly signal?: AbortSignal | undefined;
}

export interface FileWrite {
  /** Relative to the root. */
  readonly path: string;
  /** Made when it is written: a large tree is never held twice in memory. */
  readonly content: () => string;
}

export interface FileMove {
  readonly from: string;
  readonly to: string;
}

export interface WritePlan {
  readonly writes: readonly FileWrite[];
  readonly moves: readonly FileMove[];
  readonly removals: readonly string[];
  readonly changes: readonly TreeChange[];
  /** Registered rows that the tree holds before, and how many of them would go. */
  readonly rowsBefore: number;
  readonly rowsRemoved: number;
}

export type GapFilter = (name: string) => boolean;

export class WriteDraft {
  readonly options: PlanWriteOptions;
  /** Schema texts; JSON files are apart, because only they move the timestamp. */
  readonly writes: FileWrite[] = [];
  readonly documents: FileWrite[] = [];
  readonly moves: FileMove[] = [];
  readonly removals: string[] = [];
  readonly changes: TreeChange[] = [];
  /** Whether the config, or the mode, of a subject, `:.ctx:` or `''` (global) could not be read. */
  readonly configUnread: GapFilter;
  readonly modeUnread: GapFilter;
  rowsBefore = 0;
  rowsRemoved = 0;
  readonly #root: string;

  constructor(root: string, { gaps }: RegistrySnapshot, options: PlanWriteOptions) {
    this.#root = root;
    this.options = options;
    this.configUnread = gapFilter(gaps, 'config');
    this.modeUnread = gapFilter(gaps, 'mode');
  }

  /** Plans a JSON file unless it is on disk as it should be. */
  putDocument(path: string, document: object): void {
    const text = formatDocument(document);
    if (!this.isOnDisk(path, text)) this.documents.push({ path, content: () => text });
  }

  isOnDisk(path: string, expected?: string): boolean {
    try {
      const bytes = readFileSync(join(this.#root, path));
      return expected === undefined || bytes.equals(encodeText(expected));
    } catch (error) {
      if (isMissing(error)) return false;
      throw error;
    }
  }

  finish(): WritePlan {
    const { documents, moves, removals, changes, rowsBefore, rowsRemoved } = this;
    return { writes: [...this.writes, ...documents], moves, removals, changes, rowsBefore, rowsRemoved };
  }
}

/** A gap without a place holds for the whole registry; `:.:` is the default context's own level. */
function gapFilter(gaps: readonly SnapshotGap[], what: SnapshotGap['what']): GapFilter {
  const places = new Set<string>();
  let everywhere = false;
  for (const gap of gaps) {
    if (gap.what !== what) continue;
    if (gap.where === undefined) everywhere = true;
    else places.add(gap.where === contextSubject(DEFAULT_CONTEXT) ? '' : gap.where);
  }
  return (name) => everywhere || places.has(name);
}
