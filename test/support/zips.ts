/** ZIP files, read by another library than the one that wrote them. */
import { buffer } from 'node:stream/consumers';
import { openPromise } from 'yauzl';

/** Every entry's bytes by its path, in the order of the archive's directory. */
export async function readZip(file: string): Promise<ReadonlyMap<string, Buffer>> {
  const zip = await openPromise(file);
  const entries = new Map<string, Buffer>();
  for await (const entry of zip.eachEntry())
    entries.set(entry.fileName, await buffer(await zip.openReadStreamPromise(entry)));
  return entries;
}
