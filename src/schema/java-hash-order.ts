/**
 * The order in which Java walks through its hash tables: by bucket. Confluent lists properties, fields and subjects in it
 * (observed), so answers that are to be the same have to as well.
 */

/** Keys in the order of a `HashSet` or `HashMap` that they were put into one by one. */
function inHashOrder<Key extends string | number>(keys: readonly Key[]): readonly Key[] {
  return byBucket(keys, tableSize(keys.length));
}

/** Keys in the order of a `ConcurrentHashMap`, which grows one key sooner. */
export function inConcurrentHashOrder<Key extends string | number>(keys: readonly Key[]): readonly Key[] {
  return byBucket(keys, concurrentBuckets(keys.length));
}

/** Buckets of a `ConcurrentHashMap` with so many keys. */
export function concurrentBuckets(keys: number): number {
  return tableSize(keys + 1);
}

/** The keys of two maps as `new HashSet<>(first.keySet())` lists them after `addAll(second.keySet())`. */
export function joinHashKeys<Key extends string | number>(first: Iterable<Key>, second: Iterable<Key>): readonly Key[] {
  const own = inHashOrder([...first]);
  const all = new Set([...own, ...inHashOrder([...second])]);
  // A set made of a collection starts with room for it.
  return byBucket([...all], tableSize(all.size, Math.floor(own.length / 0.75) + 1));
}

/** Buckets of a table: a power of two, doubled when it is more than three quarters full. */
function tableSize(keys: number, least = 16): number {
  let buckets = 16;
  while (buckets < least || keys > buckets * 0.75) buckets *= 2;
  return buckets;
}

/** Keys that share a bucket keep their order. */
function byBucket<Key extends string | number>(keys: readonly Key[], buckets: number): readonly Key[] {
  if (keys.length < 2) return keys;
  return keys
    .map((key) => ({ key, bucket: hashBucket(key, buckets) }))
    .sort((a, b) => a.bucket - b.bucket)
    .map(({ key }) => key);
}

/** The bucket of a key; a table is walked through from the first one. */
export function hashBucket(key: string | number, buckets: number): number {
  const hash = typeof key === 'number' ? key : hashText(key);
  return (hash ^ (hash >>> 16)) & (buckets - 1);
}

/** Java's `String.hashCode`. */
function hashText(text: string): number {
  let hash = 0;
  for (let at = 0; at < text.length; at++) hash = (Math.imul(31, hash) + text.charCodeAt(at)) | 0;
  return hash;
}
