/** The `format` parameter: answers in another text than the stored one. Ids and guids stay those of the stored text. */
import type { SchemaContent } from '../model/schema-version.ts';
import { internalError, invalidSchema, type Refusal } from '../semantics/decision.ts';
import { resolveStored } from '../semantics/references.ts';
import type { Call } from './call.ts';
import { queryText } from './parameters.ts';
import type { Registry } from './registry.ts';

/**
 * The content with its text as the request wants it: AVRO `resolved`, PROTOBUF `serialized` and `ignore_extensions`.
 * Formats that a language does not know are ignored, and letter case does not count (observed).
 *
 * @param subject where the content is stored: its references are relative to that.
 */
export function inFormat<Content extends SchemaContent>(
  { state, port, rules }: Registry,
  call: Call,
  subject: string,
  content: Content,
): Content | Refusal {
  const format = queryText(call, 'format')?.toLowerCase();
  if (format === undefined || format === '') return content;
  const references = resolveStored(state, { subject, references: content.references });
  const formatted = port.format({ schemaType: content.schemaType, schema: content.schema, references }, format);
  if (formatted === undefined) return content;
  if ('text' in formatted) return { ...content, schema: formatted.text };
  // Confluent fails with 500 on texts that it stored but cannot compile (observed).
  return rules.strictConfluent === true
    ? internalError()
    : invalidSchema(`Cannot show the schema in format ${format}, details: ${formatted.error}`);
}
