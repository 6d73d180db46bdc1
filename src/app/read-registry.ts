/** A configured registry's state, as far as the configuration is about it. */
import type { BackupSettings, RegistrySettings } from '../config/types.ts';
import type { RegistrySnapshot } from '../model/registry-snapshot.ts';
import { SCHEMA_TYPES } from '../model/schema-version.ts';
import { compileSelection } from '../model/selection.ts';
import { readSnapshot } from '../registry/snapshot.ts';
import type { SnapshotStats } from '../registry/snapshot-types.ts';
import type { ClientStats } from '../registry/types.ts';
import { connectRegistry } from './connect.ts';
import type { OnProgress } from './progress.ts';

export interface ReadRegistryOptions {
  readonly registry: RegistrySettings;
  readonly backup: BackupSettings;
  /** `exported`: the rows that an export would write. `all`: every version of what is selected, soft-deleted ones too. */
  readonly rows: 'exported' | 'all';
  /** What progress calls it, where two are read: `of the source`. */
  readonly called?: string;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: OnProgress | undefined;
}

export interface RegistryReading {
  readonly snapshot: RegistrySnapshot;
  readonly stats: SnapshotStats;
  readonly requests: ClientStats;
}

/**
 * Every row is read anew, whatever is known of it already. Opens a connection, and closes it.
 *
 * @throws SrgitError of the registry.
 */
export async function readRegistry(options: ReadRegistryOptions): Promise<RegistryReading> {
  const { registry, backup, rows, called, signal, onProgress } = options;
  const { client, capabilities } = await connectRegistry(registry, signal);
  try {
    const { snapshot, stats } = await readSnapshot(client, capabilities, {
      subjects: compileSelection(backup.selection),
      ...(rows === 'all' ? {} : { includeDeleted: backup.includeSoftDeleted, versions: backup.versions }),
      // Every type is no choice: then settings are read while the rows still come.
      schemaTypes: backup.schemaTypes.length === SCHEMA_TYPES.length ? undefined : backup.schemaTypes,
      includeReferences: backup.includeReferences,
      full: true,
      signal,
      registryName: registry.name,
      onProgress: ({ phase, done, total }) => {
        onProgress?.({ phase: `reading ${phase}${called === undefined ? '' : ` ${called}`}`, done, total });
      },
    });
    return { snapshot, stats, requests: { ...client.stats } };
  } finally {
    await client.close();
  }
}
