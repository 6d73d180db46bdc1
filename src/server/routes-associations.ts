/** /associations: which subjects serve a resource. */
import type { JsonObject, JsonValue } from '../model/json.ts';
import { isJsonObject } from '../model/json.ts';
import { formatSubjectName } from '../model/subject-name.ts';
import { aliasTarget } from '../semantics/alias.ts';
import type { Association, AssociationValue, Lifecycle } from '../semantics/association-index.ts';
import {
  type AssociationFilter,
  type AssociationPlace,
  decideEndAssociations,
  decideWriteAssociations,
  listAssociations,
  type RequestedAssociation,
} from '../semantics/associations.ts';
import { contextName } from '../semantics/contexts.ts';
import { invalidAssociation, isRefusal, type Refusal } from '../semantics/decision.ts';
import { decideRegister } from '../semantics/register.ts';
import { type Faults, parseBody, readBoolean, readSchemaObject, readString, type SchemaBody } from './body.ts';
import { type Answer, answer, type Call, json, notFound, type Route, refused } from './call.ts';
import { param, queryFlag, queryText, queryTexts, readPage, slicePage } from './parameters.ts';
import { commit, type Registry } from './registry.ts';

export function associationRoutes(registry: Registry): readonly Route[] {
  const { state, rules, clock } = registry;
  const list = (call: Call, place: AssociationPlace): Answer => {
    const page = readPage(call);
    if (isRefusal(page)) return refused(page);
    const filter = readFilter(call);
    if (isRefusal(filter)) return refused(filter);
    return json(slicePage(listAssociations(state, place, filter), page).map(shownAssociation));
  };
  const end = (call: Call): Answer => {
    const filter = readFilter(call);
    if (isRefusal(filter)) return refused(filter);
    const resourceId = param(call, 'id');
    const command = { resourceId, filter, cascade: queryFlag(call, 'cascadeLifecycle'), now: clock() };
    const decided = decideEndAssociations(state, command, rules);
    const ended = queryFlag(call, 'dryRun') && !isRefusal(decided) ? null : commit(registry, decided);
    return answer(ended, () => ({ status: 204 }));
  };
  return [
    {
      path: '/associations',
      methods: { POST: (call) => write(registry, call, false), PUT: (call) => write(registry, call, true) },
    },
    {
      path: '/associations/subjects/:subject',
      methods: { GET: (call) => list(call, { subject: param(call, 'subject') }) },
    },
    {
      path: '/associations/resources/:id',
      methods: { GET: (call) => list(call, { resourceId: param(call, 'id') }), DELETE: end },
    },
    {
      // One name for the first segment of both routes: the router keeps a parameter's name with its place.
      path: '/associations/resources/:id/:name',
      methods: {
        GET: (call) =>
          list(call, { resource: { resourceNamespace: param(call, 'id'), resourceName: param(call, 'name') } }),
      },
    },
  ];
}

/** As the server shows it, member by member in its order. */
function shownAssociation(association: Association): object {
  const { subject, guid, resourceName, resourceNamespace, resourceId, resourceType, associationType } = association;
  const { lifecycle, frozen, createTs, updateTs } = association;
  const resource = { resourceName, resourceNamespace, resourceId, resourceType };
  return { subject, guid, ...resource, associationType, lifecycle, frozen, createTs, updateTs };
}

function readFilter(call: Call): AssociationFilter | Refusal {
  const resourceType = queryText(call, 'resourceType');
  const lifecycle = queryText(call, 'lifecycle');
  if (lifecycle !== undefined && !isLifecycle(lifecycle)) return notFound();
  return {
    associationTypes: queryTexts(call, 'associationType'),
    ...(resourceType === undefined ? {} : { resourceType }),
    ...(lifecycle === undefined ? {} : { lifecycle }),
  };
}

const isLifecycle = (text: string): text is Lifecycle => text === 'STRONG' || text === 'WEAK';

interface WriteRequest {
  readonly resourceName: string;
  readonly resourceNamespace: string;
  readonly resourceId: string;
  readonly resourceType: string;
  readonly associations: readonly (RequestedAssociation & { readonly schema?: SchemaBody })[];
}

