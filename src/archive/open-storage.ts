/** The storage that settings name. */
import { FolderStorage } from './folder-storage.ts';
import type { Storage } from './storage.ts';
import type { StorageSettings } from './storage-settings.ts';

export type { S3Settings, StorageSettings } from './storage-settings.ts';

/** Nothing is asked of the storage yet. @throws SrgitError SRGIT_CONFIG_INVALID */
export async function openStorage(settings: StorageSettings): Promise<Storage> {
  if (settings.backend === 'filesystem') return new FolderStorage(settings.path);
  // The client takes a quarter of a second to load: not for those who do not need it.
  const { openS3Storage } = await import('./s3-storage.ts');
  return openS3Storage(settings);
}
