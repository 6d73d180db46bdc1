/** The subjects that hold an id. Thousands may: every topic with keys that are plain strings has the same schema for them. */
import { concurrentBuckets, hashBucket } from '../schema/java-hash-order.ts';

/**
 * Subject to version. Knows which subject Confluent comes to first in its table without going through all of them: that is
 * asked for each request by id and for each record of a topic.
 */
export class SubjectsOfId extends Map<string, number> {
  #first: { readonly subject: string; readonly bucket: number } | undefined;

  override set(subject: string, version: number): this {
    const before = this.size;
    super.set(subject, version);
    if (this.size !== before) this.#noteAdded(subject, before);
    return this;
  }

  override delete(subject: string): boolean {
    const before = this.size;
    const isGone = super.delete(subject);
    if (subject === this.#first?.subject || this.#isResized(before)) this.#first = undefined;
    return isGone;
  }

  /** Undefined when there is none. */
  get first(): string | undefined {
    this.#first ??= this.#findFirst();
    return this.#first?.subject;
  }

  #noteAdded(subject: string, before: number): void {
    if (this.#isResized(before)) this.#first = undefined;
    if (this.#first === undefined) return;
    const bucket = hashBucket(subject, concurrentBuckets(this.size));
    // Of those that share a bucket the one that came first stays so.
    if (bucket < this.#first.bucket) this.#first = { subject, bucket };
  }

  /** In a table of another size everything has another place. */
  #isResized(before: number): boolean {
    return concurrentBuckets(before) !== concurrentBuckets(this.size);
  }

  #findFirst(): { readonly subject: string; readonly bucket: number } | undefined {
    const buckets = concurrentBuckets(this.size);
    let first: { readonly subject: string; readonly bucket: number } | undefined;
    for (const subject of this.keys()) {
      const bucket = hashBucket(subject, buckets);
      if (first === undefined || bucket < first.bucket) first = { subject, bucket };
    }
    return first;
  }
}
