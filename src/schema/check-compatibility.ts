/**
 * Schema evolution: whether a schema can follow others at a compatibility level, for every language. Which versions are
 * asked, in which direction and what is told about them is the registry's part; what two schemas have against each
 * other is the language's.
 */
import type { CompatibilityLevel } from '../model/schema-version.ts';
import type { Incompatibility, ResolvedSchema, Side } from './language.ts';
import { languageOf } from './schema-languages.ts';

/** A version that a candidate is to follow. */
export interface VersionedSchema extends ResolvedSchema {
  readonly version: number;
}

export interface CompatibilityReason extends Incompatibility {
  /** The version that the candidate does not fit to. */
  readonly version: number;
  /** `backward`: the candidate cannot read that version's data. `forward`: that version cannot read the candidate's. */
  readonly direction: 'backward' | 'forward';
}

export interface CompatibilityResult {
  readonly isCompatible: boolean;
  /** What is wrong, piece by piece; empty when only the types differ. */
  readonly reasons: readonly CompatibilityReason[];
  /** The lines that Confluent 8.3.1 answers for it, but for the last one, which names the config. */
  readonly messages: readonly string[];
  /** Confluent 8.3.1 answers 500 instead (observed for some JSON Schema bounds). */
  readonly crashesConfluent: boolean;
}

const COMPATIBLE: CompatibilityResult = { isCompatible: true, reasons: [], messages: [], crashesConfluent: false };

/**
 * Holds a candidate against a subject's versions.
 *
 * @param history live versions, ascending. At a level that is not transitive the last one is compared, else all from the
 * newest to the oldest; the first one that does not fit ends the comparison (observed).
 */
export function checkCompatibility(
  level: CompatibilityLevel,
  candidate: ResolvedSchema,
  history: readonly VersionedSchema[],
): CompatibilityResult {
  if (level === 'NONE') return COMPATIBLE;
  const compared = level.endsWith('_TRANSITIVE') ? history.toReversed() : history.slice(-1);
  if (compared.some(({ schemaType }) => schemaType !== candidate.schemaType)) return OF_ANOTHER_TYPE;
  for (const previous of compared) {
    const result = comparePair(level, candidate, previous);
    if (!result.isCompatible) return result;
  }
  return COMPATIBLE;
}

const OF_ANOTHER_TYPE: CompatibilityResult = {
  isCompatible: false,
  reasons: [],
  messages: ['Incompatible because of different schema type'],
  crashesConfluent: false,
};

function comparePair(
  level: CompatibilityLevel,
  candidate: ResolvedSchema,
  previous: VersionedSchema,
): CompatibilityResult {
  const language = languageOf(candidate.schemaType);
  const find = (reader: ResolvedSchema, writer: ResolvedSchema, side: Side): readonly CompatibilityReason[] =>
    language.findIncompatibilities(reader, writer, side).map((found) => ({
      ...found,
      version: previous.version,
      direction: side === 'new' ? 'backward' : 'forward',
    }));
  const full = level.startsWith('FULL');
  const forward = full || level.startsWith('FORWARD') ? find(previous, candidate, 'old') : [];
  const backward = full || level.startsWith('BACKWARD') ? find(candidate, previous, 'new') : [];
  const reasons = [...forward, ...backward];
  if (reasons.length === 0) return COMPATIBLE;
  // At FULL the version is named only where the backward direction fails (observed).
  const namesVersion = !full || backward.length > 0;
  return {
    isCompatible: false,
    reasons,
    messages: [
      ...reasons.map(({ message }) => message),
      ...(namesVersion ? [`{oldSchemaVersion: ${previous.version}}`, `{oldSchema: '${previous.schema}'}`] : []),
    ],
    crashesConfluent: reasons.some((reason) => reason.crashesConfluent === true),
  };
}
