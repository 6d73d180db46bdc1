/** `POST /subjects/{s}/versions/{v}/tags`: a new version of a schema, given its number. */
import { aliasTarget } from '../semantics/alias.ts';
import { isRefusal } from '../semantics/decision.ts';
import { findVersion } from '../semantics/lookup.ts';
import { decideRegister } from '../semantics/register.ts';
import { checkTagEdits, type Faults, parseBody } from './body.ts';
import { type Answer, answer, type Call, refused, text } from './call.ts';
import { registeredJson } from './entities.ts';
import { param, readVersion } from './parameters.ts';
import { commit, type Registry } from './registry.ts';

/** Without edits the schema is registered anew under the next version number (observed); edits are not supported yet. */
export function editTags(registry: Registry, call: Call): Answer {
  const { state, port, rules, clock } = registry;
  const version = readVersion(call);
  if (isRefusal(version)) return refused(version);
  const body = parseBody(call.body, 'modifySchemaTags', 'TagSchemaRequest');
  if (isRefusal(body)) return refused(body);
  const faults: Faults = {};
  const edits = checkTagEdits(faults, body);
  if (faults.first !== undefined) return refused(faults.first);
  const row = findVersion(state, aliasTarget(state, param(call, 'subject')), version, false);
  if (isRefusal(row)) return refused(row);
  if (edits) return refused({ status: 501, errorCode: 501, refusal: 'Editing tags is not supported by this registry' });
  const next = (state.subjects.get(row.subject)?.rows.at(-1)?.version ?? 0) + 1;
  const { subject, schema, schemaType, references, metadata, ruleSet } = row;
  const command = {
    subject,
    schema,
    schemaType,
    references,
    ...(metadata === undefined ? {} : { metadata }),
    ...(ruleSet === undefined ? {} : { ruleSet }),
    version: next,
    now: clock(),
  };
  return answer(commit(registry, decideRegister(state, command, port, rules)), (registered) =>
    text(registeredJson(registered)),
  );
}
