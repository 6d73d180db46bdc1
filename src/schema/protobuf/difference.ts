/** What can stand between a writer's schema and a reader's, and how Confluent says it. */
import type { Incompatibility, Side } from '../language.ts';

/**
 * The differences that make schemas incompatible. Fields, enums and constants that come or go, new names, and labels of
 * texts, bytes and messages never do.
 */
export type DifferenceType =
  | 'PACKAGE_CHANGED'
  | 'MESSAGE_REMOVED'
  | 'FIELD_KIND_CHANGED'
  | 'FIELD_SCALAR_KIND_CHANGED'
  | 'FIELD_NAMED_TYPE_CHANGED'
  | 'FIELD_NUMERIC_LABEL_CHANGED'
  | 'REQUIRED_FIELD_ADDED'
  | 'REQUIRED_FIELD_REMOVED'
  | 'ONEOF_FIELD_REMOVED'
  | 'MULTIPLE_FIELDS_MOVED_TO_ONEOF'
  | 'FIELD_MOVED_TO_EXISTING_ONEOF';

export interface Difference {
  readonly type: DifferenceType;
  /** `#/Message/1`; parts are names, and numbers of fields. */
  readonly path: string;
}

/** The sentences of Confluent 8.3.1 (observed). `a` is what the reader is called, `b` what the writer is. */
const SENTENCES: Readonly<Record<DifferenceType, (path: string, a: Side, b: Side) => string>> = {
  PACKAGE_CHANGED: (path, a, b) =>
    `The package at '${path}' in the ${a} schema does not match the package in the ${b} schema`,
  MESSAGE_REMOVED: (path, a, b) => `The ${a} schema is missing a MESSAGE type at path '${path}' in the ${b} schema`,
  FIELD_KIND_CHANGED: (path, a, b) =>
    `The type of a field at path '${path}' in the ${a} schema does not match the ${b} schema`,
  FIELD_SCALAR_KIND_CHANGED: (path, a, b) =>
    `The kind of a SCALAR field at path '${path}' in the ${a} schema does not match its kind in the ${b} schema`,
  FIELD_NAMED_TYPE_CHANGED: (path, a, b) =>
    `The type of a MESSAGE field at path '${path}' in the ${a} schema does not match its type in the ${b} schema`,
  FIELD_NUMERIC_LABEL_CHANGED: (path, a, b) =>
    `The label for a NUMERIC field at path '${path}' in the ${a} schema does not match its label in the ${b} schema`,
  REQUIRED_FIELD_ADDED: (path, a, b) =>
    `A required field  at path '${path}' in the ${a} schema is missing in the ${b} schema`,
  REQUIRED_FIELD_REMOVED: (path, a, b) =>
    `The ${a} schema is missing a required field at path: '${path}' in the ${b} schema`,
  ONEOF_FIELD_REMOVED: (path, a, b) => `The ${a} schema is missing a oneof field at path '${path}' in the ${b} schema`,
  MULTIPLE_FIELDS_MOVED_TO_ONEOF: (path, a, b) =>
    `Multiple fields in the oneof at path '${path}' in the ${a} schema are outside a oneof in the ${b} schema`,
  FIELD_MOVED_TO_EXISTING_ONEOF: (path, a, b) =>
    `A field in the oneof at path '${path}' in the ${a} schema is outside an existing oneof in the ${b} schema`,
};

export function describeDifference({ type, path }: Difference, readerSide: Side): Incompatibility {
  const description = SENTENCES[type](path, readerSide, readerSide === 'new' ? 'old' : 'new');
  const message = `{errorType:"${type}", description:"${description}"}`;
  return { errorType: type, path, description, message };
}
