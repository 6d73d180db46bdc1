/** Inline tags: `POST /subjects/{s}/versions/{v}/tags`, edits that come with a registration, and `findTags`. */
import type { JsonObject } from '../model/json.ts';
import { aliasTarget } from '../semantics/alias.ts';
import { invalidSchema, isRefusal, type Refusal } from '../semantics/decision.ts';
import { findVersion } from '../semantics/lookup.ts';
import { canonicalSubject } from '../semantics/names.ts';
import { decideRegister, type RegisterSchema } from '../semantics/register.ts';
import { editTags, findTags, type TagEdits } from '../semantics/schema-tags.ts';
import { findLatest, LATEST, type RegistryState, type Row } from '../semantics/state.ts';
import {
  type Faults,
  parseBody,
  readInteger,
  readMetadataBody,
  readRuleSet,
  readTagEdits,
  type SchemaBody,
} from './body.ts';
import { type Answer, answer, type Call, refused, text } from './call.ts';
import { registeredJson } from './entities.ts';
import { param, queryFlag, readVersion } from './parameters.ts';
import { commit, type Registry } from './registry.ts';

/** The row's tags as a member of an answer, when `findTags` asks for them; nothing where it has none (observed). */
export function tagsMember(call: Call, { schemaType, schema }: Pick<Row, 'schemaType' | 'schema'>): string {
  if (!queryFlag(call, 'findTags')) return '';
  const tags = findTags(schemaType, schema);
  return tags.length === 0 ? '' : `,"schemaTags":${JSON.stringify(tags)}`;
}

/** What a registration sends, its tag edits carried out; without a text those of the latest version are meant. */
export function withTagEdits(
  state: RegistryState,
  name: string,
  body: SchemaBody,
): (SchemaBody & Pick<RegisterSchema, 'isEdited'>) | Refusal {
  const { tagEdits, propagateTags, ...request } = body;
  const latest = findLatest(state, canonicalSubject(name));
  if (propagateTags === true && latest !== undefined && mayHaveTags(latest)) {
    return notSupported(`Carrying the tags of subject '${name}' over to a new version is not supported`);
  }
  if (tagEdits === undefined) return request;
  const blank = request.schema === undefined || request.schema.trim() === '';
  if (blank && latest === undefined) return request;
  const edited = editedText(blank && latest !== undefined ? latest : request, tagEdits);
  if (isRefusal(edited)) return edited;
  // What is edited is a new version, with its number in the metadata, unless the request names one.
  const changed = { ...request, schema: edited, version: request.version ?? LATEST, isEdited: true };
  if (!blank || latest === undefined) return changed;
  const { schemaType, references } = latest;
  return { ...changed, schemaType, references };
}

const mayHaveTags = ({ schema }: Row): boolean => schema.includes('confluent:tags') || schema.includes('confluent.');

function editedText(
  { schemaType = 'AVRO', schema = '' }: { readonly schemaType?: string; readonly schema?: string },
  edits: TagEdits,
): string | Refusal {
  if (schemaType !== 'AVRO') {
    return notSupported(`Editing tags is supported for AVRO schemas only, not for ${schemaType}`);
  }
  const edited = editTags(schema, edits);
  if ('missing' in edited) {
    const { entityPath, entityType } = edited.missing;
    return invalidSchema(`The schema has no ${entityType} at '${entityPath}'`);
  }
  return 'text' in edited ? edited.text : schema;
}

/** Nothing shows what the recorded server does here, so that nothing is guessed. */
const notSupported = (what: string): Refusal => ({ status: 501, errorCode: 501, refusal: `${what} by this registry` });

/** The version's schema, its tags edited, registered anew under the next version number (observed, also without edits). */
export function registerEdited(registry: Registry, call: Call): Answer {
  const { state, port, rules, clock } = registry;
  const version = readVersion(call);
  if (isRefusal(version)) return refused(version);
  const body = parseBody(call.body, 'modifySchemaTags', 'TagSchemaRequest');
  if (isRefusal(body)) return refused(body);
  const faults: Faults = {};
  const edits = readTagEdits(faults, body, { add: 'tagsToAdd', remove: 'tagsToRemove' });
  const newVersion = readInteger(faults, body['newVersion']);
  const given = {
    metadata: readMetadataBody(faults, body['metadata']),
    ruleSet: readRuleSet(faults, body['ruleSet']),
  };
  if (faults.first !== undefined) return refused(faults.first);
  const row = findVersion(state, aliasTarget(state, param(call, 'subject')), version, false);
  if (isRefusal(row)) return refused(row);
  if (editsRules(body)) return refused(notSupported('Editing rules together with tags is not supported'));
  const schema = edits === undefined ? row.schema : editedText(row, edits);
  if (isRefusal(schema)) return refused(schema);
  const next = (state.subjects.get(row.subject)?.rows.at(-1)?.version ?? 0) + 1;
  const metadata = given.metadata ?? row.metadata;
  const ruleSet = given.ruleSet ?? row.ruleSet;
  const command = {
    subject: row.subject,
    schema,
    schemaType: row.schemaType,
    references: row.references,
    ...(metadata === undefined ? {} : { metadata }),
    ...(ruleSet === undefined ? {} : { ruleSet }),
    version: newVersion !== undefined && newVersion > 0 ? newVersion : next,
    now: clock(),
  };
  return answer(commit(registry, decideRegister(state, command, port, rules)), (registered) =>
    text(registeredJson(registered)),
  );
}

function editsRules(body: JsonObject): boolean {
  return ['rulesToMerge', 'rulesToRemove'].some((name) => body[name] !== undefined && body[name] !== null);
}
