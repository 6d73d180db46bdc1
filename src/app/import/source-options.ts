/** How a source of an import is to be read. */
import type { OnProgress } from '../progress.ts';

export interface SourceOptions {
  /** Of a plain folder: how a file's subject is found. See subject-rule.ts. */
  readonly subjectRule?: string | undefined;
  /** Of Apicurio's archives: which of its ids the records have. */
  readonly apicurioIds: 'content' | 'global';
  /** Of a console's dump: what `key.separator` was. */
  readonly keySeparator?: string | undefined;
  /** Of a topic: what an empty value is. */
  readonly emptyValues?: 'auto' | 'skip' | 'tombstone' | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: OnProgress | undefined;
}
