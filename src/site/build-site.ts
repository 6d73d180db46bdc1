/** From a registry's state and its history to what the pages read. */
import type { ContextState, RegistrySnapshot, SubjectState } from '../model/registry-snapshot.ts';
import { SCHEMA_TYPES, type SchemaType, type SchemaVersion } from '../model/schema-version.ts';
import { formatSubjectName } from '../model/subject-name.ts';
import type { IdMap } from '../plan/id-map.ts';
import { referencedSubject } from '../semantics/names.ts';
import { readFields } from './fields/read-fields.ts';
import {
  MAX_FINDINGS,
  MAX_RETIRED,
  SITE_FORMAT,
  type SiteChange,
  type SiteCommit,
  type SiteContext,
  type SiteFinding,
  type SiteGraph,
  type SiteIndex,
  type SitePending,
  type SiteSubject,
  type SiteVersion,
  type TermEntry,
} from './model.ts';
import { redactConfig, redactMetadata } from './redact.ts';
import { settingsInForce } from './settings-in-force.ts';
import { cutTerms, TermCollector } from './terms.ts';

export interface PendingSchema extends SitePending {
  readonly context: string;
  readonly subject: string;
}

export interface SiteInput {
  readonly title: string;
  readonly snapshot: RegistrySnapshot;
  readonly pending: readonly PendingSchema[];
  readonly maxIds: ReadonlyMap<string, number>;
  readonly retiredIds: ReadonlyMap<string, readonly number[]>;
  readonly findings: readonly SiteFinding[];
  readonly idMaps: readonly { readonly name: string; readonly map: IdMap }[];
  readonly history?: SiteHistory | undefined;
}

export interface SiteHistory {
  readonly commit?: string;
  readonly shallow: boolean;
  readonly commits: number;
  /** The commit that added a version, by `versionKey`. */
  readonly added: ReadonlyMap<string, SiteCommit>;
  /** The latest commit that touched a subject, by its qualified name: epoch seconds. */
  readonly touched: ReadonlyMap<string, number>;
  /** Latest first; subjects by qualified name. */
  readonly changes: readonly (Omit<SiteChange, 'subjects'> & { readonly subjects: readonly string[] })[];
}

/** @param subject qualified */
export function versionKey(subject: string, version: number): string {
  return `${version} ${subject}`;
}

/** A file of data: `key` is the name under which the page asks for it. */
export interface SitePiece {
  readonly key: string;
  readonly value: unknown;
}

/** Characters of schema text that a piece of subjects holds, about; one subject is never divided. */
const PIECE_SIZE = 160_000;

/** Subjects after which others get a turn. */
const BREATH = 100;

/**
 * Gives the pieces one after the other, the index last. Between them it takes breath, for a large registry takes seconds.
 *
 * @param breathe awaited now and then; may throw to end it.
 */
export async function* buildSite(input: SiteInput, breathe: () => Promise<void>): AsyncGenerator<SitePiece> {
  const site = new SiteBuilder(input);
  let texts: SiteSubject[] = [];
  let size = 0;
  for (const [at, place] of site.places.entries()) {
    if (at % BREATH === BREATH - 1) await breathe();
    const length = place.state.versions.reduce((sum, row) => sum + row.schema.length + 400, 400);
    if (texts.length > 0 && size + length > PIECE_SIZE) {
      yield site.subjectPiece(texts);
      texts = [];
      size = 0;
    }
    if (texts.length === 0) site.pieces.push(at);
    texts.push(site.subject(at, place));
    size += length;
  }
  if (texts.length > 0) yield site.subjectPiece(texts);
  await breathe();
  const termPieces: string[] = [];
  for (const [number, piece] of cutTerms(site.terms()).entries()) {
    const [first] = piece;
    termPieces.push(first?.[0] ?? '');
    if (number % BREATH === BREATH - 1) await breathe();
    yield { key: `terms-${number}`, value: piece satisfies readonly TermEntry[] };
  }
  yield { key: 'graph', value: site.graph() };
  yield { key: 'index', value: site.index(termPieces) };
}

interface Place {
  readonly context: ContextState;
  readonly contextAt: number;
  readonly state: SubjectState;
  readonly qualified: string;
}

