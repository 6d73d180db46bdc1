/** /schemas and below: the bulk listing, and schemas by id and by guid. */
import { aliasTarget, listAliases } from '../semantics/alias.ts';
import { findByGuid, findById, listVersionsOfId, maxIdOf, readGuid } from '../semantics/by-id.ts';
import { internalError, isRefusal, type Refusal, schemaNotFound } from '../semantics/decision.ts';
import { ANY_CONTEXT, listRows, type RowQuery } from '../semantics/listing.ts';
import type { Row } from '../semantics/state.ts';
import { type Answer, answer, type Call, json, type Route, refused, text } from './call.ts';
import { schemaOfGuidJson, schemaOfIdJson, versionJson, withQualifiedReferences } from './entities.ts';
import { inFormat } from './format.ts';
import { param, queryFlag, queryText, readId, readPage, readRowPage, slicePage } from './parameters.ts';
import type { Registry } from './registry.ts';
import { tagsMember } from './tags.ts';

export function schemaRoutes(registry: Registry): readonly Route[] {
  const { state, rules } = registry;
  const hintOf = (call: Call): string | undefined => {
    const subject = queryText(call, 'subject');
    return subject === undefined ? undefined : aliasTarget(state, subject);
  };

  const list = (call: Call): Answer => {
    const page = readRowPage(call);
    if (isRefusal(page)) return refused(page);
    const query: RowQuery = {
      prefix: queryText(call, 'subjectPrefix') ?? '',
      includeDeleted: queryFlag(call, 'deleted'),
      latestOnly: queryFlag(call, 'latestOnly'),
    };
    const ruleType = queryText(call, 'ruleType');
    if (queryFlag(call, 'aliases')) return text(aliasedRows(registry, query, page));
    const rows = listRows(state, query);
    const shown = slicePage(ruleType ? rows.filter((row) => hasRule(row, ruleType)) : rows, page);
    return text(`[${shown.map((row) => versionJson(row)).join(',')}]`);
  };
  const byId = (call: Call): Answer => {
    const id = readId(call);
    if (isRefusal(id)) return refused(id);
    const hint = hintOf(call);
    const row = findById(state, id, hint);
    if (row === undefined) return refused(schemaNotFound(id));
    const maxId = queryFlag(call, 'fetchMaxId') ? maxIdOf(state, row.subject) : undefined;
    const shown =
      queryText(call, 'referenceFormat')?.toLowerCase() === 'qualified' ? withQualifiedReferences(row) : row;
    return answer(inFormat(registry, call, row.subject, row), ({ schema }) =>
      text(schemaOfIdJson({ ...shown, schema }, maxId, tagsMember(call, row))),
    );
  };
  const schemaById = (call: Call): Answer => {
    const id = readId(call);
    if (isRefusal(id)) return refused(id);
    const row = findById(state, id, hintOf(call));
    // Confluent fails with 500 on an unknown id here (observed).
    if (row === undefined) return refused(rules.strictConfluent === true ? internalError() : schemaNotFound(id));
    return answer(inFormat(registry, call, row.subject, row), ({ schema }) => text(schema));
  };
  const versionsOfId = (call: Call) => {
    const id = readId(call);
    return isRefusal(id) ? id : listVersionsOfId(state, id, hintOf(call), queryFlag(call, 'deleted'));
  };
  const paged = <Item>(call: Call, items: readonly Item[] | Refusal): Answer => {
    const page = readPage(call);
    if (isRefusal(page)) return refused(page);
    return answer(items, (all) => json(slicePage(all, page)));
  };
  const subjects = (call: Call): Answer => {
    const versions = versionsOfId(call);
    return paged(call, isRefusal(versions) ? versions : versions.map(({ subject }) => subject));
  };

  return [
    { path: '/schemas', methods: { GET: list } },
    { path: '/schemas/types', methods: { GET: () => json(['JSON', 'PROTOBUF', 'AVRO']) } },
    { path: '/schemas/ids/:id', methods: { GET: byId } },
    { path: '/schemas/ids/:id/schema', methods: { GET: schemaById } },
    { path: '/schemas/ids/:id/subjects', methods: { GET: subjects } },
    { path: '/schemas/ids/:id/versions', methods: { GET: (call) => paged(call, versionsOfId(call)) } },
    { path: '/schemas/guids/:guid', methods: { GET: (call) => byGuid(registry, call) } },
    { path: '/schemas/guids/:guid/ids', methods: { GET: (call) => idsOfGuid(registry, call) } },
  ];
}

function hasRule({ ruleSet }: Row, type: string): boolean {
  const { migrationRules = [], domainRules = [], encodingRules = [] } = ruleSet ?? {};
  return [...migrationRules, ...domainRules, ...encodingRules].some((rule) => rule.type === type);
}

/** With `aliases=true`: subjects that an alias under the prefix stands for are listed too, and each row names its aliases. */
function aliasedRows(registry: Registry, query: RowQuery, page: { offset: number; limit: number }): string {
  const { state } = registry;
  const aliases = listAliases(state, query.prefix);
  const inPrefix = new Set(listRows(state, query));
  const everything = listRows(state, { ...query, prefix: ANY_CONTEXT });
  const rows = everything.filter((row) => inPrefix.has(row) || aliases.has(row.subject));
  const shown = slicePage(rows, page).map((row) => {
    const names = aliases.get(row.subject);
    return versionJson(row, '', names === undefined ? '' : `,"aliases":${JSON.stringify(names)}`);
  });
  return `[${shown.join(',')}]`;
}

function byGuid(registry: Registry, call: Call): Answer {
  const text_ = param(call, 'guid');
  const guid = readGuid(text_);
  const [first] = guid === undefined ? [] : findByGuid(registry.state, guid);
  if (first === undefined) return refused(schemaNotFound(text_));
  // Confluent remembers the guid of a hard-deleted schema and then fails on it (observed).
  const lost = registry.rules.strictConfluent === true ? internalError() : schemaNotFound(text_);
  const row = registry.rules.strictConfluent === true ? first.row : anyRow(registry, guid ?? '');
  if (row === undefined) return refused(lost);
  return answer(inFormat(registry, call, row.subject, row), (shown) => text(schemaOfGuidJson(shown)));
}

function anyRow({ state }: Registry, guid: string): Row | undefined {
  return findByGuid(state, guid).find(({ row }) => row?.guid === guid)?.row;
}

function idsOfGuid(registry: Registry, call: Call): Answer {
  const guid = readGuid(param(call, 'guid'));
  const known = guid === undefined ? [] : findByGuid(registry.state, guid);
  const shown = registry.rules.strictConfluent === true ? known : known.filter(({ row }) => row !== undefined);
  return json(shown.map(({ context, id }) => ({ context, id })));
}
