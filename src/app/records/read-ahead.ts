/** Lets a source go on while what it gave is still worked on. */

/**
 * The same items in the same order; up to `limit` of them are fetched before they are asked for. An error comes after the
 * items before it. Whoever stops early ends the source, too.
 *
 * @param drop told of items that were fetched and are not wanted any more
 */
export async function* readAhead<T>(
  source: AsyncIterable<T>,
  limit: number,
  drop: (item: T) => void,
): AsyncGenerator<T, void, undefined> {
  const queue: T[] = [];
  let wakeReader = Promise.withResolvers<void>();
  let wakeSource = Promise.withResolvers<void>();
  let isOver = false;
  let isStopped = false;
  let failure: { readonly error: unknown } | undefined;
  const pump = async (): Promise<void> => {
    try {
      for await (const item of source) {
        if (isStopped) {
          drop(item);
          return;
        }
        queue.push(item);
        wakeReader.resolve();
        while (queue.length >= limit && !isStopped) {
          wakeSource = Promise.withResolvers<void>();
          await wakeSource.promise;
        }
        if (isStopped) return;
      }
    } catch (error) {
      failure = { error };
    } finally {
      isOver = true;
      wakeReader.resolve();
    }
  };
  const pumping = pump();
  try {
    for (;;) {
      const item = queue.shift();
      if (item !== undefined) {
        wakeSource.resolve();
        yield item;
      } else if (isOver) break;
      else {
        wakeReader = Promise.withResolvers<void>();
        // What came before the promise was made is in the queue already.
        if (queue.length === 0 && !isOver) await wakeReader.promise;
      }
    }
    if (failure !== undefined) throw failure.error;
  } finally {
    isStopped = true;
    wakeSource.resolve();
    for (const item of queue.splice(0)) drop(item);
    await pumping;
    for (const item of queue.splice(0)) drop(item);
  }
}
