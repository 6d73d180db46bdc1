/** Canonical texts are asked for when a row is placed and again when its registration is played: parsed once for both. */
import type { SchemaType } from '../model/schema-version.ts';
import type { Canonical, CanonicalizeOptions, ResolvedReference } from '../schema/language.ts';
import type { SchemaPort } from '../schema/schema-port.ts';

interface Remembered {
  readonly schemaType: SchemaType;
  readonly schema: string;
  readonly references: readonly ResolvedReference[];
  readonly options: CanonicalizeOptions;
  readonly canonical: Canonical;
}

export interface RememberedCanonicals {
  /** Remembers what it answers. What it is given as references stays in memory: lists are to be shared between calls. */
  readonly placing: SchemaPort;
  /** Answers for a text as `placing` did, or as itself did last, when everything the text is built on is the same. */
  readonly playing: SchemaPort;
}

export function rememberCanonicals(port: SchemaPort): RememberedCanonicals {
  const placed = new Map<string, Remembered>();
  let last: Remembered | undefined;
  const ask = (...[schemaType, schema, references, options]: Parameters<SchemaPort['canonicalize']>): Remembered => {
    const made = port.canonicalize(schemaType, schema, references, options);
    // One text in memory where both are equal, as of what a registry has stored they are.
    const canonical = 'text' in made && made.text === schema ? { text: schema } : made;
    return { schemaType, schema, references, options, canonical };
  };
  return {
    placing: {
      ...port,
      canonicalize: (...call) => {
        const answer = ask(...call);
        placed.set(answer.schema, answer);
        return answer.canonical;
      },
    },
    playing: {
      ...port,
      canonicalize: (...call) => {
        const [, schema] = call;
        for (const known of [placed.get(schema), last]) {
          if (known !== undefined && isSameCall(known, call)) return known.canonical;
        }
        last = ask(...call);
        return last.canonical;
      },
    },
  };
}

function isSameCall(
  known: Remembered,
  [schemaType, schema, references, { normalize, validate }]: Parameters<SchemaPort['canonicalize']>,
): boolean {
  const { options } = known;
  return (
    known.schemaType === schemaType &&
    options.normalize === normalize &&
    options.validate === validate &&
    known.schema === schema &&
    isSameList(known.references, references)
  );
}

type Resolved = readonly ResolvedReference[];

/** Whether two lists lead to the same texts. Walked with an own stack: chains may be long. */
function isSameList(left: Resolved, right: Resolved): boolean {
  const open: (readonly [Resolved, Resolved])[] = [[left, right]];
  const walked = new Map<Resolved, Set<Resolved>>();
  for (let pair = open.pop(); pair !== undefined; pair = open.pop()) {
    const [a, b] = pair;
    if (a === b) continue;
    if (a.length !== b.length) return false;
    // Where ways meet again they would double at each step.
    if (a.length > 1) {
      const seen = walked.get(a) ?? new Set();
      if (seen.has(b)) continue;
      walked.set(a, seen.add(b));
    }
    for (const [at, one] of a.entries()) {
      const other = b[at];
      if (one.name !== other?.name || one.schemaType !== other.schemaType || one.schema !== other.schema) return false;
      open.push([one.references, other.references]);
    }
  }
  return true;
}
