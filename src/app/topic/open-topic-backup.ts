/** Where a topic is backed up to: an archive that is added to. */
import { createKbak, type KbakSink } from '../../archive/kbak-sink.ts';
import { openStorage } from '../../archive/open-storage.ts';
import { SrgitError } from '../../errors.ts';
import { storageOf } from '../records/location.ts';
import type { OpenOptions } from '../records/open-records.ts';
import type { TopicLocation } from './open-topic-source.ts';

/** @throws SrgitError SRGIT_USAGE for a place that is no archive of this kind */
export async function openTopicBackup(
  location: TopicLocation,
  backupId: string,
  { settings, signal }: OpenOptions,
): Promise<KbakSink> {
  if (location.kind !== 'archive' || (location.format ?? 'kbak') !== 'kbak') {
    throw new SrgitError('SRGIT_USAGE', 'a topic is backed up to an archive', {
      hint: 'Give kbak:DIR, kbak:s3://BUCKET/PREFIX or kbak:storage. `topic salvage --to` copies to another topic.',
    });
  }
  const storage = await openStorage(storageOf(location.place, settings.storage));
  return createKbak(storage, { backupId, append: true, signal });
}
