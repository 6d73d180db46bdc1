/** A record stream in chunks → stretches of whole records, each in one buffer: a record that straddles is put together. */
import { RecordError } from '../records/record-error.ts';
import type { RecordWalk, Stretch } from './kbak-walk.ts';

export interface StretchOfBytes {
  readonly bytes: Buffer;
  readonly stretch: Stretch;
}

/**
 * Ends with the segment's last record, or with the last one wanted.
 * @throws RecordError with positions in the decompressed records; what was before the damage has been given out
 */
export async function* walkStream(chunks: AsyncIterable<Buffer>, walk: RecordWalk): AsyncGenerator<StretchOfBytes> {
  if (walk.isComplete) return;
  const straddling = new Straddling(walk);
  /** Of the chunk's first byte, in the stream. */
  let position = 0;
  for await (const chunk of chunks) {
    let start = 0;
    try {
      if (straddling.length > 0) {
        start = straddling.fill(chunk);
        const record = straddling.take();
        if (record === undefined) {
          position += chunk.length;
          continue;
        }
        yield* stretchesOf(record, 0, walk);
        if (walk.isComplete || walk.isPast) return;
      }
    } catch (error) {
      throw moveError(error, position + start);
    }
    const { stretches, stop, error } = walk.walk(chunk, start, chunk.length);
    for (const stretch of stretches) yield { bytes: chunk, stretch };
    if (error !== undefined) throw moveError(error, position);
    if (walk.isComplete || walk.isPast) return;
    if (stop < chunk.length) straddling.begin(chunk.subarray(stop));
    position += chunk.length;
  }
  if (!walk.isCounted && straddling.length === 0) return;
  throw new RecordError('truncated', `the records end after ${walk.seen}, before the number that the segment says`, {
    position,
    decompressed: true,
  });
}

function* stretchesOf(bytes: Buffer, start: number, walk: RecordWalk): Generator<StretchOfBytes> {
  const { stretches, error } = walk.walk(bytes, start, bytes.length);
  for (const stretch of stretches) yield { bytes, stretch };
  if (error !== undefined) throw error;
}

/** The beginning of one record, from the end of one chunk and as many further ones as it takes. */
class Straddling {
  length = 0;
  private parts: Buffer[] = [];
  private size: number | undefined;
  private readonly walk: RecordWalk;

  constructor(walk: RecordWalk) {
    this.walk = walk;
  }

  begin(rest: Buffer): void {
    this.parts = [Buffer.from(rest)];
    this.length = rest.length;
    this.size = this.walk.sizeAt(rest, 0, rest.length);
  }

  /** Takes what the record lacks from the chunk's beginning; answers how much. */
  fill(chunk: Buffer): number {
    let taken = 0;
    if (this.size === undefined) {
      taken = this.add(chunk, 0, 4 - this.length);
      const head = Buffer.concat(this.parts);
      this.parts = [head];
      this.size = this.walk.sizeAt(head, 0, head.length);
      if (this.size === undefined) return taken;
    }
    return taken + this.add(chunk, taken, this.size - this.length);
  }

  /** The record, once it is whole. */
  take(): Buffer | undefined {
    if (this.size === undefined || this.length < this.size) return undefined;
    const record = Buffer.concat(this.parts, this.length);
    this.parts = [];
    this.length = 0;
    this.size = undefined;
    return record;
  }

  private add(chunk: Buffer, start: number, wanted: number): number {
    const part = chunk.subarray(start, start + wanted);
    // Kept beyond its chunk, which is not to be looked at any more then.
    this.parts.push(part.length < wanted ? Buffer.from(part) : part);
    this.length += part.length;
    return part.length;
  }
}

function moveError(error: unknown, by: number): unknown {
  if (!(error instanceof RecordError) || by === 0) return error;
  const what = error.message.replace(/ \(byte [^()]*\)$/, '');
  return new RecordError(error.reason, what, { position: error.position + by, decompressed: true }, error.cause);
}
