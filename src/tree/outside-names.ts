/** What a schema's text names and does not define itself, and what it defines: how references are found by name. */
import type { SchemaType } from '../model/schema-version.ts';
import { AvroSchemaError } from '../schema/avro/avro-error.ts';
import { readJson as readAvroJson } from '../schema/avro/json-reader.ts';
import { createContext } from '../schema/avro/parse-context.ts';
import { parseSchema } from '../schema/avro/parse-schema.ts';
import { type AvroSchema, childrenOf, fullNameOf } from '../schema/avro/schema-model.ts';
import { draftOf, isModern } from '../schema/json/drafts.ts';
import { findReferenced } from '../schema/json/find-referenced.ts';
import type { JsonNode } from '../schema/json/json-node.ts';
import { InvalidSchema } from '../schema/json/keyword-values.ts';
import { readJson } from '../schema/json/read-json.ts';
import { resolveAddress, splitAddress } from '../schema/json/reference-uri.ts';
import { baseInside, type Located, locateRoot, makeDocument } from '../schema/json/schema-document.ts';
import { ProtobufFault } from '../schema/protobuf/protobuf-fault.ts';
import { readFile } from '../schema/protobuf/schema-files.ts';

/** One thing that is named: the spellings under which a reference may be known, the preferred one first. */
export type OutsideName = readonly string[];

export interface TextNames {
  /** In the order of the text, each once. */
  readonly outside: readonly OutsideName[];
  /** Full names of Avro's types, or the address of a JSON Schema; the text's own first. */
  readonly defined: readonly string[];
}

/** @returns undefined for what is no schema: then nobody can tell what it refers to. */
export function namesInText(schemaType: SchemaType, schema: string): TextNames | undefined {
  try {
    if (schemaType === 'AVRO') return namesInAvro(schema);
    return schemaType === 'PROTOBUF' ? namesInProtobuf(schema) : namesInJson(schema);
  } catch (error) {
    const isFault = [AvroSchemaError, ProtobufFault, InvalidSchema].some((fault) => error instanceof fault);
    if (isFault) return undefined;
    throw error;
  }
}

/** A short name means the type of its namespace, else the one without a namespace (Avro 1.12). */
function namesInAvro(schema: string): TextNames | undefined {
  const { node } = readAvroJson(schema);
  if (node === undefined) return undefined;
  const context = createContext(false);
  const root = parseSchema(node, context, undefined);
  const outside = new Map<string, OutsideName>();
  const visited = new Set<AvroSchema>();
  const open = [root];
  for (let type = open.pop(); type !== undefined; type = open.pop()) {
    if (visited.has(type)) continue;
    visited.add(type);
    if (type.type === 'unresolved' && !context.types.has(type.target)) {
      const { target } = type;
      outside.set(target, [...new Set([target, target.slice(target.lastIndexOf('.') + 1)])]);
    }
    for (const child of childrenOf(type).toReversed()) open.push(child);
  }
  const own = fullNameOf(root);
  const others = [...context.types.keys()].filter((name) => name !== own);
  return { outside: [...outside.values()], defined: context.types.has(own) ? [own, ...others] : others };
}

/** The files that the registry knows by itself count too: a reference of the same name hides them. */
function namesInProtobuf(schema: string): TextNames {
  const { imports, publicImports } = readFile(schema);
  return { outside: [...new Set([...imports, ...publicImports])].map((name) => [name]), defined: [] };
}

/** Where members are values, not schemas: a `$ref` in there refers to nothing. */
const VALUES: ReadonlySet<string> = new Set(['const', 'default', 'enum', 'examples']);

function namesInJson(schema: string): TextNames | undefined {
  const root = readJson(schema);
  const draft = root === undefined ? undefined : draftOf(root);
  if (root === undefined || draft === undefined) return undefined;
  const rules = { idKeyword: draft === 'draft-04' ? 'id' : '$id', embedsResources: isModern(draft) };
  const document = makeDocument(root, undefined);
  const library = { rules, texts: new Map<string, string>(), documents: new Map() };
  const top = baseInside(locateRoot(document), rules);
  const outside = new Map<string, OutsideName>();
  const open: Located[] = [locateRoot(document)];
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    const base = baseInside(at, rules);
    for (const ref of refsIn(at.json)) {
      const address = resolveAddress(base, ref);
      if (findReferenced(library, ref, address, { base, document }) !== undefined) continue;
      const meant = splitAddress(address).document;
      // A name is seen from the top of the schema, wherever the reference stands (observed).
      const names = [splitAddress(ref).document, meant].filter((name) => resolveAddress(top, name) === meant);
      if (meant !== '') outside.set(meant, [...new Set(names)]);
    }
    for (const child of schemasIn(at.json).toReversed()) open.push({ json: child, base, document });
  }
  return { outside: [...outside.values()], defined: top === undefined ? [] : [splitAddress(top).document] };
}

function refsIn(json: JsonNode): readonly string[] {
  if (json.kind !== 'object') return [];
  return ['$ref', '$dynamicRef'].flatMap((keyword) => {
    const ref = json.members.get(keyword);
    return ref?.kind === 'string' ? [ref.value] : [];
  });
}

function schemasIn(json: JsonNode): readonly JsonNode[] {
  if (json.kind === 'array') return json.items;
  return json.kind === 'object'
    ? [...json.members].flatMap(([name, member]) => (VALUES.has(name) ? [] : [member]))
    : [];
}
