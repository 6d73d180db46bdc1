/** The bytes before a record's payload. */

export interface FrameStart {
  readonly magic: number;
  readonly id: number;
  /** Of the bytes after the id, as many as were asked for. */
  readonly next: readonly number[];
}

/** @param frame hexadecimal. */
export function startOfFrame(frame: string, next = 0): FrameStart {
  const bytes = Buffer.from(frame, 'hex');
  return { magic: bytes.readUInt8(0), id: bytes.readInt32BE(1), next: [...bytes.subarray(5, 5 + next)] };
}

/** All after the id, hexadecimal. */
export const payloadOf = (frame: string): string => frame.slice(10);

/** What stands in a header instead: `01`, the sixteen bytes of the guid, for Protobuf the message indexes. */
export function headerOf(guid: string, indexes: readonly number[] = []): string {
  return `01${guid.replaceAll('-', '')}${Buffer.from(indexes).toString('hex')}`;
}
