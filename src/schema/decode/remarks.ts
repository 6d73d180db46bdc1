/** Collects what is said about a record: the first hundred of each kind, and how many more there were. */
import type { JsonValue } from '../../model/json.ts';
import type { Decoded, Remark, UnknownField } from './decoded.ts';

const MOST_LISTED = 100;

export class Remarks {
  readonly #problems: Remark[] = [];
  readonly #notes: Remark[] = [];
  readonly #unknown: UnknownField[] = [];
  #unlisted = 0;

  problem(remark: Remark): void {
    this.#add(this.#problems, remark);
  }

  note(remark: Remark): void {
    this.#add(this.#notes, remark);
  }

  unknownField(field: UnknownField): void {
    this.#add(this.#unknown, field);
  }

  /** @param value absent where nothing was read. */
  toDecoded(value: JsonValue | undefined, more: Pick<Decoded, 'message'> = {}): Decoded {
    return {
      ...(value === undefined ? {} : { value }),
      complete: this.#problems.length === 0,
      problems: this.#problems,
      notes: this.#notes,
      unknownFields: this.#unknown,
      unlisted: this.#unlisted,
      ...more,
    };
  }

  #add<T>(list: T[], entry: T): void {
    if (list.length < MOST_LISTED) list.push(entry);
    else this.#unlisted++;
  }
}

/** A record that cannot be read at all. */
export function unreadable(offset: number, message: string): Decoded {
  const remarks = new Remarks();
  remarks.problem({ offset, path: '', message });
  return remarks.toDecoded(undefined);
}
