/** Answers' JSON, member by member in the server's order. */
import type { Metadata, Reference, RuleSet, SchemaContent } from '../model/schema-version.ts';
import { computeGuid } from '../semantics/guid.ts';
import { referencedSubject } from '../semantics/names.ts';
import type { Registered } from '../semantics/register.ts';
import type { Row } from '../semantics/state.ts';

const quote = (text: string): string => JSON.stringify(text);

function references(list: readonly Reference[]): string {
  return list.length === 0
    ? ''
    : `,"references":${JSON.stringify(list.map(({ name, subject, version }) => ({ name, subject, version })))}`;
}

function metadataJson(metadata: Metadata | undefined): string {
  if (metadata === undefined) return '';
  const { tags, properties, sensitive } = metadata;
  return `,"metadata":${JSON.stringify({ tags, properties, sensitive })}`;
}

function ruleSetJson(ruleSet: RuleSet | undefined): string {
  if (ruleSet === undefined) return '';
  const { migrationRules, domainRules, encodingRules, enableAt } = ruleSet;
  return `,"ruleSet":${JSON.stringify({ migrationRules, domainRules, encodingRules, enableAt })}`;
}

/** An empty text, which only a damaged topic has, is left out (observed). */
const schemaText = ({ schema }: Pick<SchemaContent, 'schema'>): string =>
  schema === '' ? '' : `,"schema":${quote(schema)}`;

const time = (row: Row): string => (row.registeredAt === undefined ? '' : `,"ts":${row.registeredAt}`);

/**
 * A version, as `GET /subjects/{s}/versions/{v}` and the rows of `GET /schemas` show it.
 *
 * @param tags the member with its inline tags, if asked for; see tags.ts.
 * @param extra members at the end.
 */
export function versionJson(row: Row, tags = '', extra = ''): string {
  return (
    `{"subject":${quote(row.subject)},"version":${row.version},"id":${row.id},"guid":"${row.guid}"` +
    `,"schemaType":"${row.schemaType}"${references(row.references)}${metadataJson(row.metadata)}` +
    `${schemaText(row)}${tags}${time(row)},"deleted":${row.deleted}${ruleSetJson(row.ruleSet)}${extra}}`
  );
}

/** The same row with its references' subjects qualified; the guid shown is that of this spelling (observed). */
export function withQualifiedReferences(row: Row): Row {
  if (row.references.length === 0) return row;
  const qualified = row.references.map((reference) => ({
    ...reference,
    subject: referencedSubject(row.subject, reference.subject),
  }));
  return { ...row, references: qualified, guid: computeGuid({ ...row, references: qualified }) };
}

/** A schema by id. */
export function schemaOfIdJson(row: Row, maxId: number | undefined, tags = ''): string {
  return `{"subject":${quote(row.subject)},"version":${row.version},${schemaMembers(row, maxId, tags)}}`;
}

/** A schema by guid: without a subject, as it may stand under many. */
export function schemaOfGuidJson(row: Row): string {
  return `{${schemaMembers(row, undefined)}}`;
}

function schemaMembers(row: Row, maxId: number | undefined, tags = ''): string {
  return (
    `"guid":"${row.guid}","schemaType":"${row.schemaType}"${schemaText(row)}` +
    `${references(row.references)}${metadataJson(row.metadata)}${ruleSetJson(row.ruleSet)}${tags}` +
    `${maxId === undefined ? '' : `,"maxId":${maxId}`}${time(row)},"deleted":${row.deleted}`
  );
}

function contentMembers(content: SchemaContent): string {
  return (
    `"schemaType":"${content.schemaType}"${references(content.references)}${metadataJson(content.metadata)}` +
    `${ruleSetJson(content.ruleSet)}${schemaText(content)}`
  );
}

/** The answer to a registration. */
export function registeredJson({ id, version, guid, content, found }: Registered): string {
  const stored = found === undefined ? '' : `${time(found)},"deleted":${found.deleted}`;
  return `{"id":${id},"version":${version},"guid":"${guid}",${contentMembers(content)}${stored}}`;
}

/** The answer to a look-up; with the row's time only when it was found by comparing (observed). */
export function lookedUpJson(row: Row, loose: boolean): string {
  const stored = loose ? `${time(row)},"deleted":${row.deleted}` : '';
  return (
    `{"subject":${quote(row.subject)},"version":${row.version},"id":${row.id},"guid":"${row.guid}",` +
    `${contentMembers(row)}${stored}}`
  );
}
