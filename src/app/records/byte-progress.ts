/** Progress of reading partitions: by bytes where the source knows how many there are, by records otherwise. */
import type { SourcePartition } from '../../records/record-source.ts';
import type { OnProgress } from '../progress.ts';

const MB = 1_000_000;

export class ByteProgress {
  readonly #phase: string;
  readonly #onProgress: OnProgress | undefined;
  readonly #total: number | undefined;
  #bytes = 0;
  #records = 0;
  /** Stored bytes of partitions that are done: what is read may be larger, once decompressed. */
  #done = 0;

  /** @param phase a verb: "scanning" */
  constructor(phase: string, partitions: readonly SourcePartition[], onProgress: OnProgress | undefined) {
    this.#phase = phase;
    this.#onProgress = onProgress;
    const known = partitions.every(({ bytes }) => bytes !== undefined);
    this.#total = known ? partitions.reduce((total, { bytes = 0 }) => total + bytes, 0) : undefined;
  }

  add(bytes: number, records: number): void {
    this.#bytes += bytes;
    this.#records += records;
    const total = this.#total;
    const [unit, size] = this.#bytes < 10 * MB && (total ?? 0) < 10 * MB ? ['kB', 1000] : ['MB', MB];
    const done = total === undefined ? this.#bytes : Math.min(total, Math.max(this.#done, this.#bytes));
    this.#onProgress?.({
      phase: `${this.#phase}, ${unit}`,
      done: Math.floor(done / size),
      total: total === undefined ? undefined : Math.ceil(total / size),
    });
  }

  finish({ bytes = 0 }: SourcePartition): void {
    this.#done += bytes;
  }

  get records(): number {
    return this.#records;
  }

  get bytes(): number {
    return this.#bytes;
  }
}