class SiteBuilder {
  readonly places: readonly Place[];
  readonly pieces: number[] = [];
  readonly #input: SiteInput;
  readonly #terms = new TermCollector();
  readonly #at: ReadonlyMap<string, number>;
  readonly #referencedBy: ReadonlyMap<string, readonly (readonly [number, number])[]>;
  readonly #rowsById: ReadonlyMap<string, readonly (readonly [number, number])[]>;
  readonly #pending = new Map<string, PendingSchema[]>();
  readonly #edges: [number, number][] = [];
  readonly #columns = {
    name: [] as string[],
    context: [] as number[],
    type: [] as number[],
    versions: [] as number[],
    deleted: [] as number[],
    latest: [] as number[],
    id: [] as number[],
    level: [] as number[],
    changed: [] as number[],
  };
  readonly #levels: string[] = [];
  #references = 0;
  #subjectPieces = 0;

  constructor(input: SiteInput) {
    this.#input = input;
    this.places = placesOf(input);
    this.#at = new Map(this.places.map(({ qualified }, at) => [qualified, at]));
    const referencedBy = new Map<string, (readonly [number, number])[]>();
    const rowsById = new Map<string, (readonly [number, number])[]>();
    for (const [at, { state, qualified, contextAt }] of this.places.entries()) {
      const targets = new Set<number>();
      for (const row of state.versions) {
        push(rowsById, `${contextAt} ${row.id}`, [at, row.version]);
        for (const reference of row.references) {
          this.#references++;
          const subject = referencedSubject(qualified, reference.subject);
          push(referencedBy, versionKey(subject, reference.version), [at, row.version]);
          const target = this.#at.get(subject);
          if (target !== undefined && target !== at) targets.add(target);
        }
      }
      for (const target of targets) this.#edges.push([at, target]);
    }
    for (const one of input.pending) push(this.#pending, formatSubjectName(one), one);
    this.#referencedBy = referencedBy;
    this.#rowsById = rowsById;
    for (const [context, ids] of input.retiredIds) {
      const at = input.snapshot.contexts.findIndex(({ name }) => name === context);
      if (at >= 0) for (const id of ids) this.#terms.addRetired(at, id);
    }
    for (const [number, { map }] of input.idMaps.entries()) {
      for (const { context, from, to, toContext } of map.ids) {
        const at = input.snapshot.contexts.findIndex(({ name }) => name === context);
        if (at >= 0) this.#terms.addMapped(number, at, from, to, toContext === context ? undefined : toContext);
      }
    }
  }

  /** Adds the subject to columns and terms, and gives what its page shows. */
  subject(at: number, place: Place): SiteSubject {
    const { context, contextAt, state, qualified } = place;
    const pending = this.#pending.get(qualified) ?? [];
    const versions = state.versions.map((row) => this.#version(at, place, row));
    const inForce = settingsInForce(state, context, this.#input.snapshot.global);
    const latest = state.versions.findLast(({ deleted }) => !deleted) ?? state.versions.at(-1);
    const columns = this.#columns;
    columns.name.push(state.name);
    columns.context.push(contextAt);
    columns.type.push(latest === undefined ? -1 : SCHEMA_TYPES.indexOf(latest.schemaType));
    columns.versions.push(versions.length);
    columns.deleted.push(versions.filter(({ deleted }) => deleted).length);
    columns.latest.push(latest?.version ?? 0);
    columns.id.push(latest?.id ?? 0);
    columns.level.push(this.#levelAt(inForce.level.value));
    const registered = Math.max(0, ...state.versions.map(({ registeredAt = 0 }) => registeredAt));
    columns.changed.push(this.#input.history?.touched.get(qualified) ?? Math.floor(registered / 1000));
    const shown = latest ?? pending.at(-1);
    const fields = shown === undefined ? undefined : fieldsOf(shown);
    if (fields !== undefined) this.#terms.addFields(at, fields);
    return {
      name: state.name,
      context: context.name,
      ...(state.config === undefined ? {} : { config: redactConfig(state.config) }),
      ...(state.mode === undefined ? {} : { mode: state.mode }),
      ...inForce,
      versions,
      pending: pending.map(({ version, type, text, file }) => ({ version, type, text, file })),
    };
  }

  #version(at: number, { contextAt, qualified }: Place, row: SchemaVersion): SiteVersion {
    this.#terms.addRow(at, row.version, row.id, row.guid);
    const commit = this.#input.history?.added.get(versionKey(qualified, row.version));
    const sameId = this.#rowsById.get(`${contextAt} ${row.id}`) ?? [];
    return {
      version: row.version,
      id: row.id,
      guid: row.guid,
      type: row.schemaType,
      text: row.schema,
      references: row.references.map(({ name, subject, version }) => {
        const target = referencedSubject(qualified, subject);
        const known = this.#at.get(target);
        return { name, subject: target, version, ...(known === undefined ? {} : { at: known }) };
      }),
      referencedBy: this.#referencedBy.get(versionKey(qualified, row.version)) ?? [],
      sameId: sameId.filter(([subject, version]) => subject !== at || version !== row.version),
      ...(row.metadata === undefined ? {} : { metadata: redactMetadata(row.metadata) }),
      ...(row.ruleSet === undefined ? {} : { ruleSet: row.ruleSet }),
      deleted: row.deleted,
      ...(row.registeredAt === undefined ? {} : { registeredAt: row.registeredAt }),
      ...(commit === undefined ? {} : { commit }),
    };
  }

  subjectPiece(subjects: readonly SiteSubject[]): SitePiece {
    return { key: `subjects-${this.#subjectPieces++}`, value: subjects };
  }

  terms(): readonly TermEntry[] {
    return this.#terms.entries();
  }

  graph(): SiteGraph {
    return { edges: this.#edges };
  }

  index(termPieces: readonly string[]): SiteIndex {
    const { title, snapshot, findings, idMaps, history } = this.#input;
    const columns = this.#columns;
    const order = { error: 0, warning: 1, notice: 2 };
    return {
      format: SITE_FORMAT,
      title,
      registry: snapshot.registry,
      counts: {
        contexts: snapshot.contexts.length,
        subjects: columns.name.length,
        versions: columns.versions.reduce((sum, count) => sum + count, 0),
        deleted: columns.deleted.reduce((sum, count) => sum + count, 0),
        references: this.#references,
        findings: findings.length,
      },
      contexts: snapshot.contexts.map((context) => this.#context(context)),
      levels: this.#levels,
      subjects: columns,
      pieces: this.pieces,
      termPieces,
      findings: [...findings].sort((a, b) => order[a.severity] - order[b.severity]).slice(0, MAX_FINDINGS),
      idMaps: idMaps.map(({ name, map }) => ({ name, kind: map.target.kind, entries: map.ids.length })),
      changes: (history?.changes ?? []).map((change) => ({
        ...change,
        subjects: change.subjects.flatMap((name) => this.#at.get(name) ?? []),
      })),
      ...(history === undefined
        ? {}
        : {
            history: {
              ...(history.commit === undefined ? {} : { commit: history.commit }),
              shallow: history.shallow,
              commits: history.commits,
            },
          }),
    };
  }

  #context({ name, config, mode }: ContextState): SiteContext {
    const retired = this.#input.retiredIds.get(name) ?? [];
    const maxId = this.#input.maxIds.get(name);
    return {
      name,
      ...(config === undefined ? {} : { config: redactConfig(config) }),
      ...(mode === undefined ? {} : { mode }),
      ...(maxId === undefined ? {} : { maxId }),
      retiredCount: retired.length,
      retired: retired.slice(0, MAX_RETIRED),
    };
  }

  #levelAt(level: string): number {
    const known = this.#levels.indexOf(level);
    return known >= 0 ? known : this.#levels.push(level) - 1;
  }
}

/** Subjects in the order of the pages, those too that only have versions added by hand. */
function placesOf({ snapshot, pending }: SiteInput): readonly Place[] {
  return snapshot.contexts.flatMap((context, contextAt) => {
    const known = new Set(context.subjects.map(({ name }) => name));
    const added = new Set(pending.filter((one) => one.context === context.name).map(({ subject }) => subject));
    const states: SubjectState[] = [
      ...context.subjects,
      ...[...added].filter((name) => !known.has(name)).map((name) => ({ name, versions: [] })),
    ];
    if (states.length > context.subjects.length) states.sort((a, b) => (a.name < b.name ? -1 : 1));
    return states.map((state) => ({
      context,
      contextAt,
      state,
      qualified: formatSubjectName({ context: context.name, subject: state.name }),
    }));
  });
}

function fieldsOf(shown: SchemaVersion | PendingSchema) {
  const [type, text]: [SchemaType, string] =
    'text' in shown ? [shown.type, shown.text] : [shown.schemaType, shown.schema];
  return readFields(type, text);
}

function push<Value>(map: Map<string, Value[]>, key: string, value: Value): void {
  const known = map.get(key);
  if (known === undefined) map.set(key, [value]);
  else known.push(value);
}
