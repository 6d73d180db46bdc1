/** Opens what a person named: an archive or a cluster, to read from or to write to. */
import { basename, dirname } from 'node:path';
import { createKbak } from '../../archive/kbak-sink.ts';
import { createKcat } from '../../archive/kcat-write.ts';
import { openArchive, openArchiveAt } from '../../archive/open-archive.ts';
import { openStorage } from '../../archive/open-storage.ts';
import type { ClusterSettings } from '../../config/kafka-settings.ts';
import type { RecordSettings, StorageSettings } from '../../config/record-settings.ts';
import { SrgitError } from '../../errors.ts';
import type { KafkaClient } from '../../kafka/port.ts';
import type { RecordSink, RecordSource } from '../../records/record-source.ts';
import { connectKafka } from './connect-kafka.ts';
import { kafkaSource } from './kafka-source.ts';
import { type RecordLocation, storageOf } from './location.ts';

export interface OpenOptions {
  readonly settings: RecordSettings;
  /** Of an archive that holds several backups. */
  readonly backupId?: string | undefined;
  /** Whoever only counts reads each large segment once: damage is then told after its records. */
  readonly counts?: boolean | undefined;
  /** Also of archives that may hold transaction markers as records. */
  readonly onWarning?: ((text: string) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

type ArchiveLocation = Extract<RecordLocation, { kind: 'archive' }>;

/** The caller closes the source. @throws SrgitError of the archive, the storage or the cluster */
export async function openSource(location: RecordLocation, options: OpenOptions): Promise<RecordSource> {
  if (location.kind === 'kafka') {
    const client = await openCluster(location.cluster, options.settings);
    return kafkaSource(client, options.signal);
  }
  const { counts, onWarning, signal } = options;
  const place = storageOf(location.place, options.settings.storage);
  // The configuration speaks of its own storage only.
  const configured = location.place.kind === 'configured' ? options.settings.backupId : undefined;
  const backupId = options.backupId ?? configured;
  const more = {
    kind: location.format,
    kbak: { backupId, checksums: counts === true ? ('at-end' as const) : undefined },
    ...(onWarning === undefined ? {} : { onWarning }),
    signal,
  };
  if (place.backend === 'filesystem') return openArchiveAt(place.path, more);
  if (location.format !== 'kcat') return openArchive(await openStorage(place), more);
  const { storage, key } = await openFile(place);
  return openArchive(storage, { ...more, key });
}

export interface SinkOptions extends OpenOptions {
  /** Hash of the id map; absent where ids stay. */
  readonly rewrittenBy?: string | undefined;
  /** Of the backup that the records come from. */
  readonly sourceId: string;
  readonly compression?: 'none' | 'zstd' | 'lz4' | undefined;
}

/** @throws SrgitError SRGIT_STORAGE_WRITE where there is such an archive already, SRGIT_USAGE for a format that is only read */
export async function createSink(location: ArchiveLocation, options: SinkOptions): Promise<RecordSink> {
  const { settings, signal, rewrittenBy, sourceId, compression } = options;
  const place = storageOf(location.place, settings.storage);
  if (location.format === 'kafka-log') {
    throw new SrgitError('SRGIT_USAGE', 'a broker’s own log is only read', { hint: 'Write kbak:DIR or kcat:FILE.' });
  }
  if (location.format === 'kcat') {
    const { storage, key } = await openFile(place);
    return createKcat(storage, key, { signal });
  }
  const backupId = options.backupId ?? `${sourceId}-${rewrittenBy === undefined ? 'copy' : 'rewritten'}`;
  return createKbak(await openStorage(place), { backupId, compression, rewrittenBy, sourceId, signal });
}

export function openCluster(name: string, settings: RecordSettings): Promise<KafkaClient> {
  const cluster: ClusterSettings | undefined = settings.clusters.get(name);
  if (cluster === undefined) throw new SrgitError('SRGIT_INTERNAL', `cluster ${name} was not configured`);
  return connectKafka(cluster);
}

/** A file by its folder, as storages have it. */
async function openFile(place: StorageSettings) {
  if (place.backend === 'filesystem') {
    const storage = await openStorage({ backend: 'filesystem', path: dirname(place.path) });
    return { storage, key: basename(place.path) };
  }
  const prefix = place.prefix ?? '';
  const slash = prefix.lastIndexOf('/');
  const storage = await openStorage({ ...place, prefix: slash < 0 ? '' : prefix.slice(0, slash) });
  return { storage, key: prefix.slice(slash + 1) };
}
