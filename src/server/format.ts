/**
 * The `format` parameter. Formats that need a language's own printer are
 * answered as not supported when read; registrations and look-ups answer the stored text.
 */
import type { Row } from '../semantics/state.ts';
import { type Answer, type Call, refused } from './call.ts';
import { queryText } from './parameters.ts';

/**
 * The answer when the format asked for would give another text than the stored one and cannot be made yet: AVRO
 * `resolved` of a schema with references, PROTOBUF `serialized` and `ignore_extensions`. Undefined: the text stands.
 * Unknown formats are ignored (observed).
 */
export function unsupportedFormat(call: Call, row: Row): Answer | undefined {
  const format = queryText(call, 'format')?.toLowerCase();
  if (format === undefined) return undefined;
  const needsPrinter =
    (row.schemaType === 'AVRO' && format === 'resolved' && row.references.length > 0) ||
    (row.schemaType === 'PROTOBUF' && (format === 'serialized' || format === 'ignore_extensions'));
  if (!needsPrinter) return undefined;
  const refusal = `format=${format} is not supported for ${row.schemaType} by this registry`;
  return refused({ status: 501, errorCode: 501, refusal });
}
