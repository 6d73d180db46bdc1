/** What a reader of foreign bytes is ready to take. What exceeds it is refused (`too-large`), not tried. */
export interface RecordLimits {
  /** Bytes of one batch as stored. A broker's own limit is `message.max.bytes`, 1 MiB unless configured. */
  readonly maxBatchBytes: number;
  /** Bytes of one batch's records once decompressed. */
  readonly maxDecompressedBytes: number;
  readonly maxHeadersPerRecord: number;
}

export const DEFAULT_LIMITS: RecordLimits = {
  maxBatchBytes: 128 * 1024 * 1024,
  maxDecompressedBytes: 128 * 1024 * 1024,
  maxHeadersPerRecord: 1_000_000,
};
