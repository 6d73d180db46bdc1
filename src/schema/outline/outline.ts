/** What a schema declares, as a flat list that a person can compare: fields, properties, messages, symbols. */

export interface OutlineItem {
  /** The same item has the same key in every version of a schema: by name in Avro and JSON, by number in Protobuf. */
  readonly key: string;
  /** What a person calls it: `Order.total_cents`, `#/properties/email`, `Payment.iban = 5`. */
  readonly name: string;
  readonly kind: 'schema' | 'type' | 'field' | 'symbol' | 'property' | 'service' | 'method';
  /** Where incompatibilities say that it is, in the language's notation. */
  readonly path: string;
  /** What can change about it, in the order in which it is shown; texts for people. */
  readonly facts: Readonly<Record<string, string>>;
}

/** Deeper nesting is not outlined: nobody reads it, and the comparison shows the texts instead. */
export const OUTLINE_DEPTH = 64;

/** More items than a person compares: what comes after is left out. */
export const OUTLINE_ITEMS = 20_000;

/** Only the facts that are there. */
export function facts(entries: Readonly<Record<string, string | undefined>>): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(entries).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
}
