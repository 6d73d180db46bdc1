/** Two versions of a subject held against each other, with everything they refer to. */
import type { ResolvedReference, ResolvedSchema } from '../src/schema/language.ts';
import type { Broken, SchemaDiff } from '../src/schema/outline/diff-schemas.ts';
import type { SiteReference, SiteVersion } from '../src/site/model.ts';
import { loadLanguages, loadSubject } from './store.ts';

/** Longer chains of references are not followed. */
const MAX_DEPTH = 30;

export async function compareVersions(from: SiteVersion, to: SiteVersion): Promise<SchemaDiff> {
  const [languages, older, newer] = await Promise.all([loadLanguages(), resolve(from), resolve(to)]);
  return languages.diffSchemas(older, newer);
}

async function resolve({ type, text, references }: SiteVersion): Promise<ResolvedSchema> {
  return { schemaType: type, schema: text, references: await resolveAll(references, new Map(), 0) };
}

/** A schema that is reached twice is resolved once. */
async function resolveAll(
  references: readonly SiteReference[],
  known: Map<string, readonly ResolvedReference[]>,
  depth: number,
): Promise<readonly ResolvedReference[]> {
  const resolved: ResolvedReference[] = [];
  for (const { name, at, version } of references) {
    if (at === undefined || depth > MAX_DEPTH) continue;
    const target = (await loadSubject(at)).versions.find((one) => one.version === version);
    if (target === undefined) continue;
    const key = `${at} ${version}`;
    const inner = known.get(key) ?? (await resolveAll(target.references, known, depth + 1));
    known.set(key, inner);
    resolved.push({ name, schemaType: target.type, schema: target.text, references: inner });
  }
  return resolved;
}

/** Levels that a change breaks, for a person: breaking one way breaks `FULL` as well. */
export function brokenLevels(breaks: readonly Broken[]): readonly string[] {
  return breaks.length === 0 ? [] : [...breaks, 'FULL'];
}

export const BREAK_MEANS: Readonly<Record<Broken, string>> = {
  BACKWARD: 'The newer schema cannot read data written with the older',
  FORWARD: 'The older schema cannot read data written with the newer',
};
