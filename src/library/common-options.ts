/** What most functions of the library take, and the configuration that the use cases behind them want. */
import { resolve } from 'node:path';
import type { Progress } from '../app/progress.ts';
import { backupSettings } from '../config/backup-settings.ts';
import { restoreSettings } from '../config/restore-settings.ts';
import { DEFAULT_TREE } from '../config/setting.ts';
import type { Config } from '../config/types.ts';
import type { SchemaType } from '../model/schema-version.ts';

/** Variables of the environment; of the process where they are left out. Only git is given them. */
export type Environment = Readonly<Record<string, string | undefined>>;

export interface CallOptions {
  /** Ends what is going on, with SRGIT_INTERRUPTED; what was begun is put back. */
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: Progress) => void) | undefined;
  readonly env?: Environment | undefined;
}

/** Which rows are meant. */
export interface Selection {
  /** Globs over subjects, `:.staging:orders-*` for those of a context; all where they are left out. */
  readonly subjects?: readonly string[] | undefined;
  readonly exclude?: readonly string[] | undefined;
  /** All three where they are left out. */
  readonly schemaTypes?: readonly SchemaType[] | undefined;
  /** Default true. */
  readonly includeSoftDeleted?: boolean | undefined;
  /** Also what selected schemas refer to; default true. */
  readonly includeReferences?: boolean | undefined;
}

export function configOf(tree: string | undefined, selection: Selection = {}): Config {
  const root = resolve(tree ?? DEFAULT_TREE);
  return {
    tree: root,
    backup: backupSettings({}, selection),
    restore: restoreSettings(undefined, root),
    git: { remote: 'origin' },
  };
}
