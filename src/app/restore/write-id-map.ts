/** Keeps the id map of a restore in the tree, and commits it. */
import { existsSync } from 'node:fs';
import type { Config } from '../../config/types.ts';
import { openRepositoryOf } from '../../git/open-repository.ts';
import { selectsEverything } from '../../model/selection.ts';
import { type BuiltIdMap, buildIdMap, type GivenId, type IdMap } from '../../plan/id-map.ts';
import type { Plan } from '../../plan/plan.ts';
import { lockTree } from '../../tree/lock.ts';
import type { StepResult } from './carry-out-step.ts';
import { idMapFileOf, updateIdMapFile } from './id-map-file.ts';
import type { SnapshotRows } from './snapshot-rows.ts';

export interface WrittenIdMap {
  readonly file: string;
  readonly ids: number;
  /** Ids that are another number in the target. */
  readonly changed: number;
  /** Ids of the source that the registry has nothing for. */
  readonly missing: number;
  readonly commit?: string;
}

export interface WriteIdMapOptions {
  readonly plan: Plan;
  readonly config: Config;
  readonly results: ReadonlyMap<number, StepResult>;
  /** The registry after the plan; absent where nothing was written. */
  readonly after?: SnapshotRows | undefined;
  readonly commit: boolean;
  readonly message?: string | undefined;
  readonly env: NodeJS.ProcessEnv;
  readonly signal?: AbortSignal | undefined;
}

/** @returns the map; with its file, where there is a tree to put it into. */
export async function writeIdMap(
  options: WriteIdMapOptions,
): Promise<{ readonly idMap: IdMap; readonly idMapFile?: WrittenIdMap }> {
  const { plan, config } = options;
  const { map, missing } = mapOfPlan(options);
  if (!existsSync(config.tree)) return { idMap: map };
  const file = idMapFileOf(config.tree, plan.source, plan.target.name);
  const { selection, schemaTypes } = config.backup;
  const isPart = !selectsEverything(selection) || schemaTypes.length < 3;
  const lock = lockTree(config.tree);
  try {
    const written = updateIdMapFile(file, map, isPart);
    const commit = options.commit ? await commitIdMap(file, written, options) : undefined;
    return {
      idMap: written,
      idMapFile: {
        file,
        ids: written.ids.length,
        changed: countChanged(written),
        missing: missing.length,
        ...(commit === undefined ? {} : { commit }),
      },
    };
  } finally {
    lock.release();
  }
}

function mapOfPlan({ plan, results, after }: WriteIdMapOptions): BuiltIdMap {
  const given = new Map<number, GivenId>();
  for (const step of plan.steps) {
    const { id, version } = results.get(step.step) ?? {};
    if (step.action !== 'register' || id === undefined) continue;
    // As the registry stores it: it may have written the text in its own way.
    const guid = after?.get(step.subject)?.get(version ?? step.version)?.guid;
    given.set(step.step, { id, ...(guid === undefined ? {} : { guid }) });
  }
  return buildIdMap(plan, given);
}

export function countChanged({ ids }: IdMap): number {
  return ids.filter(({ context, from, toContext, to }) => from !== to || context !== toContext).length;
}

async function commitIdMap(file: string, map: IdMap, options: WriteIdMapOptions): Promise<string | undefined> {
  const { config, env, signal, message } = options;
  const repository = await openRepositoryOf(config.tree, { env, signal });
  const path = repository.pathInside(file);
  await repository.refuseIgnored(path);
  const changed = countChanged(map);
  const told = changed === 0 ? 'all unchanged' : `${changed} changed`;
  return repository.commitPath(path, {
    message: message ?? `Map ids of ${map.target.name}: ${map.ids.length} ids, ${told}`,
    authorName: config.git.authorName,
    authorEmail: config.git.authorEmail,
  });
}
