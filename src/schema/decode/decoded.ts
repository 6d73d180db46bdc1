/** What came out of a record's bytes, as plain data for people and programs. */
import type { JsonValue } from '../../model/json.ts';

/** Something to be said about a place in the bytes. */
export interface Remark {
  /** Byte at which it is, counted from the first byte of the record's side, frame included. */
  readonly offset: number;
  /** The field: `ship_to.street`, `notes[3]`, `tags["a b"]`; empty for the value as a whole. */
  readonly path: string;
  readonly message: string;
}

/** A Protobuf field that the schema does not have, or has with another type. */
export interface UnknownField {
  readonly offset: number;
  /** Of the message that it is in; empty for the outermost. */
  readonly path: string;
  readonly number: number;
  readonly wireType: 'varint' | 'fixed64' | 'bytes' | 'group' | 'fixed32';
  /** A number's digits; base64, and text where it is text, of bytes; null for a group. */
  readonly value: JsonValue;
}

export interface Decoded {
  /**
   * What was read; as far as it was read where a problem ended the reading; absent where nothing was.
   *
   * Numbers that a JSON number cannot hold exactly are strings of their digits; NaN and infinities are strings. Bytes
   * are `{ base64, text? }`. A logical type stands beside what was written: `{ raw: 20455, date: "2026-01-02" }`. Avro's
   * unions of more than one type besides null are `{ branch: value }`. Protobuf's fields have the names of the .proto
   * text, and are there if they were written.
   */
  readonly value?: JsonValue;
  /** Read to the last byte, with nothing against the schema. */
  readonly complete: boolean;
  /** What is wrong. */
  readonly problems: readonly Remark[];
  /** What is worth knowing, and not wrong. */
  readonly notes: readonly Remark[];
  readonly unknownFields: readonly UnknownField[];
  /** How many problems, notes and unknown fields are not listed: of each the first hundred are. */
  readonly unlisted: number;
  /** Full name of the Protobuf message. */
  readonly message?: string;
}

export interface DecodeLimits {
  /** Most values, containers among them. */
  readonly values: number;
  /** Deepest nesting of values. */
  readonly depth: number;
}

/** A value is some tens of bytes of memory, and no reader's stack ends at this depth. */
export const DECODE_LIMITS: DecodeLimits = { values: 500_000, depth: 500 };
