/** The state of one comparison: where in the schemas it is, what it found, and what keeps it from going on for ever. */
import type { Difference, DifferenceType } from './difference.ts';
import type { SchemaNode } from './schema-node.ts';

/** More differences than anybody reads: the comparison ends there. */
const FOUND_LIMIT = 10_000;

/** From here on a verdict is kept even where it was reached inside of a cycle, so that the work stays bounded. */
const PATIENCE = 200_000;

export interface Comparison {
  readonly path: string[];
  /** Incompatible differences so far. Compatible ones are never told, so they are not kept. */
  found: Difference[];
  /** Inside of alternatives only the verdict counts: the first difference ends them. */
  verdictOnly: boolean;
  /** Older schemas whose members are being compared, with the depth they were met at. */
  readonly entered: Map<SchemaNode, number>;
  /** Pairs being compared. */
  readonly open: Map<SchemaNode, Set<SchemaNode>>;
  /** Pairs whose verdict is known. */
  readonly verdicts: Map<SchemaNode, Map<SchemaNode, boolean>>;
  /** Where references end. */
  readonly targets: Map<SchemaNode, SchemaNode>;
  depth: number;
  /** The shallowest cycle that was closed since the field was last set: what lies above it is not independent. */
  shallowest: number;
  calls: number;
  /** Set when the comparison gave up. */
  isTooLarge: boolean;
}

/** Compares two schemas that may be missing. Passed on, for the comparisons of members come back to it. */
export type CompareSchemas = (
  comparison: Comparison,
  original: SchemaNode | undefined,
  update: SchemaNode | undefined,
) => void;

export function makeComparison(): Comparison {
  return {
    path: [],
    found: [],
    verdictOnly: false,
    entered: new Map(),
    open: new Map(),
    verdicts: new Map(),
    targets: new Map(),
    depth: 0,
    shallowest: Number.POSITIVE_INFINITY,
    calls: 0,
    isTooLarge: false,
  };
}

/** Whether nothing more needs to be found. */
export function isDecided({ found, verdictOnly, isTooLarge }: Comparison): boolean {
  if (isTooLarge) return true;
  return verdictOnly ? found.length > 0 : found.length >= FOUND_LIMIT;
}

export function addDifference(comparison: Comparison, type: DifferenceType, crashesConfluent = false): void {
  if (isDecided(comparison)) return;
  const path = `#/${comparison.path.join('/')}`;
  comparison.found.push({ type, path, ...(crashesConfluent ? { crashesConfluent } : {}) });
}

/** Compares what lies one step further in. */
export function within(comparison: Comparison, step: string, compare: () => void): void {
  if (isDecided(comparison)) return;
  comparison.path.push(step);
  compare();
  comparison.path.pop();
}

/** Whether a comparison finds nothing. What it finds is forgotten. */
export function isCompatible(comparison: Comparison, compare: () => void): boolean {
  const { found, verdictOnly } = comparison;
  comparison.found = [];
  comparison.verdictOnly = true;
  compare();
  const compatible = comparison.found.length === 0;
  comparison.found = found;
  comparison.verdictOnly = verdictOnly;
  return compatible;
}

export function knownVerdict({ verdicts }: Comparison, original: SchemaNode, update: SchemaNode): boolean | undefined {
  return verdicts.get(original)?.get(update);
}

/** Keeps a verdict, unless it rests on a cycle that is still open above. */
export function keepVerdict(
  comparison: Comparison,
  original: SchemaNode,
  update: SchemaNode,
  compatible: boolean,
  isIndependent: boolean,
): void {
  if (!isIndependent && comparison.calls < PATIENCE) return;
  const known = comparison.verdicts.get(original) ?? new Map<SchemaNode, boolean>();
  comparison.verdicts.set(original, known.set(update, compatible));
}
