/** Moves what a source has in the default context into another one. */
import type { ImportedSource } from '../../archive/import/imported.ts';
import { SrgitError } from '../../errors.ts';
import type { LevelSettings } from '../../model/registry-snapshot.ts';
import { contextSubject, DEFAULT_CONTEXT, formatSubjectName, parseSubjectName } from '../../model/subject-name.ts';
import { GLOBAL_LEVEL } from '../../semantics/names.ts';

/**
 * @param name with or without its leading dot.
 * @throws SrgitError SRGIT_USAGE for a name that is none, and for a source that has contexts itself
 */
export function moveIntoContext(source: ImportedSource, name: string): ImportedSource {
  const context = name.startsWith('.') ? name : `.${name}`;
  if (!/^\.[^:/\\\s]+$/.test(context) || context === '.__GLOBAL') {
    throw new SrgitError('SRGIT_USAGE', `--into-context ${JSON.stringify(name)} is no name of a context`, {
      hint: 'Give a name such as staging.',
    });
  }
  const others = new Set(source.versions.map((row) => row.context).filter((one) => one !== DEFAULT_CONTEXT));
  for (const one of source.contexts ?? []) if (one !== DEFAULT_CONTEXT) others.add(one);
  if (others.size > 0) {
    throw new SrgitError(
      'SRGIT_USAGE',
      `--into-context moves the default context, and the source has others: ${[...others].sort().slice(0, 5).join(', ')}`,
      { hint: 'Import it without the flag: into a tree of its own (--tree), or with --merge.' },
    );
  }
  const move = (ids: ReadonlyMap<string, number> | undefined) => {
    const id = ids?.get(DEFAULT_CONTEXT);
    return id === undefined ? {} : { maxIds: new Map([[context, id]]) };
  };
  const retired = source.retiredIds?.get(DEFAULT_CONTEXT);
  const levelIn = (level: string): string => {
    const { subject } = parseSubjectName(level);
    return subject === '' ? contextSubject(context) : formatSubjectName({ context, subject });
  };
  const settings = new Map<string, LevelSettings>();
  const leftOut = [...source.leftOut];
  for (const [level, value] of source.settings) {
    if (level === GLOBAL_LEVEL) leftOut.push({ place: level, why: 'settings above all contexts are not of this one' });
    else settings.set(levelIn(level), value);
  }
  const { gaps, maxIds, retiredIds: _retired, contexts: _contexts, ...rest } = source;
  return {
    ...rest,
    versions: source.versions.map((row) => ({ ...row, schema: row.schema, context })),
    settings,
    contexts: [context],
    ...(gaps === undefined
      ? {}
      : { gaps: gaps.map((gap) => (gap.where === undefined ? gap : { ...gap, where: levelIn(gap.where) })) }),
    ...move(maxIds),
    ...(retired === undefined ? {} : { retiredIds: new Map([[context, retired]]) }),
    leftOut,
  };
}
