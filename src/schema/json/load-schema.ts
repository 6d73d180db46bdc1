/**
 * Turns a text into the schema that is compared, or finds out that the registry would refuse it. Drafts 4 to 7 follow
 * the rules of the library that the registry loads them with (everit), 2019-09 and 2020-12 those of the other
 * (json-sKema). Only what can be reached is looked at, and what `$defs` holds since 2019-09: a wrong `definitions` entry
 * that nothing refers to is accepted.
 */
import { type ContentTable, makeContentTable, schemaContentOf } from './content-table.ts';
import { type Draft, draftOf, isModern } from './drafts.ts';
import { documentAt, findReferenced, type Library, type Place } from './find-referenced.ts';
import type { JsonNode, JsonObject } from './json-node.ts';
import { InvalidSchema, readArray, readBoolean, readObject, readString, refuse } from './keyword-values.ts';
import { isJavaUri, resolveAddress } from './reference-uri.ts';
import { type LoadChild, readUnknownLimits } from './schema-bodies.ts';
import {
  baseInside,
  type IdRules,
  type Located,
  locateRoot,
  makeDocument,
  type SchemaDocument,
} from './schema-document.ts';
import type { CombinedBody, SchemaBody, SchemaNode } from './schema-node.ts';
import { combine, type Part, readTypedParts } from './typed-parts.ts';
import { writeSortedJson } from './write-json.ts';

interface Loading extends Library {
  readonly draft: Draft;
  /** What references lead to, by address: the same for all of them, which is where cycles close. */
  readonly targets: Map<string, SchemaNode>;
  readonly contents: ContentTable;
  /** Nodes whose demands are not read yet. A list, so that no depth of nesting ends the stack. */
  readonly waiting: PendingNode[];
  /** Combinations by `allOf`, `anyOf` and `oneOf` whose parts may turn out to be several. */
  readonly combined: PendingCombined[];
}

interface PendingNode extends SchemaNode {
  body: SchemaBody;
  hasDefault: boolean;
  readonly at: Located;
}

interface PendingCombined extends CombinedBody {
  schemas: readonly SchemaNode[];
  contents: readonly number[];
}

const UNREAD: SchemaBody = { kind: 'empty' };

/** `reason`: why the registry's loaders refuse the schema, for people. */
export type LoadedSchema = { readonly schema: SchemaNode } | { readonly reason: string };

/**
 * @param texts what the schema's references stand for, by name.
 */
export function loadSchema(root: JsonNode, texts: ReadonlyMap<string, string>): LoadedSchema {
  try {
    return { schema: load(root, texts) };
  } catch (error) {
    if (error instanceof InvalidSchema) return { reason: error.message };
    throw error;
  }
}

function load(root: JsonNode, texts: ReadonlyMap<string, string>): SchemaNode {
  const draft = draftOf(root) ?? refuse('$schema', 'a string');
  const rules = { idKeyword: draft === 'draft-04' ? 'id' : '$id', embedsResources: isModern(draft) };
  const document = makeDocument(root, undefined);
  const base = baseInside(locateRoot(document), rules);
  const byAddress = new Map([...texts].map(([name, text]) => [resolveAddress(base, name), text]));
  const loading: Loading = {
    draft,
    rules,
    texts: byAddress,
    documents: new Map(),
    targets: new Map(),
    contents: makeContentTable(),
    waiting: [],
    combined: [],
  };
  // The older library parses every text that is referred to, used or not, and takes objects only.
  if (!isModern(draft)) for (const address of byAddress.keys()) documentAt(loading, address);
  const node = makeNode(loading, locateRoot(document));
  for (let next = loading.waiting.pop(); next !== undefined; next = loading.waiting.pop()) {
    next.body = readBody(loading, next.at);
    // A reference has none but the one that it leads to, and that one does not count.
    if (next.body.kind === 'reference') next.hasDefault = false;
  }
  if (isModern(draft)) for (const combined of loading.combined) spreadParts(combined);
  return node;
}

/** The newer library's demands of several kinds, in a part of a combination, become parts of it one by one. */
function spreadParts(combined: PendingCombined): void {
  const schemas: SchemaNode[] = [];
  const contents: number[] = [];
  for (const [at, schema] of combined.schemas.entries()) {
    const spread = schema.body.kind === 'combined' && schema.body.joinsKinds ? schema.body : undefined;
    schemas.push(...(spread?.schemas ?? [schema]));
    contents.push(...(spread?.contents ?? combined.contents.slice(at, at + 1)));
  }
  combined.schemas = schemas;
  combined.contents = contents;
}

function makeNode(loading: Loading, at: Located): SchemaNode {
  const { json } = at;
  const value = json.kind === 'object' ? json.members.get('default') : undefined;
  // The newer library's `null` is the same as no default.
  const hasDefault = value !== undefined && !(value.kind === 'null' && isModern(loading.draft));
  const node: PendingNode = { body: UNREAD, hasDefault, at };
  loading.waiting.push(node);
  return node;
}

function readBody(loading: Loading, at: Located): SchemaBody {
  const { json } = at;
  if (json.kind === 'boolean') return { kind: json.value ? 'empty' : 'false' };
  if (json.kind !== 'object') throw new InvalidSchema('a schema is neither an object nor a boolean');
  const draft = draftAt(loading, at.document);
  checkNames(loading.rules, draft, json);
  checkAnnotations(draft, json);
  const parts = [...readParts(loading, draft, json, at)];
  const [only] = parts;
  if (only === undefined) return { kind: 'empty' };
  if (parts.length > 1) {
    const contents = parts.map(({ keywords }) => schemaContentOf(loading.contents, pick(json, keywords), draft));
    const bodies = parts.map(({ body }) => body);
    return { ...combine('allOf', bodies, contents), joinsKinds: true };
  }
  // Beside other demands they belong to the combination, where nothing looks for them.
  const hasUnknownLimits = only.body.kind === 'array' && !isModern(draft);
  return hasUnknownLimits ? { ...only.body, ...readUnknownLimits(json.members) } : only.body;
}

