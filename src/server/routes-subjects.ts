/** /subjects and below. */

import { aliasTarget } from '../semantics/alias.ts';
import { refuseOwnedTargets } from '../semantics/associations.ts';
import { isRefusal, type Refusal, schemaNotFound, subjectNotFound } from '../semantics/decision.ts';
import { decideDeleteSubject, decideDeleteVersion } from '../semantics/delete.ts';
import { ANY_CONTEXT, type DeletedFilter, listSubjects, listVersions } from '../semantics/listing.ts';
import { findVersion, lookUp } from '../semantics/lookup.ts';
import { canonicalSubject } from '../semantics/names.ts';
import { listReferrerIds } from '../semantics/references.ts';
import { decideRegister } from '../semantics/register.ts';
import { hasSubject, type Row } from '../semantics/state.ts';
import { readSchemaBody } from './body.ts';
import { type Answer, answer, type Call, json, type Route, refused, text } from './call.ts';
import { lookedUpJson, registeredJson, versionJson, withQualifiedReferences } from './entities.ts';
import { inFormat } from './format.ts';
import { param, queryFlag, queryText, queryTexts, readPage, readVersion, slicePage } from './parameters.ts';
import { commit, type Registry } from './registry.ts';
import { registerEdited, tagsMember, withTagEdits } from './tags.ts';

export function subjectRoutes(registry: Registry): readonly Route[] {
  const { state, port, rules, clock } = registry;
  const subjectOf = (call: Call): string => aliasTarget(state, param(call, 'subject'));
  const readRow = (call: Call): Row | Refusal => {
    const version = readVersion(call);
    return isRefusal(version) ? version : findVersion(state, subjectOf(call), version, queryFlag(call, 'deleted'));
  };

  const list = (call: Call): Answer => {
    const page = readPage(call);
    if (isRefusal(page)) return refused(page);
    return json(slicePage(listSubjects(state, queryText(call, 'subjectPrefix') ?? ANY_CONTEXT, filterOf(call)), page));
  };
  const versions = (call: Call): Answer => {
    const page = readPage(call);
    if (isRefusal(page)) return refused(page);
    const asNegative = queryFlag(call, 'deletedAsNegative');
    return answer(listVersions(state, subjectOf(call), filterOf(call), asNegative), (found) =>
      json(slicePage(found, page)),
    );
  };
  const register = (call: Call): Answer => {
    const sent = readSchemaBody(call.body, 'register', queryFlag(call, 'normalize'));
    if (isRefusal(sent)) return refused(sent);
    const body = withTagEdits(state, subjectOf(call), sent);
    if (isRefusal(body)) return refused(body);
    const command = { ...body, subject: subjectOf(call), now: clock() };
    const decided = refuseOwnedTargets(state, decideRegister(state, command, port, rules));
    return answer(commit(registry, decided), (registered) =>
      answer(inFormat(registry, call, command.subject, registered.content), (content) =>
        text(registeredJson({ ...registered, content })),
      ),
    );
  };
  const look = (call: Call): Answer => {
    const body = readSchemaBody(call.body, 'lookUpSchemaUnderSubject', queryFlag(call, 'normalize'));
    if (isRefusal(body)) return refused(body);
    return answer(lookUp(state, subjectOf(call), body, queryFlag(call, 'deleted'), port), ({ row, loose }) =>
      answer(inFormat(registry, call, row.subject, row), (shown) => text(lookedUpJson(shown, loose))),
    );
  };
  const removeSubject = (call: Call): Answer => {
    const command = { subject: subjectOf(call), permanent: queryFlag(call, 'permanent'), now: clock() };
    return answer(commit(registry, decideDeleteSubject(state, command, rules)), json);
  };
  const removeVersion = (call: Call): Answer => {
    const version = readVersion(call);
    if (isRefusal(version)) return refused(version);
    const command = { subject: subjectOf(call), version, permanent: queryFlag(call, 'permanent'), now: clock() };
    return answer(commit(registry, decideDeleteVersion(state, command, rules)), json);
  };
  const version = (call: Call): Answer =>
    answer(readRow(call), (row) => {
      const shown =
        queryText(call, 'referenceFormat')?.toLowerCase() === 'qualified' ? withQualifiedReferences(row) : row;
      return answer(inFormat(registry, call, row.subject, row), ({ schema }) =>
        text(versionJson({ ...shown, schema }, tagsMember(call, row))),
      );
    });
  const schema = (call: Call): Answer =>
    answer(readRow(call), (row) => answer(inFormat(registry, call, row.subject, row), ({ schema }) => text(schema)));
  const referencedBy = (call: Call): Answer => {
    const page = readPage(call);
    if (isRefusal(page)) return refused(page);
    return answer(readRow(call), (row) => {
      const ids = listReferrerIds(state, row.subject, row.version, queryFlag(call, 'deleted'));
      return json(slicePage(ids, page));
    });
  };
  const byMetadata = (call: Call): Answer => {
    const subject = subjectOf(call);
    const keys = queryTexts(call, 'key');
    const values = queryTexts(call, 'value');
    // A key without a value counts for nothing, as in Confluent's reading of the two lists.
    const wanted = new Map(keys.slice(0, values.length).map((key, at) => [key, values[at]]));
    // Without properties there is no match, also where none is asked for.
    const matches = ({ metadata: { properties } = {} }: Row) =>
      properties !== undefined && [...wanted].every(([key, value]) => properties[key] === value);
    const includeDeleted = queryFlag(call, 'deleted');
    const rows = state.subjects.get(canonicalSubject(subject))?.rows ?? [];
    const row = rows.findLast((one) => (includeDeleted || !one.deleted) && matches(one));
    if (row !== undefined) {
      return answer(inFormat(registry, call, row.subject, row), (shown) => text(versionJson(shown)));
    }
    const isThere = hasSubject(state, canonicalSubject(subject), includeDeleted);
    return refused(isThere ? schemaNotFound() : subjectNotFound(subject));
  };

  return [
    { path: '/subjects', methods: { GET: list } },
    { path: '/subjects/:subject', methods: { POST: look, DELETE: removeSubject } },
    { path: '/subjects/:subject/versions', methods: { GET: versions, POST: register } },
    { path: '/subjects/:subject/versions/:version', methods: { GET: version, DELETE: removeVersion } },
    { path: '/subjects/:subject/versions/:version/schema', methods: { GET: schema } },
    { path: '/subjects/:subject/versions/:version/referencedby', methods: { GET: referencedBy } },
    { path: '/subjects/:subject/versions/:version/tags', methods: { POST: (call) => registerEdited(registry, call) } },
    { path: '/subjects/:subject/metadata', methods: { GET: byMetadata } },
  ];
}

function filterOf(call: Call): DeletedFilter {
  if (queryFlag(call, 'deletedOnly')) return 'deleted';
  return queryFlag(call, 'deleted') ? 'all' : 'live';
}
