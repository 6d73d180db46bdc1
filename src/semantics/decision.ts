/** What deciding a command gives: the records to apply and the answer, or a refusal the protocol knows. */
import type { RegistryRecord } from './records.ts';

interface Decision<Answer> {
  readonly records: readonly RegistryRecord[];
  readonly answer: Answer;
}

/** An error answer of the registry protocol. Expected, part of the rules, hence a value and not an exception. */
export interface Refusal {
  /** HTTP status. */
  readonly status: number;
  /** The registry's `error_code`. */
  readonly errorCode: number;
  readonly refusal: string;
  /** What is wrong in plain words, where `refusal` wraps it in the server's. */
  readonly detail?: string;
}

export type Decided<Answer> = Decision<Answer> | Refusal;

/** How closely the rules follow Confluent where that would destroy data. */
export interface Rules {
  /**
   * True: exactly as observed on Confluent 8.3.1 community, also where it loses data (an import silently replaces a
   * version in use, `ruleSet` is dropped). False, the default everywhere: those writes are refused with 42205 and rule
   * sets are kept.
   */
  readonly strictConfluent?: boolean;
  /** Every write is answered as in READONLY mode, whatever the stored modes are. */
  readonly readOnly?: boolean;
}

export function isRefusal(value: unknown): value is Refusal {
  return typeof value === 'object' && value !== null && 'refusal' in value;
}

const refuse = (status: number, errorCode: number, refusal: string): Refusal => ({ status, errorCode, refusal });

export const subjectNotFound = (subject: string): Refusal => refuse(404, 40401, `Subject '${subject}' not found.`);
export const versionNotFound = (version: number): Refusal => refuse(404, 40402, `Version ${version} not found.`);
export const schemaNotFound = (id?: number | string): Refusal =>
  refuse(404, 40403, id === undefined ? 'Schema not found' : `Schema ${id} not found`);
export const subjectSoftDeleted = (subject: string): Refusal =>
  refuse(404, 40404, `Subject '${subject}' was soft deleted.Set permanent=true to delete permanently`);
export const subjectNotSoftDeleted = (subject: string): Refusal =>
  refuse(404, 40405, `Subject '${subject}' was not deleted first before being permanently deleted`);
export const versionSoftDeleted = (subject: string, version: number): Refusal =>
  refuse(
    404,
    40406,
    `Subject '${subject}' Version ${version} was soft deleted.Set permanent=true to delete permanently`,
  );
export const versionNotSoftDeleted = (subject: string, version: number): Refusal =>
  refuse(404, 40407, `Subject '${subject}' Version ${version} was not deleted first before being permanently deleted`);
export const noSubjectConfig = (subject: string): Refusal =>
  refuse(404, 40408, `Subject '${subject}' does not have subject-level compatibility configured`);
export const noSubjectMode = (subject: string): Refusal =>
  refuse(404, 40409, `Subject '${subject}' does not have subject-level mode configured`);
export const incompatible = (subject: string, messages: readonly string[]): Refusal =>
  refuse(
    409,
    40901,
    `Schema being registered is incompatible with an earlier schema for subject "${subject}", details: [${messages.join(', ')}]`,
  );
export const invalidSchema = (why: string): Refusal => refuse(422, 42201, why);
export const invalidVersion = (version: string): Refusal =>
  refuse(
    422,
    42202,
    `The specified version '${version}' is not a valid version id. Allowed values are between [1, 2^31-1] and the string "latest"`,
  );
export const invalidCompatibility = (): Refusal =>
  refuse(
    422,
    42203,
    'Invalid compatibility level. Valid values are none, backward, forward, full, backward_transitive, forward_transitive, and full_transitive',
  );
export const invalidMode = (why = 'Invalid mode. Valid values are READWRITE, READONLY, IMPORT and FORWARD.'): Refusal =>
  refuse(422, 42204, why);
export const notPermitted = (why: string): Refusal => refuse(422, 42205, why);
export const referenceExists = (subject: string, version: number): Refusal =>
  refuse(
    422,
    42206,
    `One or more references exist to the schema {magic=1,keytype=SCHEMA,subject=${subject},version=${version}}.`,
  );
export const invalidSubject = (subject: string): Refusal =>
  refuse(422, 42208, `The specified subject '${subject}' is not a valid.`);
export const contextNotEmpty = (context: string): Refusal =>
  refuse(422, 42211, `The specified context '${context}' is not empty.`);
/** What Confluent answers where its own code fails. */
export const internalError = (): Refusal => refuse(500, 500, 'Internal Server Error');

/** Of the following only 40904 and 40410 are observed, the others are by Confluent's list of errors; see associations.ts. */
export const idDoesNotMatch = (resourceId: string): Refusal =>
  invalidAssociation('resourceId', `'${resourceId}' does not match that of the resource`);
export const resourceHasAssociation = (type: string, resource: string): Refusal =>
  refuse(409, 40903, `An association of type '${type}' already exists for resource '${resource}'`);
export const subjectHasAssociation = (subject: string): Refusal =>
  refuse(409, 40904, `An association already exists for subject '${subject}'`);
export const subjectHasOwner = (subject: string): Refusal =>
  refuse(409, 40905, `A strong association already exists for subject '${subject}'`);
export const noActiveVersion = (subject: string): Refusal =>
  refuse(409, 40907, `No active (non-deleted) version exists for subject '${subject}'`);
export const associationFrozen = (type: string, subject: string): Refusal =>
  refuse(409, 40908, `The association of type  '${type}' is frozen for subject '${subject}'`);
export const associationNotFound = (resourceId: string): Refusal =>
  refuse(404, 40410, `Association for '${resourceId}' not found.`);
export const invalidAssociation = (property: string, why: string): Refusal =>
  refuse(422, 42212, `The association specified an invalid value for property: ${property}, detail: ${why}`);
