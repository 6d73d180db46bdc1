/** A registry as plain data. */

import { backupSettings } from '../config/backup-settings.ts';
import type { RegistrySnapshot } from '../model/registry-snapshot.ts';
import type { CallOptions, Selection } from './common-options.ts';
import { type RegistryTarget, registrySettings } from './registry-target.ts';

export interface SnapshotOptions extends Omit<CallOptions, 'env'>, Selection {}

/**
 * Reads the state of a registry: every version with its exact text, ids, guids, references, settings, and soft-deleted
 * versions. What may not be read (no permission for `/config`) is listed in `gaps`. Nothing is written.
 *
 * All of it is in memory: `exportRegistry` does not need it to be.
 *
 * @throws SrgitError SRGIT_REGISTRY_*, SRGIT_SNAPSHOT_INCONSISTENT when it changed too often meanwhile
 */
export async function snapshotRegistry(
  registry: RegistryTarget,
  options: SnapshotOptions = {},
): Promise<RegistrySnapshot> {
  const { signal, onProgress, ...selection } = options;
  const [{ readRegistry }, { plainSnapshot }] = await Promise.all([
    import('../app/read-registry.ts'),
    import('../app/restore/snapshot-rows.ts'),
  ]);
  const { snapshot } = await readRegistry({
    registry: registrySettings(registry),
    backup: backupSettings({}, selection),
    rows: 'exported',
    signal,
    onProgress,
  });
  return plainSnapshot(snapshot);
}
