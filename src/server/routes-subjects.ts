/** /subjects and below. */

import { aliasTarget } from '../semantics/alias.ts';
import { isRefusal, type Refusal } from '../semantics/decision.ts';
import { decideDeleteSubject, decideDeleteVersion } from '../semantics/delete.ts';
import { ANY_CONTEXT, type DeletedFilter, listSubjects, listVersions } from '../semantics/listing.ts';
import { findVersion, lookUp } from '../semantics/lookup.ts';
import { listReferrerIds } from '../semantics/references.ts';
import { decideRegister } from '../semantics/register.ts';
import type { Row } from '../semantics/state.ts';
import { readSchemaBody } from './body.ts';
import { type Answer, answer, type Call, json, type Route, refused, text } from './call.ts';
import { lookedUpJson, registeredJson, versionJson, withQualifiedReferences } from './entities.ts';
import { unsupportedFormat } from './format.ts';
import { param, queryFlag, queryText, queryTexts, readPage, readVersion, slicePage } from './parameters.ts';
import { commit, type Registry } from './registry.ts';
import { editTags } from './tags.ts';

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
    const body = readSchemaBody(call.body, 'register', queryFlag(call, 'normalize'));
    if (isRefusal(body)) return refused(body);
    const command = { ...body, subject: subjectOf(call), now: clock() };
    return answer(commit(registry, decideRegister(state, command, port, rules)), (registered) =>
      text(registeredJson(registered)),
    );
  };
  const look = (call: Call): Answer => {
    const body = readSchemaBody(call.body, 'lookUpSchemaUnderSubject', queryFlag(call, 'normalize'));
    if (isRefusal(body)) return refused(body);
    return answer(lookUp(state, subjectOf(call), body, queryFlag(call, 'deleted'), port), ({ row, loose }) =>
      text(lookedUpJson(row, loose)),
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
      return unsupportedFormat(call, row) ?? text(versionJson(shown));
    });
  const schema = (call: Call): Answer =>
    answer(readRow(call), (row) => unsupportedFormat(call, row) ?? text(row.schema));
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
    const matches = ({ metadata }: Row) => keys.every((key, at) => metadata?.properties?.[key] === values[at]);
    const includeDeleted = queryFlag(call, 'deleted');
    const row = state.subjects.get(subject)?.rows.findLast((one) => (includeDeleted || !one.deleted) && matches(one));
    return row === undefined
      ? answer(findVersion(state, subject, -1, includeDeleted), () =>
          refused({ status: 404, errorCode: 40403, refusal: 'Schema not found' }),
        )
      : text(versionJson(row));
  };

  return [
    { path: '/subjects', methods: { GET: list } },
    { path: '/subjects/:subject', methods: { POST: look, DELETE: removeSubject } },
    { path: '/subjects/:subject/versions', methods: { GET: versions, POST: register } },
    { path: '/subjects/:subject/versions/:version', methods: { GET: version, DELETE: removeVersion } },
    { path: '/subjects/:subject/versions/:version/schema', methods: { GET: schema } },
    { path: '/subjects/:subject/versions/:version/referencedby', methods: { GET: referencedBy } },
    { path: '/subjects/:subject/versions/:version/tags', methods: { POST: (call) => editTags(registry, call) } },
    { path: '/subjects/:subject/metadata', methods: { GET: byMetadata } },
  ];
}

function filterOf(call: Call): DeletedFilter {
  if (queryFlag(call, 'deletedOnly')) return 'deleted';
  return queryFlag(call, 'deleted') ? 'all' : 'live';
}
