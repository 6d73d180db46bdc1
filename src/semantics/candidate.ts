/** A schema as a request sends it, and the same made ready for comparing: canonical, with its references resolved. */
import {
  type CompatibilityLevel,
  isSchemaType,
  type Metadata,
  type Reference,
  type RuleSet,
  type SchemaContent,
} from '../model/schema-version.ts';
import { compareCodeUnits } from '../model/subject-name.ts';
import type { SchemaPort } from '../schema/schema-port.ts';
import { invalidSchema, type Refusal } from './decision.ts';
import { computeGuid } from './guid.ts';
import { describeReference, type RequestedReference, resolveReferences } from './references.ts';
import type { RegistryState } from './state.ts';

export interface RequestedSchema {
  /** Absent or blank: the text of the subject's latest version is meant. */
  readonly schema?: string;
  /** Absent means AVRO. Kept as sent: an unknown one is refused, not guessed. */
  readonly schemaType?: string;
  readonly references: readonly RequestedReference[];
  readonly metadata?: Metadata;
  readonly ruleSet?: RuleSet;
  readonly normalize?: boolean;
}

/** Content with the guid that identifies it. */
export interface Candidate extends SchemaContent {
  readonly guid: string;
}

export function isBlank(request: RequestedSchema): boolean {
  return request.schema === undefined || request.schema.trim() === '';
}

export interface CandidateOptions {
  /** Soft-deleted versions count as targets of references: for look-ups and imports. */
  readonly deletedReferences: boolean;
  /** Names must resolve; false for imports. */
  readonly validate: boolean;
}

/** Parses and canonicalises a request's schema. The request must not be blank. */
export function makeCandidate(
  state: RegistryState,
  subject: string,
  request: RequestedSchema,
  port: SchemaPort,
  options: CandidateOptions,
): Candidate | Refusal {
  const { schemaType = 'AVRO', schema = '', metadata, ruleSet } = request;
  if (!isSchemaType(schemaType)) return invalidSchema(`Invalid schema type ${schemaType}`);
  const found = resolveReferences(state, subject, request.references, options.deletedReferences);
  if ('missing' in found) {
    const refusal = invalidSchema(describeParseError(subject, schemaType, request, found.missing));
    return { ...refusal, detail: found.missing };
  }
  const canonical = port.canonicalize(schemaType, schema, found.resolved, {
    normalize: request.normalize === true,
    validate: options.validate,
  });
  if ('error' in canonical) {
    const refusal = invalidSchema(
      canonical.phase === 'validate'
        ? `Invalid schema ${describeSchema(subject, schemaType, request, 'version=0,id=-1')}, details: ${canonical.error}`
        : describeParseError(subject, schemaType, request, canonical.error),
    );
    return { ...refusal, detail: canonical.reason ?? canonical.error };
  }
  return withGuid({
    schemaType,
    schema: canonical.text,
    references: request.normalize === true ? normalReferences(found.references) : found.references,
    ...(metadata === undefined ? {} : { metadata }),
    ...(ruleSet === undefined ? {} : { ruleSet }),
  });
}

/** Each once, by subject and version (observed). */
function normalReferences(references: readonly Reference[]): readonly Reference[] {
  const known = new Set<string>();
  return references
    .filter(({ name, subject, version }) => {
      const key = JSON.stringify([name, subject, version]);
      return known.has(key) ? false : known.add(key);
    })
    .sort((a, b) => compareCodeUnits(a.subject, b.subject) || a.version - b.version);
}

export function withGuid(content: SchemaContent): Candidate {
  return { ...content, guid: computeGuid(content) };
}

/** The same candidate under other metadata. */
export function withMetadata(candidate: Candidate, metadata: Metadata | undefined): Candidate {
  const { guid: _guid, metadata: _metadata, ...content } = candidate;
  return withGuid({ ...content, ...(metadata === undefined ? {} : { metadata }) });
}

/** The server's way of wrapping a parser's words, different for each language (observed). */
function describeParseError(subject: string, schemaType: string, request: RequestedSchema, error: string): string {
  const prefix = `Invalid schema of type ${schemaType}, details: `;
  if (schemaType !== 'AVRO') return `${prefix}${prefix}${error}`;
  const refs = describeReferences(request);
  const described = describeSchema(subject, schemaType, request, 'version=null,id=null');
  return `${prefix}Invalid schema ${described} with refs ${refs} of type ${schemaType}, details: ${error}`;
}

function describeReferences(request: RequestedSchema): string {
  return `[${request.references.map(describeReference).join(', ')}]`;
}

function describeSchema(subject: string, schemaType: string, request: RequestedSchema, address: string): string {
  const { schema = '', metadata, ruleSet } = request;
  const guid = computeGuid({
    schema,
    references: request.references.map(({ name = '', subject: target = '', ...rest }) => ({
      ...rest,
      name,
      subject: target,
    })),
    metadata,
    ruleSet,
  });
  const describe = (value: object | undefined) => (value === undefined ? 'null' : JSON.stringify(value));
  return (
    `{subject=${subject},${address},guid=${guid},schemaType=${schemaType},references=${describeReferences(request)},` +
    `metadata=${describe(metadata)},ruleSet=${describe(ruleSet)},schema=${schema},schemaTags=null,ts=null,deleted=null}`
  );
}

/** The last line of every list of incompatibilities (observed). */
export function describeRule(level: CompatibilityLevel, validateFields: boolean): string {
  return `{validateFields: '${validateFields}', compatibility: '${level}'}`;
}
