/** Puts records into the one partition of a topic, in order, in batches. */
import { throwIfAborted } from '../../errors.ts';
import type { KafkaClient } from '../../kafka/port.ts';
import { writePlainRecords } from '../../records/plain-records.ts';
import type { PlainRecord } from '../../records/record-slices.ts';
import type { OnProgress } from '../progress.ts';

export interface NewRecord {
  readonly key: Buffer | null;
  /** Null for a tombstone. */
  readonly value: Buffer | null;
  /** Milliseconds since 1970; now where it is not known. */
  readonly timestamp?: number | undefined;
  readonly headers?: PlainRecord['headers'];
}

export interface WriteRecordsOptions {
  readonly client: KafkaClient;
  readonly topic: string;
  readonly records: Iterable<NewRecord> | AsyncIterable<NewRecord>;
  readonly now: () => number;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: OnProgress | undefined;
}

/** Well below what a broker takes in one batch, 1 MiB unless configured. */
const BATCH_BYTES = 256 * 1024;

/** @returns how many were written; all of them are acknowledged. @throws SrgitError of the client */
export async function writeTopicRecords(options: WriteRecordsOptions): Promise<number> {
  const { client, topic, signal, now } = options;
  const producer = await client.producer({ acks: 'all', signal });
  let written = 0;
  let batch: PlainRecord[] = [];
  let size = 0;
  const flush = async (): Promise<void> => {
    if (batch.length === 0) return;
    throwIfAborted(signal);
    await producer.send(topic, 0, writePlainRecords(batch));
    written += batch.length;
    options.onProgress?.({ phase: `writing ${topic}`, done: written });
    batch = [];
    size = 0;
  };
  try {
    for await (const { key, value, timestamp, headers } of options.records) {
      const bytes = (key?.length ?? 0) + (value?.length ?? 0);
      if (size + bytes > BATCH_BYTES) await flush();
      batch.push({
        offset: BigInt(batch.length),
        timestamp: BigInt(timestamp ?? now()),
        key,
        value,
        headers: headers ?? [],
      });
      size += bytes;
    }
    await flush();
  } finally {
    await producer.close();
  }
  return written;
}
