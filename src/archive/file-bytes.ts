/** Bytes of one file, whatever a single call of the system makes of them. */
import { type FileHandle, open } from 'node:fs/promises';

/** Most that is read at once. */
export const CHUNK = 1 << 20;

/** Shorter only at the end of the file. */
export async function readChunk(file: FileHandle, position: number, length: number): Promise<Buffer> {
  // Not from the pool: the receiver keeps it, and changes it.
  const chunk = Buffer.allocUnsafeSlow(Math.max(0, Math.min(length, CHUNK)));
  let filled = 0;
  while (filled < chunk.length) {
    const { bytesRead } = await file.read(chunk, filled, chunk.length - filled, position + filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return filled === chunk.length ? chunk : chunk.subarray(0, filled);
}

export async function writeWhole(file: FileHandle, bytes: Buffer, position: number): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    const { bytesWritten } = await file.write(bytes, done, bytes.length - done, position + done);
    done += bytesWritten;
  }
}

/** A rename is on the disk when its folder is. Some file systems and Windows know no such thing. */
export async function syncFolder(folder: string): Promise<void> {
  try {
    const handle = await open(folder, 'r');
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  } catch (error) {
    if (codeOf(error) === 'EIO' || codeOf(error) === 'ENOSPC') throw error;
  }
}

/** `ENOENT` and so on; empty where the error is not the system's. */
export function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException | undefined)?.code ?? '';
}
