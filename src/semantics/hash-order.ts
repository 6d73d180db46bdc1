/**
 * The order in which Confluent lists the subjects of an id: iteration over a Java ConcurrentHashMap keyed by subject
 * name, so by the hash's bucket (observed: `user2-value` before `user-value`). The first of them is the subject that
 * `GET /schemas/ids/{id}` shows.
 */

/** The names in that order; names that share a bucket keep the order they are given in. */
export function inHashOrder(names: readonly string[]): readonly string[] {
  if (names.length < 2) return names;
  let buckets = 16;
  // The table doubles as soon as it is three quarters full.
  while (names.length >= buckets * 0.75) buckets *= 2;
  const bucketOf = (name: string): number => {
    const hash = javaHash(name);
    return (hash ^ (hash >>> 16)) & (buckets - 1);
  };
  return names
    .map((name) => ({ name, bucket: bucketOf(name) }))
    .sort((a, b) => a.bucket - b.bucket)
    .map(({ name }) => name);
}

/** Java's `String.hashCode`. */
function javaHash(text: string): number {
  let hash = 0;
  for (let at = 0; at < text.length; at++) hash = (Math.imul(31, hash) + text.charCodeAt(at)) | 0;
  return hash;
}
