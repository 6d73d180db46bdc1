/** What a version of the source is as a schema of the target, and whether a row of the target is that schema. */
import type { Metadata, Reference, SchemaType } from '../model/schema-version.ts';
import { sha256Of } from '../model/text-bytes.ts';
import type { ResolvedReference } from '../schema/language.ts';
import type { SchemaPort } from '../schema/schema-port.ts';
import { computeGuid } from '../semantics/guid.ts';
import { referencedSubject } from '../semantics/names.ts';
import { canonicalJson } from './canonical-json.ts';
import { type TakenFor, takenKey } from './plan-input.ts';
import type { SourceRow } from './source-rows.ts';
import { rowKey, type TargetRow } from './target-index.ts';

/** What a name and a version stand for in the target, as far as it is known. */
export interface KnownSchema {
  readonly subject: string;
  readonly schemaType: SchemaType;
  readonly schema: string;
  readonly references: readonly Reference[];
}

export type FindSchema = (subject: string, version: number) => KnownSchema | undefined;

export interface RowContents {
  /** Guid of the content as the source has it, with the references given. */
  readonly sentGuid: (row: SourceRow, references: readonly Reference[]) => string;
  /** Guid of what the registry will store: of the text in its canonical form. The sent one where that is not known. */
  readonly storedGuid: (row: SourceRow, references: readonly Reference[]) => string;
  /** Whether the target's row is the schema: by identity, else by the meaning of its text. */
  readonly isSame: (row: SourceRow, references: readonly Reference[], existing: TargetRow) => boolean;
}

export interface RowContentsOptions {
  readonly port: SchemaPort;
  readonly find: FindSchema;
  /** The source's guids were computed from its rows by whoever read them. */
  readonly trustGuids: boolean;
  /** The target stores texts in Confluent's canonical form. */
  readonly canonical: boolean;
  readonly redacted: string;
  readonly takenFor?: TakenFor | undefined;
}

/** References deeper than this are not followed: no schema that means anything is built so. */
const MAX_DEPTH = 500;

export function createRowContents(options: RowContentsOptions): RowContents {
  const { port, find, trustGuids, canonical, redacted, takenFor = new Map() } = options;
  const resolved = new Map<string, ResolvedReference['references']>();

  const resolve = (referrer: string, references: readonly Reference[], path: ReadonlySet<string>) =>
    references.flatMap(({ name, subject, version }): ResolvedReference[] => {
      const target = referencedSubject(referrer, subject);
      const key = rowKey(target, version);
      const schema = path.has(key) || path.size > MAX_DEPTH ? undefined : find(target, version);
      if (schema === undefined) return [];
      let inner = resolved.get(key);
      if (inner === undefined) {
        inner = resolve(target, schema.references, new Set([...path, key]));
        resolved.set(key, inner);
      }
      return [{ name, schemaType: schema.schemaType, schema: schema.schema, references: inner }];
    });

  const canonicalText = (content: Omit<KnownSchema, 'subject'>, subject: string, normalize: boolean) => {
    const references = resolve(subject, content.references, new Set());
    const result = port.canonicalize(content.schemaType, content.schema, references, { normalize, validate: false });
    return 'error' in result ? undefined : result.text;
  };

  // A row is asked about again and again while its place is looked for.
  const lastText = new WeakMap<SourceRow, { references: readonly Reference[]; normalize: boolean; text?: string }>();
  const canonicalTextOf = (row: SourceRow, references: readonly Reference[], normalize: boolean) => {
    const last = lastText.get(row);
    if (last?.references === references && last.normalize === normalize) return last.text;
    const text = canonicalText({ ...contentOf(row), references }, row.subject, normalize);
    lastText.set(row, { references, normalize, ...(text === undefined ? {} : { text }) });
    return text;
  };

  const guidOf = (row: SourceRow, references: readonly Reference[], schema: string): string =>
    computeGuid({ schema, references, metadata: row.metadata, ruleSet: row.ruleSet });

  const sentGuid = (row: SourceRow, references: readonly Reference[]): string => {
    const whole = row.metadata === row.row.metadata && row.ruleSet === row.row.ruleSet;
    // A guid over values that are not here cannot be computed; the recorded one is that of the real values.
    const recorded = (trustGuids || row.redacted) && whole && sameReferences(references, row.row.references);
    return recorded ? row.row.guid : guidOf(row, references, row.row.schema);
  };

  const storedGuid = (row: SourceRow, references: readonly Reference[]): string => {
    const sent = sentGuid(row, references);
    if (!canonical || row.redacted) return sent;
    const text = canonicalTextOf(row, references, false);
    return text === undefined || text === row.row.schema ? sent : guidOf(row, references, text);
  };

  const isSame = (row: SourceRow, references: readonly Reference[], { subject, row: existing }: TargetRow): boolean => {
    if (row.row.schemaType !== existing.schemaType) return false;
    if (sentGuid(row, references) === existing.guid) return true;
    if (takenFor.size > 0 && takenFor.get(takenKey(sentBy(row, references))) === existing.version) return true;
    if (!sameReferences(references, existing.references)) return false;
    if (canonicalJson(row.ruleSet) !== canonicalJson(existing.ruleSet)) return false;
    const [mine, theirs] = [row.metadata, existing.metadata].map((data) => mask(data, row.metadata, redacted));
    if (canonicalJson(mine) !== canonicalJson(theirs)) return false;
    if (row.row.schema === existing.schema) return true;
    // Registries that store texts in a form of their own are compared by what the texts mean.
    const text = canonicalTextOf(row, references, !canonical);
    return text !== undefined && text === (canonical ? existing.schema : canonicalText(existing, subject, true));
  };
  return { sentGuid, storedGuid, isSame };
}

function sentBy({ subject, row }: SourceRow, references: readonly Reference[]) {
  return { subject, schemaType: row.schemaType, sha256: row.sha256 ?? sha256Of(row.schema), references };
}

function contentOf({ row }: SourceRow) {
  return { schemaType: row.schemaType, schema: row.schema };
}

function sameReferences(a: readonly Reference[], b: readonly Reference[]): boolean {
  return (
    a === b ||
    (a.length === b.length &&
      a.every((left, at) => {
        const right = b[at];
        return left.name === right?.name && left.subject === right.subject && left.version === right.version;
      }))
  );
}

/** A redacted value may be any value. */
function mask(data: Metadata | undefined, by: Metadata | undefined, redacted: string): Metadata | undefined {
  const values = by?.properties;
  const hidden = (by?.sensitive ?? []).filter(
    (name) => values !== undefined && Object.hasOwn(values, name) && values[name] === redacted,
  );
  if (data?.properties === undefined || hidden.length === 0) return data;
  const properties = Object.entries(data.properties).map(([name, value]) => [
    name,
    hidden.includes(name) ? redacted : value,
  ]);
  return { ...data, properties: Object.fromEntries(properties) };
}
