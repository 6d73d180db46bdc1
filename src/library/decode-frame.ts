/** Which schema a key or value was written with. */
import { guidText } from '../records/schema-id-map.ts';

/** How the id is written. Facts: Confluent's wire format; AWS Glue's and Apicurio's serializers, by their sources. */
export type SchemaFrame = {
  /** What comes behind the id. Of Protobuf it begins with the message's indexes. The same memory, not a copy. */
  readonly payload: Uint8Array;
} & (
  | {
      /** Magic byte 0 and a 32-bit id, 1 to 2,147,483,647. */
      readonly kind: 'id';
      readonly id: number;
    }
  | {
      /** Magic byte 1 and a guid. `glue`: magic byte 3 and the guid of a schema version, the payload perhaps compressed. */
      readonly kind: 'guid' | 'glue';
      /** 8-4-4-4-12 lower-case hex digits. */
      readonly guid: string;
    }
  | {
      /** Magic byte 0 and a 64-bit id, as Apicurio's clients wrote it before version 3. */
      readonly kind: 'apicurio-id';
      readonly id: bigint;
    }
);

/**
 * Takes the frame off a key or value. By the bytes alone: a number or a text may happen to begin like a frame. Ids in
 * headers are not looked at.
 *
 * @returns undefined for what has no frame
 */
export function decodeFrame(bytes: Uint8Array): SchemaFrame | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const { length } = bytes;
  if (length < 5) return undefined;
  switch (bytes[0]) {
    case 0: {
      const id = view.getInt32(1);
      if (id > 0) return { kind: 'id', id, payload: bytes.subarray(5) };
      // No id of 32 bits is 0, and 64-bit ids are small.
      if (id < 0 || length < 9) return undefined;
      const long = view.getBigInt64(1);
      return long === 0n ? undefined : { kind: 'apicurio-id', id: long, payload: bytes.subarray(9) };
    }
    case 1:
      return length < 17 ? undefined : { kind: 'guid', guid: guidAt(bytes, 1), payload: bytes.subarray(17) };
    case 3: {
      const isGlue = length >= 18 && (bytes[1] === 0 || bytes[1] === 5);
      return isGlue ? { kind: 'glue', guid: guidAt(bytes, 2), payload: bytes.subarray(18) } : undefined;
    }
    default:
      return undefined;
  }
}

function guidAt(bytes: Uint8Array, start: number): string {
  return guidText(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength), start);
}