/** What the schema would be with these keywords only, and those that modify them. */
function pick({ members }: JsonObject, keywords: readonly string[]): JsonObject {
  const picked = new Set([...keywords, 'minContains', 'maxContains']);
  return { kind: 'object', members: new Map([...members].filter(([keyword]) => picked.has(keyword))) };
}

/** A document that is referred to may be of another draft than the one that refers to it. */
function draftAt(loading: Loading, document: SchemaDocument): Draft {
  if (document.address === undefined || isModern(loading.draft)) return loading.draft;
  const named = document.root.kind === 'object' && document.root.members.has('$schema');
  const draft = draftOf(document.root) ?? refuse('$schema', 'a string');
  return named && !isModern(draft) ? draft : loading.draft;
}

function checkAnnotations(draft: Draft, { members }: JsonObject): void {
  for (const keyword of ['title', 'description']) readString(members, keyword);
  if (draft !== 'draft-07' && !isModern(draft)) return;
  for (const keyword of ['readOnly', 'writeOnly']) readBoolean(members, keyword);
  if (isModern(draft)) readString(members, 'format');
}

/** What a schema calls itself becomes part of an address. */
function checkNames({ idKeyword }: IdRules, draft: Draft, { members }: JsonObject): void {
  if (!isModern(draft)) {
    const id = readString(members, idKeyword);
    if (id !== undefined && !isJavaUri(id)) refuse(idKeyword, 'an address');
    return;
  }
  readString(members, '$dynamicAnchor');
  // The newer library passes over other names that are no strings.
  for (const keyword of [idKeyword, '$anchor', '$dynamicAnchor']) {
    const name = members.get(keyword);
    const address = name?.kind === 'string' ? (keyword === idKeyword ? name.value : `#${name.value}`) : '';
    if (!isJavaUri(address)) refuse(keyword, 'an address');
  }
}

/** What a schema demands, kind by kind. */
function* readParts(loading: Loading, draft: Draft, json: JsonObject, at: Located): Generator<Part> {
  const { members } = json;
  const base = baseInside(at, loading.rules);
  const loadChild = (child: JsonNode) => makeNode(loading, { json: child, base, document: at.document });

  for (const keyword of isModern(draft) ? ['$ref', '$dynamicRef'] : ['$ref']) {
    const ref = readString(members, keyword);
    if (ref === undefined) continue;
    if (ref === '') refuse(keyword, 'an address');
    const target = resolveReference(loading, ref, { base, document: at.document });
    yield { body: { kind: 'reference', target }, keywords: [keyword] };
    // Until draft 7 a reference hides all that stands beside it.
    if (!isModern(draft)) return;
  }

  const values = readArray(members, 'enum');
  if (values !== undefined) {
    yield { body: { kind: 'enum', values: new Set(values.items.map(writeSortedJson)) }, keywords: ['enum'] };
  }
  for (const criterion of ['allOf', 'anyOf', 'oneOf'] as const) {
    const schemas = readArray(members, criterion);
    if (schemas === undefined) continue;
    const contents = schemas.items.map((item) => schemaContentOf(loading.contents, item, draft));
    const body: PendingCombined = {
      kind: 'combined',
      criterion,
      joinsKinds: false,
      schemas: schemas.items.map(loadChild),
      contents,
    };
    loading.combined.push(body);
    yield { body, keywords: [criterion] };
  }
  const not = members.get('not');
  if (not !== undefined) yield { body: { kind: 'not', schema: loadChild(not) }, keywords: ['not'] };
  const constant = draft === 'draft-04' ? undefined : members.get('const');
  if (constant !== undefined) {
    yield { body: { kind: 'const', value: writeSortedJson(constant) }, keywords: ['const'] };
  }

  yield* readTypedParts(members, draft, loadChild);
  yield* readConditional(draft, json, loadChild);
  if (isModern(draft)) checkUncompared(json, loadChild);
}

function* readConditional(draft: Draft, { members }: JsonObject, loadChild: LoadChild): Generator<Part> {
  if (draft === 'draft-04' || draft === 'draft-06') return;
  // The newer library does not look at what nothing leads to.
  if (isModern(draft) && !members.has('if')) return;
  const keywords = ['if', 'then', 'else'];
  const schemas = keywords.map((keyword) => members.get(keyword)).filter((json) => json !== undefined);
  if (schemas.length === 0) return;
  for (const json of schemas) loadChild(json);
  yield { body: { kind: 'conditional' }, keywords };
}

/** Must be schemas, and are never compared (observed). The newer library loads `$defs` that nothing refers to, too. */
function checkUncompared({ members }: JsonObject, loadChild: LoadChild): void {
  for (const keyword of ['unevaluatedItems', 'unevaluatedProperties']) {
    const json = members.get(keyword);
    if (json !== undefined) loadChild(json);
  }
  for (const json of readObject(members, '$defs')?.members.values() ?? []) loadChild(json);
}

function resolveReference(loading: Loading, ref: string, place: Place): SchemaNode {
  const address = resolveAddress(place.base, ref);
  const known = loading.targets.get(address);
  if (known !== undefined) return known;
  const found = findReferenced(loading, ref, address, place);
  if (found === undefined) throw new InvalidSchema(`\`$ref\` leads nowhere: ${ref}`);
  const target = makeNode(loading, found);
  loading.targets.set(address, target);
  return target;
}
