/** What Confluent 8.3.1 prints for a mismatch (observed). */
import type { Incompatibility, Side } from '../language.ts';
import type { Mismatch, MismatchType } from './compatibility.ts';

type Describe = (path: string, reader: Side, writer: Side, info: string) => string;

const DESCRIPTIONS: Readonly<Record<MismatchType, Describe>> = {
  TYPE_MISMATCH: (path, reader, writer) =>
    `The type (path '${path}') of a field in the ${reader} schema does not match with the ${writer} schema`,
  NAME_MISMATCH: (path) => `The name of the schema has changed (path '${path}')`,
  FIXED_SIZE_MISMATCH: (path, reader, writer) =>
    `The size of FIXED type field at path '${path}' in the ${reader} schema does not match with the ${writer} schema`,
  MISSING_ENUM_SYMBOLS: (path, reader, writer, symbols) =>
    `The ${reader} schema is missing enum symbols '${symbols}' at path '${path}' in the ${writer} schema`,
  READER_FIELD_MISSING_DEFAULT_VALUE: (path, reader, writer, field) =>
    `The field '${field}' at path '${path}' in the ${reader} schema has no default value and is missing in the ` +
    `${writer} schema`,
  MISSING_UNION_BRANCH: (path, reader, writer) =>
    `The ${reader} schema is missing a type inside a union field at path '${path}' in the ${writer} schema`,
};

export function describeMismatch({ type, path, info }: Mismatch, reader: Side): Incompatibility {
  const description = DESCRIPTIONS[type](path, reader, reader === 'new' ? 'old' : 'new', info);
  const message = `{errorType:'${type}', description:'${description}', additionalInfo:'${info}'}`;
  return { errorType: type, path, description, message };
}
