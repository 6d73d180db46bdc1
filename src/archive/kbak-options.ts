/** What whoever opens an archive may say about how it is read. */

export interface KbakLimits {
  /** Bytes of `manifest.json`, which is held whole. */
  readonly maxManifestBytes: number;
  /** Bytes of one segment once decompressed. They are streamed: this bounds time, not memory. */
  readonly maxSegmentBytes: number;
  /** How many times as large as the file a segment's records may be, once they are more than 64 MiB. */
  readonly maxRatio: number;
  /** Bytes of one record, which is held whole. */
  readonly maxRecordBytes: number;
  /** Bytes that a zstd decoder may hold. */
  readonly maxZstdWindow: number;
}

export const DEFAULT_KBAK_LIMITS: KbakLimits = {
  maxManifestBytes: 480 * 1024 * 1024,
  maxSegmentBytes: 64 * 1024 ** 3,
  maxRatio: 10_000,
  maxRecordBytes: 128 * 1024 * 1024,
  maxZstdWindow: 128 * 1024 * 1024,
};

/**
 * When a segment's checksum, which is at its end, is looked at. Segments of up to `heldBytes` are read whole and always
 * checked before a record of them is given out. Larger ones are `before` read twice the first time, once for the checksum;
 * with `at-end` they are read once, and what is damaged is known after its records were given out: right for whoever only
 * counts, and throws the count away. What was found sound is not read twice again as long as the source is open.
 */
export type ChecksumMode = 'before' | 'at-end';

export interface KbakOptions {
  /** Which backup; needed where a storage holds several. */
  readonly backupId?: string | undefined;
  readonly checksums?: ChecksumMode | undefined;
  /** Segments of up to so many bytes are read whole, one more of them ahead for each partition that is read. */
  readonly heldBytes?: number | undefined;
  readonly limits?: Partial<KbakLimits> | undefined;
  /** Take records that look like transaction markers for data, even in an archive that may hold markers. */
  readonly keepMarkers?: boolean | undefined;
  /** Told what is odd and can be gone on with: one sentence each, with the key. */
  readonly onWarning?: ((message: string) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

export const DEFAULT_HELD_BYTES = 8 * 1024 * 1024;
