/** A JSON text that schemas are looked up in: by pointer, and by the ids and anchors it gives its parts. */
import type { JsonNode } from './json-node.ts';
import { resolveAddress, splitAddress } from './reference-uri.ts';

/** A part of a document, with the address that references in it start from, but for an id of its own. */
export interface Located {
  readonly json: JsonNode;
  readonly base: string | undefined;
  readonly document: SchemaDocument;
}

export interface SchemaDocument {
  readonly root: JsonNode;
  /** The address it was referred to by; undefined for a schema that stands by itself. */
  readonly address: string | undefined;
  /** Parts that have an id, by the id as written and by the address it makes. Filled when first asked for. */
  identified: ReadonlyMap<string, Located> | undefined;
}

/** The two generations of drafts, which different libraries load in the real registry. */
export interface IdRules {
  /** `id` in draft 4, `$id` since. */
  readonly idKeyword: string;
  /** Whether an `$id` begins a resource that pointers start from, and `$anchor` names a part (2019-09 and later). */
  readonly embedsResources: boolean;
}

export function makeDocument(root: JsonNode, address: string | undefined): SchemaDocument {
  return { root, address, identified: undefined };
}

export function locateRoot(document: SchemaDocument): Located {
  return { json: document.root, base: document.address, document };
}

/** The address that references inside of a value start from: its own id counts, wherever it stands (observed). */
export function baseInside({ json, base }: Located, { idKeyword }: IdRules): string | undefined {
  const id = json.kind === 'object' ? json.members.get(idKeyword) : undefined;
  return id?.kind === 'string' ? resolveAddress(base, id.value) : base;
}

/** Follows a pointer; undefined where it leads nowhere. */
export function followPointer(from: Located, steps: readonly string[], rules: IdRules): Located | undefined {
  let here = from;
  for (const step of steps) {
    const json = childOf(here.json, step);
    if (json === undefined) return undefined;
    here = { json, base: baseInside(here, rules), document: here.document };
  }
  return here;
}

function childOf(json: JsonNode, step: string): JsonNode | undefined {
  if (json.kind === 'object') return json.members.get(step);
  return json.kind === 'array' && /^(0|[1-9]\d{0,8})$/.test(step) ? json.items[Number(step)] : undefined;
}

/** The part that has this id or anchor. The first one in the text's order wins. */
export function findIdentified(document: SchemaDocument, id: string, rules: IdRules): Located | undefined {
  document.identified ??= collectIdentified(document, rules);
  return document.identified.get(id);
}

function collectIdentified(document: SchemaDocument, rules: IdRules): ReadonlyMap<string, Located> {
  const found = new Map<string, Located>();
  const add = (id: string, part: Located) => {
    if (!found.has(id)) found.set(id, part);
  };
  const waiting: Located[] = [locateRoot(document)];
  for (let here = waiting.pop(); here !== undefined; here = waiting.pop()) {
    const { json } = here;
    const base = baseInside(here, rules);
    if (json.kind === 'object') {
      const id = json.members.get(rules.idKeyword);
      if (id?.kind === 'string') addId(id.value, here);
      for (const keyword of ['$anchor', '$dynamicAnchor']) {
        const anchor = rules.embedsResources ? json.members.get(keyword) : undefined;
        if (anchor?.kind === 'string') add(`${splitAddress(base ?? '').document}#${anchor.value}`, here);
      }
    }
    for (const child of childrenOf(json).toReversed()) waiting.push({ json: child, base, document });
  }
  return found;

  function addId(id: string, here: Located): void {
    const resolved = resolveAddress(here.base, id);
    add(rules.embedsResources ? splitAddress(resolved).document : resolved, here);
    if (!rules.embedsResources) add(id, here);
  }
}

function childrenOf(json: JsonNode): readonly JsonNode[] {
  if (json.kind === 'object') return [...json.members.values()];
  return json.kind === 'array' ? json.items : [];
}
