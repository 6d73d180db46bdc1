/** Why a text is no Avro schema, in the words of the Java libraries that Confluent's registry is built on. */

/** Thrown inside this folder only; `avroLanguage` turns it into an error value. */
export class AvroSchemaError extends Error {
  override readonly name = 'AvroSchemaError';
}

/** Avro wraps the JSON reader's exceptions, so that they show with their class name. */
const JACKSON = 'com.fasterxml.jackson.core';

/** Jackson leaves the text out of its messages and says so (observed). */
export const SOURCE = '[Source: REDACTED (`StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION` disabled); ';

/** A syntax error at a place: lines and columns count from 1. */
export function syntaxError(message: string, line: number, column: number): AvroSchemaError {
  return located(`${JACKSON}.JsonParseException`, message, line, column);
}

/** A text that ends too early. */
export function endOfInputError(message: string, line: number, column: number): AvroSchemaError {
  return located(`${JACKSON}.io.JsonEOFException`, message, line, column);
}

function located(kind: string, message: string, line: number, column: number): AvroSchemaError {
  return new AvroSchemaError(`${kind}: ${message}\n at ${SOURCE}line: ${line}, column: ${column}]`);
}

/**
 * More than Jackson reads or writes by default.
 *
 * @param what Jackson's words: `Document nesting depth`, `Number value length`, …
 * @param limit the setting's name, such as `StreamReadConstraints.getMaxNestingDepth()`
 */
export function constraintError(what: string, value: number, most: number, limit: string): AvroSchemaError {
  return new AvroSchemaError(
    `${JACKSON}.exc.StreamConstraintsException: ${what} (${value}) exceeds the maximum allowed ` +
      `(${most}, from \`${limit}\`)`,
  );
}
