/** Id maps without writing to a registry: built by looking contents up, and checked against both sides. */
import { buildIdMap, checkIdMap, type IdMap, type IdMapFault } from '../../plan/id-map.ts';
import { schemaLanguages } from '../../schema/schema-port.ts';
import { idMapFileOf, readIdMap } from './id-map-file.ts';
import { type PlanRestoreOptions, withPreparedRestore } from './plan-restore.ts';
import { sameMeaning } from './same-meaning.ts';

export interface BuiltMap {
  readonly map: IdMap;
  /** Ids of the source that the registry has no schema for. */
  readonly missing: readonly { readonly context: string; readonly from: number }[];
}

/** Which ids the registry has for the source's schemas now. */
export async function buildMapByContent(options: PlanRestoreOptions): Promise<BuiltMap> {
  return withPreparedRestore(options, true, async ({ plan }) => {
    // A plan knows which of the ids are there already; the others are what a restore would give.
    const there = plan.ids.filter(({ how }) => how === 'reused');
    const { map } = buildIdMap({ ...plan, ids: there, steps: [] }, new Map());
    const found = new Set(there.map(({ context, from }) => `${from} ${context}`));
    const missing = plan.ids.filter(({ context, from }) => !found.has(`${from} ${context}`));
    return { map, missing: missing.map(({ context, from }) => ({ context, from })) };
  });
}

export interface CheckedMap {
  readonly file: string;
  readonly map: IdMap;
  readonly faults: readonly IdMapFault[];
}

/**
 * Whether a map covers every id of the source, and both sides of each entry are the same schema.
 *
 * @param file absent: that of the registry, in the tree.
 */
export async function checkMapFile(options: PlanRestoreOptions, file?: string): Promise<CheckedMap> {
  // A file that was named wrong is told before a registry is asked.
  const named = file === undefined ? undefined : readIdMap(file);
  return withPreparedRestore(options, true, async ({ plan, source, before }) => {
    const chosen = file ?? idMapFileOf(options.config.tree, plan.source, plan.target.name);
    const map = named ?? readIdMap(chosen);
    const faults = checkIdMap(map, source.state.snapshot, before, (a, b) => sameMeaning(a, b, schemaLanguages));
    return { file: chosen, map, faults };
  });
}
