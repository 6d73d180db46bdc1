/** Finds the headers that carry a schema id, among all of a record's; of several with one name the last wins. */
import type { RecordSlices } from './record-slices.ts';

/** One of each header that can carry an id, by its number below; -1 where the record has none. */
export class SchemaHeaders {
  /** Position of the value, by `SCHEMA_HEADER`. */
  readonly start = new Int32Array(COUNT);
  /** Its length; -1 for null, -2 where there is no such header. */
  readonly length = new Int32Array(COUNT).fill(ABSENT);
  /** Whether any is there. */
  any = false;

  find(bytes: Buffer, record: RecordSlices): void {
    if (this.any) this.length.fill(ABSENT);
    this.any = false;
    const headers = record.headers;
    for (let slot = 0, end = 4 * record.headerCount; slot < end; slot += 4) {
      const length = headers[slot + 1] as number;
      // Nearly every other header is told by its length alone.
      if (length > LONGEST || ((LENGTHS >>> length) & 1) === 0) continue;
      const number = numberOf(bytes, headers[slot] as number, length);
      if (number < 0) continue;
      this.any = true;
      this.start[number] = headers[slot + 2] as number;
      this.length[number] = headers[slot + 3] as number;
    }
  }
}

/** Numbers of a side's headers: the key's; the value's are greater by `VALUE`. */
export const SCHEMA_HEADER = { confluent: 0, globalId: 1, contentId: 2 } as const;
export const VALUE = 3;
export const ABSENT = -2;
const COUNT = 2 * VALUE;

const NAMES = [
  '__key_schema_id',
  'apicurio.key.globalId',
  'apicurio.key.contentId',
  '__value_schema_id',
  'apicurio.value.globalId',
  'apicurio.value.contentId',
].map((name) => Buffer.from(name));

/** Every name has a length of its own. */
const BY_LENGTH = new Map(NAMES.map((name, number) => [name.length, { name, number }]));
const LONGEST = 31;
const LENGTHS = NAMES.reduce((bits, name) => bits | (1 << name.length), 0);

function numberOf(bytes: Buffer, start: number, length: number): number {
  const known = BY_LENGTH.get(length);
  if (known === undefined) return -1;
  for (let i = 0; i < length; i++) if (bytes[start + i] !== known.name[i]) return -1;
  return known.number;
}
