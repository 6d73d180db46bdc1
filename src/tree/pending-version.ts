/** A version that somebody added by hand: it has no id until a registry takes it. */
import type { Reference, SchemaType } from '../model/schema-version.ts';

export interface PendingVersion {
  readonly context: string;
  readonly subject: string;
  readonly version: number;
  readonly schemaType: SchemaType;
  /** As the file has it. */
  readonly schema: string;
  /** As listed in metadata.json, else found by name; undefined where the text is no schema that would tell. */
  readonly references?: readonly Reference[];
  readonly file: string;
}
