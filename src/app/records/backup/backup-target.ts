/**
 * Where a backup goes: an archive that is added to, and the schemas' tree beside its records. Both are in the backup's own
 * folder: `{backup id}/manifest.json`, `{backup id}/topics/…` and `{backup id}/schema-registry/…`. The records keep the names that
 * the backup tool gives them, so that it can restore them; it takes no notice of `schema-registry/`.
 */
import { join } from 'node:path';
import { createKbak, type KbakSink } from '../../../archive/kbak-sink.ts';
import { openStorage } from '../../../archive/open-storage.ts';
import type { Storage } from '../../../archive/storage.ts';
import { SrgitError } from '../../../errors.ts';
import { type RecordLocation, storageOf } from '../location.ts';
import type { OpenOptions } from '../open-records.ts';

export interface BackupTarget {
  readonly sink: KbakSink;
  /** For people. */
  readonly location: string;
  readonly tree: TreePlace;
  close(): Promise<void>;
}

/** Where the schemas' tree is: a folder, or keys of a storage below a prefix. */
export type TreePlace =
  | { readonly kind: 'folder'; readonly path: string }
  | { readonly kind: 'storage'; readonly storage: Storage; readonly prefix: string };

export const TREE_FOLDER = 'schema-registry';

/**
 * Smaller than the tool's: what is in a segment that is not whole is read again after a crash; and for a bucket those that are
 * being filled, of four partitions, wait in memory for what is known at their end only, and not in temporary files.
 */
const SEGMENT = 32 * 1024 * 1024;
const SMALL_SEGMENT = 16 * 1024 * 1024;
/** What waits in memory for a bucket, of all of them. */
const HELD = 32 * 1024 * 1024;

/** @throws SrgitError SRGIT_USAGE for a place that is no archive of this kind; of the storage */
export async function openBackupTarget(
  location: RecordLocation,
  backupId: string,
  options: OpenOptions & {
    readonly compression?: 'none' | 'zstd' | 'lz4' | undefined;
    readonly segmentBytes?: number | undefined;
  },
): Promise<BackupTarget> {
  if (location.kind !== 'archive' || (location.format ?? 'kbak') !== 'kbak') {
    throw new SrgitError('SRGIT_USAGE', 'a backup goes into an archive', {
      hint: 'Give kbak:DIR, kbak:s3://BUCKET/PREFIX or kbak:storage. `replay` writes to clusters and other archives.',
    });
  }
  const { settings, compression, segmentBytes } = options;
  const place = storageOf(location.place, settings.storage);
  const storage = await openStorage(place);
  try {
    return {
      // Without the signal: what was read before an interruption is still stored.
      sink: await createKbak(storage, {
        backupId,
        append: true,
        compression,
        segmentBytes: segmentBytes ?? (compression === 'none' ? SMALL_SEGMENT : SEGMENT),
        heldBytes: HELD,
      }),
      location: `${storage.location}/${backupId}`,
      tree:
        place.backend === 'filesystem'
          ? { kind: 'folder', path: join(place.path, backupId, TREE_FOLDER) }
          : { kind: 'storage', storage, prefix: `${backupId}/${TREE_FOLDER}/` },
      close: () => storage.close(),
    };
  } catch (error) {
    await storage.close();
    throw error;
  }
}
