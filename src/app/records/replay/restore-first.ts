/** Schemas first, then data: the restore that a replay begins with, and the id map that it leaves. */
import type { Config, RegistrySettings } from '../../../config/types.ts';
import { SrgitError } from '../../../errors.ts';
import type { OnProgress } from '../../progress.ts';
import { restoreSchemas } from '../../restore/restore-schemas.ts';

export interface RestoreFirstOptions {
  /** With its `restore` section. */
  readonly config: Config;
  readonly registry: RegistrySettings;
  /** Branch, tag or commit of the tree. */
  readonly ref?: string | undefined;
  readonly env: NodeJS.ProcessEnv;
  readonly now: () => number;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: OnProgress | undefined;
  readonly onWarning?: ((text: string) => void) | undefined;
}

export interface RestoredFirst {
  /** File of the id map. */
  readonly map: string;
  /** Writes to the registry. */
  readonly written: number;
}

/**
 * As `srgit restore` with the settings of the configuration; nothing is deleted, whatever they say.
 *
 * @throws SrgitError of the restore; SRGIT_REPLAY_STALE where it did not come to its end: no record is written then.
 */
export async function restoreFirst(options: RestoreFirstOptions): Promise<RestoredFirst> {
  const { config, registry, ref, env, now, signal, onProgress, onWarning } = options;
  const { outcome, problems, idMapFile, written, verified } = await restoreSchemas({
    config,
    registry,
    source: ref === undefined ? { kind: 'tree' } : { kind: 'ref', ref },
    request: { kind: 'restore', restore: config.restore, prune: false, permanent: false },
    env,
    now,
    signal,
    onProgress,
    onWarning,
    // A replay is no place to be asked about the loss of schemas.
    confirm: async () => false,
    allowDeletions: false,
    commit: false,
  });
  if ((outcome === 'done' || outcome === 'nothing') && idMapFile !== undefined) return { map: idMapFile.file, written };
  const [first] = problems.filter(({ severity }) => severity === 'error');
  const [difference] = verified?.differences ?? [];
  const why = first?.message ?? difference?.message ?? WHY[outcome] ?? 'it left no id map';
  throw new SrgitError('SRGIT_REPLAY_STALE', `the schemas are not restored: ${why}`, {
    hint: 'See the whole plan with `srgit plan`, and restore them by themselves first. No record was written.',
  });
}

const WHY: Readonly<Record<string, string>> = {
  declined: 'the restore would delete schemas of the registry, which `srgit restore` asks about',
};
