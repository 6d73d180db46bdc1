/** What is about the registry as a whole: root, contexts, compatibility tests, metadata. */
import { aliasTarget } from '../semantics/alias.ts';
import { testCompatibility } from '../semantics/compatibility.ts';
import { contextName, decideDeleteContext, listContexts } from '../semantics/contexts.ts';
import { isRefusal } from '../semantics/decision.ts';
import { readSchemaBody } from './body.ts';
import { type Answer, answer, type Call, json, type Route, refused } from './call.ts';
import { param, queryFlag, queryText, readPage, readVersion, slicePage } from './parameters.ts';
import { commit, type Registry } from './registry.ts';

/** What the server tells of itself. */
export interface ServerIdentity {
  /** Answer of `/v1/metadata/version`. */
  readonly version: object;
  readonly clusterId: string;
}

/** The release whose API and behaviour this server has: all that is observed was observed on it. */
const CONFLUENT = { version: '8.3.1', commitId: '1591732f0d6aec44a5cbe4c3be555571d8ae8139' };

/**
 * Clients decide by the version what they may ask, so it is that of the API. Who answers is told by `commitId` and
 * `implementation`, and in every answer by the `Server` header: also by a strict mirror, which tells nothing else here.
 *
 * @param version of srgit.
 */
export function identityOf(version: string, strictConfluent: boolean): ServerIdentity {
  const own = { version: CONFLUENT.version, commitId: `srgit-${version}`, implementation: 'srgit' };
  return { version: strictConfluent ? CONFLUENT : own, clusterId: 'srgit' };
}

export function registryRoutes(registry: Registry, identity: ServerIdentity): readonly Route[] {
  const { state, rules, clock } = registry;

  const contexts = (call: Call): Answer => {
    const page = readPage(call);
    if (isRefusal(page)) return refused(page);
    const prefix = queryText(call, 'contextPrefix') ?? '';
    return json(
      slicePage(
        listContexts(state).filter((name) => name.startsWith(prefix)),
        page,
      ),
    );
  };
  const deleteContext = (call: Call): Answer => {
    const command = { context: contextName(param(call, 'context')), now: clock() };
    return answer(commit(registry, decideDeleteContext(state, command, rules)), () => ({ status: 204 }));
  };
  const clusters = { 'kafka-cluster': identity.clusterId, 'schema-registry-cluster': identity.clusterId };

  return [
    { path: '/', methods: { GET: () => json({}) } },
    { path: '/contexts', methods: { GET: contexts } },
    { path: '/contexts/:context', methods: { DELETE: deleteContext } },
    {
      path: '/compatibility/subjects/:subject/versions',
      methods: { POST: (call) => testOne(registry, call, 'testCompatibilityForSubject', false) },
    },
    {
      path: '/compatibility/subjects/:subject/versions/:version',
      methods: { POST: (call) => testOne(registry, call, 'testCompatibilityBySubjectName', true) },
    },
    { path: '/v1/metadata/id', methods: { GET: () => json({ scope: { path: [], clusters } }) } },
    { path: '/v1/metadata/version', methods: { GET: () => json(identity.version) } },
    { path: '/v1/metadata/deployment', methods: { GET: () => json({ attributes: [] }) } },
  ];
}

function testOne({ state, port, rules }: Registry, call: Call, operation: string, versioned: boolean): Answer {
  const version = versioned ? readVersion(call) : undefined;
  if (isRefusal(version)) return refused(version);
  const body = readSchemaBody(call.body, operation, queryFlag(call, 'normalize'));
  if (isRefusal(body)) return refused(body);
  const verbose = queryFlag(call, 'verbose');
  const verdict = testCompatibility(state, aliasTarget(state, param(call, 'subject')), version, body, port, rules);
  if (isRefusal(verdict)) {
    // A verbose test shows a schema that does not parse as incompatible, a terse one refuses it (observed).
    return verbose && verdict.errorCode === 42201
      ? json({ is_compatible: false, messages: [verdict.refusal] })
      : refused(verdict);
  }
  return json({ is_compatible: verdict.isCompatible, ...(verbose ? { messages: verdict.messages } : {}) });
}
