/** What a person names as the place of records: an archive in a folder or bucket, a file, or a cluster. */
import { resolve } from 'node:path';
import type { StorageSettings } from '../../config/record-settings.ts';
import { SrgitError } from '../../errors.ts';

export type ArchiveFormat = 'kbak' | 'kafka-log' | 'kcat';

export type RecordLocation =
  | { readonly kind: 'kafka'; readonly cluster: string }
  | {
      readonly kind: 'archive';
      /** Absent: what is there tells. */
      readonly format?: ArchiveFormat;
      readonly place:
        | { readonly kind: 'path'; readonly path: string }
        | { readonly kind: 's3'; readonly bucket: string; readonly prefix: string }
        /** That of srgit.yaml. */
        | { readonly kind: 'configured' };
    };

const FORMS = 'kbak:DIR, kbak:s3://BUCKET/PREFIX, kbak:storage, kafka-log:DIR, kcat:FILE or kafka:NAME';

/**
 * @param cwd folder that relative paths start at.
 * @throws SrgitError SRGIT_USAGE
 */
export function parseLocation(text: string, flag: string, cwd: string): RecordLocation {
  const [, word, rest = ''] = /^(kbak|kafka-log|kcat|kafka):(.*)$/s.exec(text) ?? [];
  const place = word === undefined ? text : rest;
  if (place === '') {
    throw new SrgitError('SRGIT_USAGE', `--${flag} ${text} names no place`, { hint: `Give ${FORMS}.` });
  }
  if (word === 'kafka') return { kind: 'kafka', cluster: place };
  if (word === undefined && /^[a-z][a-z0-9+-]+:\/\//i.test(place) && !place.startsWith('s3://')) {
    throw new SrgitError(
      'SRGIT_USAGE',
      `--${flag} ${text.replace(/\/\/.*@/s, '//***@')} is no place that srgit knows`,
      {
        hint: `Give ${FORMS}.`,
      },
    );
  }
  const format = word as ArchiveFormat | undefined;
  return { kind: 'archive', ...(format === undefined ? {} : { format }), place: parsePlace(place, flag, cwd) };
}

function parsePlace(text: string, flag: string, cwd: string): Extract<RecordLocation, { kind: 'archive' }>['place'] {
  if (text === 'storage') return { kind: 'configured' };
  if (!text.startsWith('s3://')) return { kind: 'path', path: resolve(cwd, text) };
  const [, bucket, prefix = ''] = /^s3:\/\/([a-z0-9][a-z0-9.-]{1,62})(?:\/(.*))?$/s.exec(text) ?? [];
  if (bucket !== undefined) return { kind: 's3', bucket, prefix: prefix.replace(/\/+$/, '') };
  throw new SrgitError('SRGIT_USAGE', `--${flag} ${text} names no bucket`, { hint: 'Write s3://bucket/prefix.' });
}

/** Whether the configured storage has something to say about a place: its endpoint and credentials are for its own bucket. */
export function needsStorage(location: RecordLocation): boolean {
  return location.kind === 'archive' && location.place.kind === 'configured';
}

/** Where an archive's files are. */
export function storageOf(
  place: Extract<RecordLocation, { kind: 'archive' }>['place'],
  configured: StorageSettings | undefined,
): StorageSettings {
  if (place.kind === 'path') return { backend: 'filesystem', path: place.path };
  if (place.kind === 's3') {
    const own = configured?.backend === 's3' && configured.bucket === place.bucket ? configured : undefined;
    return { ...own, backend: 's3', bucket: place.bucket, prefix: place.prefix };
  }
  if (configured !== undefined) return configured;
  throw new SrgitError('SRGIT_CONFIG_MISSING', 'no storage is configured', {
    hint: 'Describe it under `storage:` in srgit.yaml.',
  });
}
