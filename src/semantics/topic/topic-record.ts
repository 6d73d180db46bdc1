/** A record of a `_schemas` topic as it lies there: bytes, with its place and time. */
export interface TopicRecord {
  readonly offset: bigint;
  /** Milliseconds since 1970. */
  readonly timestamp: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers?: readonly (readonly [key: Buffer, value: Buffer | null])[];
}
