/** Which schema a key or value was written with. */
import { decodeFrame as findFrame } from '../records/decode-frame.ts';

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
  const frame = findFrame(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
  const { kind, id = 0, guid = '', longId = '0' } = frame;
  const payload = bytes.subarray(frame.payloadAt);
  switch (kind) {
    case 'id':
      return id > 0 ? { kind, id, payload } : undefined;
    case 'apicurio-id':
      return longId === '0' ? undefined : { kind, id: BigInt(longId), payload };
    case 'guid':
    case 'glue':
      return { kind, guid, payload };
    default:
      return undefined;
  }
}
