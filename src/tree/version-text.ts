/**
 * The text of a version as a file (rule 1 of the tree): readable where that loses nothing, exact otherwise.
 */
import type { SchemaType } from '../model/schema-version.ts';
import { decodeText, sha256Of } from '../model/text-bytes.ts';
import { indentJson, stripJsonWhitespace } from '../schema/json-text.ts';

/** What is written for a stored text: re-indented JSON when compacting it gives the text back, else the text itself. */
export function formatVersionText(schemaType: SchemaType, text: string): string {
  return schemaType === 'PROTOBUF' ? text : (indentJson(text) ?? text);
}

export type ReadVersionText =
  | { readonly ok: true; readonly text: string }
  /** `line-endings`: undoing a CRLF conversion would give the text back. */
  | { readonly ok: false; readonly reason: 'edited' | 'line-endings' };

/** The exact stored text behind a file's bytes, found by its hash: the file as it is, or with its whitespace dropped. */
export function readVersionText(schemaType: SchemaType, bytes: Uint8Array, expectedSha256: string): ReadVersionText {
  const content = decodeText(bytes);
  if (schemaType !== 'PROTOBUF') {
    const compact = stripJsonWhitespace(content);
    if (sha256Of(compact) === expectedSha256) return { ok: true, text: compact };
  }
  if (sha256Of(bytes) === expectedSha256) return { ok: true, text: content };
  const unixText = content.replaceAll('\r\n', '\n');
  if (unixText !== content && sha256Of(unixText) === expectedSha256) return { ok: false, reason: 'line-endings' };
  return { ok: false, reason: 'edited' };
}
