/** Records whose schema the target lacks, with the place they came from: they go to a topic of their own, unchanged. */
import type { PlainRecord } from '../../../records/record-slices.ts';
import type { TakenOut } from '../record-stage.ts';

/** `orders.dead-letters`: of the target topic. */
export function deadLetterTopic(topic: string): string {
  return `${topic}.dead-letters`;
}

/** The very key, value, timestamp and headers, and at their end why and from where. */
export function toDeadLetter({ topic, partition, record, side, id }: TakenOut): PlainRecord {
  const facts: Readonly<Record<string, string>> = {
    reason: 'schema-unknown',
    side,
    'schema-id': id,
    topic,
    partition: `${partition}`,
    offset: `${record.offset}`,
  };
  const added = Object.entries(facts).map(
    ([name, value]) => [Buffer.from(`srgit.dead-letter.${name}`), Buffer.from(value)] as const,
  );
  return { ...record, headers: [...record.headers, ...added] };
}
