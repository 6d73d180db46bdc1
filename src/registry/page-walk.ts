/**
 * Where a reader stands in a paged listing that may change under it. The registry sorts its list anew for every
 * request, so a write in between moves every later row. Pages therefore overlap by one row: the first row of a page
 * has to be the last one of the page before.
 */
import { SrgitError } from '../errors.ts';

/** How far back reading resumes when rows were removed in between and others may have been skipped. */
const STEP_BACK = 500;
/** How often reading resumes before the registry is called too busy to be read. */
const MAX_RESUMES = 50;

export interface PageTaken {
  /** Indexes of the rows that were not there before. */
  readonly fresh: readonly number[];
  /** `end`: nothing follows. `repeats`: the server ignores offset, so nothing follows that it would give. */
  readonly over?: 'end' | 'repeats';
}

export class PageWalk {
  /** Offset of the next page to ask for. */
  offset = 0;
  /** Whether rows were seen to come or go while the pages were read. */
  moved = false;
  readonly #seen = new Set<string>();
  #first: string | undefined;
  /** The row the next page has to begin with; undefined where pages cannot overlap. */
  #expected: string | undefined;
  #resumes = 0;

  /** Rows so far. */
  get size(): number {
    return this.#seen.size;
  }

  /** Takes the page at `offset`, given as its rows' keys, and moves on. Throws SRGIT_SNAPSHOT_INCONSISTENT. */
  take(keys: readonly string[]): PageTaken {
    const junction = this.#judge(keys[0]);
    if (junction === 'end') return { fresh: [], over: 'end' };
    this.moved ||= junction === 'grown' || junction === 'skipped';
    if (junction === 'skipped') {
      this.#countResume();
      this.offset = Math.max(0, this.offset - STEP_BACK);
      return { fresh: [] };
    }
    if (this.offset === 0) this.#first = keys[0];
    const fresh = this.#add(keys);
    if (junction === 'repeats') return { fresh, over: 'repeats' };
    if (fresh.length === 0) {
      if (keys.length === 1) return { fresh, over: 'end' };
      // Still within what was read before stepping back; a server that stays here gives the same page for ever.
      this.#countResume();
    }
    // By rows received, not by the limit asked for: a server may have a lower one of its own.
    this.offset += keys.length > 1 ? keys.length - 1 : 1;
    this.#expected = keys.length > 1 ? keys.at(-1) : undefined;
    return { fresh };
  }

  /** How a page whose first row is `head` joins on to what was read. */
  #judge(head: string | undefined): 'joined' | 'end' | 'grown' | 'skipped' | 'repeats' {
    if (head === undefined && (this.offset === 0 || this.#expected === undefined)) return 'end';
    if (this.offset > 0 && head === this.#first) return 'repeats';
    if (this.offset === 0 || this.#expected === undefined || head === this.#expected) return 'joined';
    // A row we have: others came before it, none is skipped. Any other, or none: rows went, and some may be skipped.
    return head !== undefined && this.#seen.has(head) ? 'grown' : 'skipped';
  }

  #add(keys: readonly string[]): readonly number[] {
    const fresh: number[] = [];
    for (const [index, key] of keys.entries()) {
      if (this.#seen.has(key)) continue;
      this.#seen.add(key);
      fresh.push(index);
    }
    return fresh;
  }

  #countResume(): void {
    if (++this.#resumes <= MAX_RESUMES) return;
    throw new SrgitError(
      'SRGIT_SNAPSHOT_INCONSISTENT',
      'the rows of GET /schemas kept moving while its pages were read',
      { hint: 'run it again when fewer versions are being deleted', retriable: true },
    );
  }
}
