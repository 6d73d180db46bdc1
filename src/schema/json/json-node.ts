/**
 * JSON as the registry's parser (Jackson) holds it: members in the order of the text, numbers exact. Unlike values of
 * `JSON.parse`, integer-like keys stay in place, `__proto__` is a key like any other, and `1.0` is not `1`.
 */

export interface JsonNumber {
  readonly kind: 'number';
  /** As it is written again: an integer's digits, or what Java's `BigDecimal.toString` makes of it. */
  readonly text: string;
  /** Whether the text had neither a fraction nor an exponent; `1.0` and `1e2` are not integers to the registry. */
  readonly isInteger: boolean;
}

export interface JsonObject {
  readonly kind: 'object';
  readonly members: ReadonlyMap<string, JsonNode>;
}

export interface JsonArray {
  readonly kind: 'array';
  readonly items: readonly JsonNode[];
}

export interface JsonString {
  readonly kind: 'string';
  readonly value: string;
}

export interface JsonBoolean {
  readonly kind: 'boolean';
  readonly value: boolean;
}

/**
 * `NaN`, `Infinity` and `-Infinity` come in as words and go out as strings (observed), so they are strings here.
 */
export type JsonNode = JsonObject | JsonArray | JsonString | JsonNumber | JsonBoolean | { readonly kind: 'null' };
