/**
 * What the search knows beyond names: words of fields and docs, ids, guids, each with what it leads to. All terms stand in
 * one sorted list that is cut into pieces, so that a page fetches those few that hold what was typed, however many there are.
 */
import { compareCodeUnits } from '../model/subject-name.ts';
import type { FieldNode, FieldTree } from './fields/field-node.ts';
import type { GuidPayload, IdPayload, TermEntry, WordPayload } from './model.ts';
import { wholeWord, wordsOf } from './words.ts';

/** A word that more subjects have is told without the fields. */
const MAX_PLACES = 40;

/** Characters of JSON in a piece, about. */
const PIECE_SIZE = 40_000;

/** Words of one schema. */
const MAX_WORDS = 5_000;

export class TermCollector {
  readonly #words = new Map<string, { readonly subjects: number[]; places: string[] | undefined }>();
  readonly #ids = new Map<
    number,
    { rows: [number, number][]; retired?: number[]; maps?: [number, number, number, string?][] }
  >();
  readonly #guids = new Map<string, [number, number][]>();

  /** Must be called with ascending subjects. */
  addFields(subject: number, tree: FieldTree): void {
    const seen = new Set<string>();
    for (const node of tree.nodes) this.#addNode(subject, node, '', seen);
  }

  #addNode(subject: number, node: FieldNode, outer: string, seen: Set<string>): void {
    if (seen.size > MAX_WORDS) return;
    const place = outer === '' ? node.name : `${outer}.${node.name}`;
    this.#addWord(subject, wholeWord(node.name), place, seen);
    for (const word of wordsOf(node.name)) this.#addWord(subject, word, place, seen);
    if (node.doc !== undefined) for (const word of wordsOf(node.doc)) this.#addWord(subject, word, place, seen);
    for (const child of node.children ?? []) this.#addNode(subject, child, place, seen);
  }

  #addWord(subject: number, word: string, place: string, seen: Set<string>): void {
    if (word.length < 2 || seen.has(word)) return;
    seen.add(word);
    const known = this.#words.get(word);
    if (known === undefined) {
      this.#words.set(word, { subjects: [subject], places: [place] });
      return;
    }
    known.subjects.push(subject);
    if (known.places !== undefined && known.places.push(place) > MAX_PLACES) known.places = undefined;
  }

  addRow(subject: number, version: number, id: number, guid: string): void {
    this.#idOf(id).rows.push([subject, version]);
    const rows = this.#guids.get(guid);
    if (rows === undefined) this.#guids.set(guid, [[subject, version]]);
    else rows.push([subject, version]);
  }

  addRetired(context: number, id: number): void {
    const entry = this.#idOf(id);
    entry.retired = [...(entry.retired ?? []), context];
  }

  addMapped(map: number, context: number, from: number, to: number, toContext: string | undefined): void {
    const entry = this.#idOf(from);
    const mapped: [number, number, number, string?] =
      toContext === undefined ? [context, map, to] : [context, map, to, toContext];
    entry.maps = [...(entry.maps ?? []), mapped];
  }

  #idOf(id: number) {
    const known = this.#ids.get(id) ?? { rows: [] };
    this.#ids.set(id, known);
    return known;
  }

  /** All terms in order. */
  entries(): TermEntry[] {
    const entries: TermEntry[] = [];
    for (const [word, { subjects, places }] of this.#words) entries.push([`w${word}`, wordPayload(subjects, places)]);
    for (const [id, payload] of this.#ids) entries.push([`i${id}`, payload satisfies IdPayload]);
    for (const [guid, rows] of this.#guids) entries.push([`g${guid}`, { rows } satisfies GuidPayload]);
    return entries.sort(([a], [b]) => compareCodeUnits(a, b));
  }
}

function wordPayload(subjects: readonly number[], places: readonly string[] | undefined): WordPayload {
  let before = 0;
  const s = subjects.map((subject) => {
    const step = subject - before;
    before = subject;
    return step;
  });
  return places === undefined ? { s } : { s, f: places };
}

/** Cuts sorted terms into pieces. */
export function cutTerms(entries: readonly TermEntry[]): readonly (readonly TermEntry[])[] {
  const pieces: TermEntry[][] = [];
  let piece: TermEntry[] = [];
  let size = 0;
  for (const entry of entries) {
    if (size > PIECE_SIZE) {
      pieces.push(piece);
      piece = [];
      size = 0;
    }
    piece.push(entry);
    size += sizeOf(entry);
  }
  if (piece.length > 0) pieces.push(piece);
  return pieces;
}

/** About as many characters as its JSON has. */
function sizeOf([term, payload]: TermEntry): number {
  if ('s' in payload) {
    return (
      term.length + 12 + payload.s.length * 3 + (payload.f?.reduce((sum, place) => sum + place.length + 3, 0) ?? 0)
    );
  }
  return term.length + 16 + payload.rows.length * 8;
}