/** Schemas that come with the request are registered before the associations are made. */
function write(registry: Registry, call: Call, replace: boolean): Answer {
  const { state, port, rules, clock, newGuid } = registry;
  const body = parseBody(
    call.body,
    replace ? 'createOrUpdateAssociation' : 'createAssociation',
    'AssociationCreateOrUpdateRequest',
  );
  if (isRefusal(body)) return refused(body);
  const request = readWriteRequest(registry, call, body);
  if (isRefusal(request)) return refused(request);
  const command = { ...request, replace, newGuid, now: clock() };
  const decided = decideWriteAssociations(state, command, rules);
  if (isRefusal(decided)) return refused(decided);
  if (!queryFlag(call, 'dryRun')) {
    for (const { subject, schema } of request.associations) {
      if (schema === undefined) continue;
      const registered = commit(registry, decideRegister(state, { ...schema, subject, now: clock() }, port, rules));
      if (isRefusal(registered)) return refused(registered);
    }
    commit(registry, decided);
  }
  const { resourceName, resourceNamespace, resourceId, resourceType } = request;
  const associations = decided.answer.map(requestedAssociation);
  return json({ resourceName, resourceNamespace, resourceId, resourceType, associations });
}

function requestedAssociation({ subject, associationType, lifecycle, frozen }: AssociationValue): object {
  return { subject, associationType, lifecycle, frozen };
}

function readWriteRequest({ state }: Registry, call: Call, body: JsonObject): WriteRequest | Refusal {
  const faults: Faults = {};
  const text = (name: string): string => readString(faults, body[name]) ?? '';
  const resourceName = text('resourceName');
  const resourceNamespace = text('resourceNamespace');
  const resourceId = text('resourceId');
  const resourceType = text('resourceType') || 'topic';
  if (faults.first !== undefined) return faults.first;
  for (const [name, value] of Object.entries({ resourceName, resourceNamespace, resourceId })) {
    if (value === '') return invalidAssociation(name, 'cannot be null or empty');
  }
  if (resourceType !== 'topic') return invalidAssociation('resourceType', 'only accepts these values: [topic]');
  const list = body['associations'];
  if (!Array.isArray(list) || list.length === 0) {
    return invalidAssociation('associations', 'cannot be null or empty');
  }
  const associations: (RequestedAssociation & { schema?: SchemaBody })[] = [];
  for (const item of list) {
    const association = readAssociation(item, queryText(call, 'context'));
    if (isRefusal(association)) return association;
    associations.push({ ...association, subject: aliasTarget(state, association.subject) });
  }
  return { resourceName, resourceNamespace, resourceId, resourceType, associations };
}

function readAssociation(
  item: JsonValue,
  context: string | undefined,
): (RequestedAssociation & { schema?: SchemaBody }) | Refusal {
  if (!isJsonObject(item)) return invalidAssociation('associations', 'not an object');
  const faults: Faults = {};
  const name = readString(faults, item['subject']) ?? '';
  const associationType = readString(faults, item['associationType']) || 'value';
  const lifecycle = readString(faults, item['lifecycle']);
  const frozen =
    item['frozen'] === undefined || item['frozen'] === null ? undefined : readBoolean(faults, item['frozen']);
  const { schema: sent } = item;
  const schema = isJsonObject(sent) ? readSchemaObject(sent, item['normalize'] === true) : undefined;
  if (faults.first !== undefined) return faults.first;
  if (isRefusal(schema)) return schema;
  if (name === '') return invalidAssociation('subject', 'cannot be null or empty');
  if (associationType !== 'key' && associationType !== 'value') {
    return invalidAssociation('associationType', 'only accepts these values: [key, value]');
  }
  if (lifecycle !== undefined && !isLifecycle(lifecycle)) {
    return invalidAssociation('lifecycle', 'only accepts these values: [STRONG, WEAK]');
  }
  const home = context === undefined ? undefined : contextName(context);
  const subject =
    home === undefined || name.startsWith(':.') ? name : formatSubjectName({ context: home, subject: name });
  return {
    subject,
    associationType,
    bringsSchema: schema !== undefined,
    ...(lifecycle === undefined ? {} : { lifecycle }),
    ...(frozen === undefined ? {} : { frozen }),
    ...(schema === undefined ? {} : { schema }),
  };
}
