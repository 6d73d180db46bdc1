/** Subjects by name and number, from the index's columns. */
import { SCHEMA_TYPES, type SchemaType } from '../src/model/schema-version.ts';
import { formatSubjectName } from '../src/model/subject-name.ts';
import { siteIndex } from './store.ts';

let byName: Map<string, number> | undefined;

export function subjectNumber(qualified: string): number | undefined {
  byName ??= new Map(siteIndex().subjects.name.map((_, at) => [qualifiedName(at), at]));
  return byName.get(qualified);
}

export function qualifiedName(at: number): string {
  const { subjects, contexts } = siteIndex();
  const context = contexts[subjects.context[at] ?? 0]?.name ?? '.';
  return formatSubjectName({ context, subject: subjects.name[at] ?? '' });
}

export function typeOf(at: number): SchemaType | undefined {
  return SCHEMA_TYPES[siteIndex().subjects.type[at] ?? -1];
}

export const TYPE_NAMES: Readonly<Record<SchemaType, string>> = {
  AVRO: 'Avro',
  JSON: 'JSON Schema',
  PROTOBUF: 'Protobuf',
};

/** Every version is soft-deleted. */
export function isGone(at: number): boolean {
  const { versions, deleted } = siteIndex().subjects;
  return (versions[at] ?? 0) > 0 && versions[at] === deleted[at];
}
