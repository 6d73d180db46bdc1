/** What a `$ref` leads to: a part of the same text, or of one that the schema has a reference to. */
import { InvalidSchema } from './keyword-values.ts';
import { readJson } from './read-json.ts';
import { parsePointer, splitAddress } from './reference-uri.ts';
import {
  baseInside,
  findIdentified,
  followPointer,
  type IdRules,
  type Located,
  locateRoot,
  makeDocument,
  type SchemaDocument,
} from './schema-document.ts';

/** The texts that can be referred to. The network is never asked. */
export interface Library {
  readonly rules: IdRules;
  /** By the address that a name makes, seen from the schema that has the references. */
  readonly texts: ReadonlyMap<string, string>;
  /** Those that are parsed. */
  readonly documents: Map<string, SchemaDocument>;
}

/** Where a reference stands. */
export type Place = Pick<Located, 'base' | 'document'>;

/**
 * @param address what the reference makes of the address it starts from.
 * @returns undefined where there is nothing.
 */
export function findReferenced(library: Library, ref: string, address: string, place: Place): Located | undefined {
  return library.rules.embedsResources
    ? findInResources(library, address, place)
    : findInDocuments(library, ref, address, place);
}

/**
 * Until draft 7: a part that has this id; else, for a reference that begins with `#`, a pointer from the top of the
 * document, whatever ids stand between; else another document.
 */
function findInDocuments(library: Library, ref: string, address: string, place: Place): Located | undefined {
  const identified = findIdentified(place.document, address, library.rules);
  if (identified !== undefined) return identified;
  const { document: uri, fragment } = splitAddress(address);
  const steps = parsePointer(ref.startsWith('#') ? ref.slice(1) : fragment);
  if (steps === undefined) return undefined;
  const root = locateRoot(place.document);
  const isHere = ref.startsWith('#') || uri === splitAddress(baseInside(root, library.rules) ?? '').document;
  if (isHere) return followPointer(root, steps, library.rules);
  const other = documentAt(library, uri);
  return other === undefined ? undefined : followPointer(locateRoot(other), steps, library.rules);
}

/** Since 2019-09: the address names a resource, and the fragment a pointer from its top or an anchor in it. */
function findInResources(library: Library, address: string, place: Place): Located | undefined {
  const { document: uri, fragment } = splitAddress(address);
  const document = ownerOf(library, uri, place.document);
  if (document === undefined) return undefined;
  const top = document.resource ?? locateRoot(document.owner);
  const steps = parsePointer(fragment);
  if (steps !== undefined) return followPointer(top, steps, library.rules);
  const own = splitAddress(baseInside(top, library.rules) ?? '').document;
  return findIdentified(document.owner, `${own}#${fragment}`, library.rules);
}

interface Resource {
  readonly owner: SchemaDocument;
  /** Undefined for the top of the document. */
  readonly resource: Located | undefined;
}

function ownerOf(library: Library, uri: string, here: SchemaDocument): Resource | undefined {
  const base = splitAddress(baseInside(locateRoot(here), library.rules) ?? '').document;
  if (uri === base || uri === (here.address ?? '')) return { owner: here, resource: undefined };
  const resource = findIdentified(here, uri, library.rules);
  if (resource !== undefined) return { owner: here, resource };
  const other = documentAt(library, uri);
  return other === undefined ? undefined : { owner: other, resource: undefined };
}

/** The text that a reference stands for. The older of the real registry's libraries takes objects only. */
export function documentAt(library: Library, address: string): SchemaDocument | undefined {
  const known = library.documents.get(address);
  if (known !== undefined) return known;
  const text = library.texts.get(address);
  if (text === undefined) return undefined;
  const root = readJson(text);
  const isSchema = root?.kind === 'object' || (root?.kind === 'boolean' && library.rules.embedsResources);
  if (root === undefined || !isSchema) throw new InvalidSchema(`what is referred to as ${address} is no JSON Schema`);
  const document = makeDocument(root, address);
  library.documents.set(address, document);
  return document;
}
