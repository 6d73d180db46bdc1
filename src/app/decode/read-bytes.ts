/** A record from a file or a pipe, up to the largest that is taken. */
import type { Readable } from 'node:stream';
import { SrgitError, throwIfAborted } from '../../errors.ts';
import { type ByteForm, bytesFromFile, type GivenBytes, MOST_RECORD_BYTES, tooLarge } from './record-bytes.ts';

/**
 * @param called for errors: the file's path.
 * @throws SrgitError SRGIT_USAGE for a file that cannot be read, or one that is too large.
 */
export async function readBytes(
  input: Readable,
  called: string,
  form: ByteForm,
  signal?: AbortSignal,
): Promise<GivenBytes> {
  const chunks: Buffer[] = [];
  let size = 0;
  const stop = (): void => void input.destroy();
  signal?.addEventListener('abort', stop, { once: true });
  try {
    for await (const chunk of input) {
      const bytes = Buffer.from(chunk as Buffer);
      chunks.push(bytes);
      size += bytes.length;
      // Hex has two digits a byte, and blanks between.
      if (size > 4 * MOST_RECORD_BYTES) throw tooLarge();
    }
  } catch (error) {
    throwIfAborted(signal);
    if (error instanceof SrgitError) throw error;
    throw new SrgitError('SRGIT_USAGE', `cannot read ${called}: ${error instanceof Error ? error.message : error}`, {
      hint: 'Give a file that exists, as @FILE.',
      cause: error,
    });
  } finally {
    signal?.removeEventListener('abort', stop);
    input.destroy();
  }
  throwIfAborted(signal);
  return bytesFromFile(Buffer.concat(chunks, size), form);
}
