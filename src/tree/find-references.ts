/**
 * References of versions that were added by hand and list none: found by name (rule 8 of the tree). What the subject's
 * version before it refers to by a name stays as it is; other names are looked for in the whole context.
 */
import type { RegistrySnapshot } from '../model/registry-snapshot.ts';
import type { Reference, SchemaType } from '../model/schema-version.ts';
import { formatSubjectName, parseSubjectName } from '../model/subject-name.ts';
import { orderNodes } from '../plan/order-nodes.ts';
import { referencedSubject } from '../semantics/names.ts';
import type { Finding } from './finding.ts';
import { namesInText, type OutsideName, type TextNames } from './outside-names.ts';
import type { PendingVersion } from './pending-version.ts';

export interface FoundReferences {
  /** The same versions with references where they could be told, each after those that it refers to. */
  readonly pending: readonly PendingVersion[];
  readonly findings: readonly Finding[];
}

export function findReferences(snapshot: RegistrySnapshot, pending: readonly PendingVersion[]): FoundReferences {
  if (pending.length === 0) return { pending, findings: [] };
  const search = new Search(snapshot, pending);
  const findings: Finding[] = [];
  const found = new Map<PendingVersion, PendingVersion>();
  for (const version of [...pending].sort((a, b) => a.version - b.version)) {
    if (version.references !== undefined) continue;
    const references = search.referencesOf(version, findings);
    if (references === undefined) continue;
    found.set(version, { ...version, references });
    search.remember(version, references);
  }
  return { pending: inOrder(pending.map((version) => found.get(version) ?? version)), findings };
}

/** Those on a circle come last: whoever registers them says so. */
function inOrder(pending: readonly PendingVersion[]): readonly PendingVersion[] {
  const keyOf = (subject: string, version: number): string => `${version} ${subject}`;
  const names = pending.map(({ context, subject }) => formatSubjectName({ context, subject }));
  const places = new Map(pending.map(({ version }, at) => [keyOf(names[at] ?? '', version), at]));
  const { order, stuck } = orderNodes(pending.length, (at) =>
    (pending[at]?.references ?? []).flatMap(({ subject, version }) => {
      return places.get(keyOf(referencedSubject(names[at] ?? '', subject), version)) ?? [];
    }),
  );
  return [...order, ...stuck].flatMap((at) => pending[at] ?? []);
}

/** A version that can be referred to. */
interface Known {
  /** Qualified. */
  readonly subject: string;
  readonly context: string;
  readonly version: number;
  readonly schemaType: SchemaType;
  readonly schema: string;
  references: readonly Reference[];
}

interface Candidate {
  readonly name: string;
  readonly known: Known;
}

/** A life cycle: what was found for one version counts for the next ones. */
class Search {
  /** Live versions and those added by hand, ascending, by qualified subject. */
  readonly #versions = new Map<string, Known[]>();
  readonly #names = new Map<Known, TextNames | undefined>();
  /** By context. */
  readonly #indexes = new Map<string, NameIndex>();

  constructor(snapshot: RegistrySnapshot, pending: readonly PendingVersion[]) {
    for (const { name: context, subjects } of snapshot.contexts) {
      for (const { name, versions } of subjects) {
        const subject = formatSubjectName({ context, subject: name });
        const live = versions.filter(({ deleted }) => !deleted);
        // Not copied: a text may be read only when it is asked for.
        this.#versions.set(
          subject,
          live.map((row) => ({
            subject,
            context,
            version: row.version,
            schemaType: row.schemaType,
            get schema() {
              return row.schema;
            },
            references: row.references,
          })),
        );
      }
    }
    for (const { context, subject: name, version, schemaType, schema, references } of pending) {
      const subject = formatSubjectName({ context, subject: name });
      const known = { subject, context, version, schemaType, schema, references: references ?? [] };
      const list = this.#versions.get(subject) ?? [];
      this.#versions.set(
        subject,
        [...list, known].sort((a, b) => a.version - b.version),
      );
    }
  }

  remember({ context, subject, version }: PendingVersion, references: readonly Reference[]): void {
    const known = this.#find(formatSubjectName({ context, subject }), version);
    if (known !== undefined) known.references = references;
  }

  /** undefined where the text does not tell. */
  referencesOf(pending: PendingVersion, findings: Finding[]): readonly Reference[] | undefined {
    const { context, version, schemaType } = pending;
    const subject = formatSubjectName({ context, subject: pending.subject });
    const self = this.#find(subject, version);
    const outside = self && this.#namesOf(self)?.outside;
    if (outside === undefined) return undefined;
    const before = this.#versions.get(subject)?.findLast((known) => known.version < version);
    const earlier = before?.schemaType === schemaType ? before.references : [];
    const kept = new Set<Reference>();
    const open: OutsideName[] = [];
    for (const names of outside) {
      const same =
        earlier.find(({ name }) => names.includes(name)) ??
        earlier.find((reference) => this.#provides(subject, reference, names));
      if (same === undefined) open.push(names);
      else kept.add(same);
    }
    const added: Reference[] = [];
    for (const names of open) {
      if ([...kept].some((reference) => this.#provides(subject, reference, names))) continue;
      const candidates = this.#index(context).find(names, schemaType, subject);
      const [candidate] = candidates;
      if (candidates.length === 1 && candidate !== undefined) added.push(referenceTo(candidate, context));
      else if (candidates.length > 1) findings.push(ambiguous(pending, names, candidates));
    }
    return [...earlier.filter((reference) => kept.has(reference)), ...this.#withoutProvided(subject, added)];
  }

  /** What another reference brings along is not named twice: Avro refuses two definitions of one type. */
  #withoutProvided(referrer: string, references: readonly Reference[]): readonly Reference[] {
    let left = references;
    for (const reference of references) {
      const others = left.filter((other) => other !== reference);
      if (others.some((other) => this.#provides(referrer, other, [reference.name]))) left = others;
    }
    return left;
  }

  /** Whether what a reference leads to, or what that is built on, has one of the names. */
  #provides(referrer: string, reference: Reference, names: OutsideName): boolean {
    const visited = new Set<Known>();
    const open = [{ referrer, reference }];
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      const known = this.#find(referencedSubject(next.referrer, next.reference.subject), next.reference.version);
      if (known === undefined || visited.has(known)) continue;
      visited.add(known);
      if (known.schemaType === 'AVRO' && this.#namesOf(known)?.defined.some((name) => names.includes(name)))
        return true;
      for (const inner of known.references) {
        if (names.includes(inner.name)) return true;
        open.push({ referrer: known.subject, reference: inner });
      }
    }
    return false;
  }

  #find(subject: string, version: number): Known | undefined {
    return this.#versions.get(subject)?.find((known) => known.version === version);
  }

  #namesOf(known: Known): TextNames | undefined {
    if (!this.#names.has(known)) this.#names.set(known, namesInText(known.schemaType, known.schema));
    return this.#names.get(known);
  }

  #index(context: string): NameIndex {
    const index = this.#indexes.get(context) ?? new NameIndex(context, this.#versions, (known) => this.#namesOf(known));
    this.#indexes.set(context, index);
    return index;
  }
}

/** Under which names the subjects of a context are known. */
class NameIndex {
  readonly #context: string;
  readonly #versions: ReadonlyMap<string, readonly Known[]>;
  readonly #namesOf: (known: Known) => TextNames | undefined;
  /** Qualified subjects by the name that versions refer to them by. */
  readonly #used = new Map<string, Set<string>>();
  /** By type, made when it is asked for: it takes reading every latest text. */
  readonly #defined = new Map<SchemaType, ReadonlyMap<string, readonly Known[]>>();

  constructor(
    context: string,
    versions: ReadonlyMap<string, readonly Known[]>,
    namesOf: (known: Known) => TextNames | undefined,
  ) {
    this.#context = context;
    this.#versions = versions;
    this.#namesOf = namesOf;
    for (const known of [...versions.values()].flat()) {
      if (known.context !== context) continue;
      for (const { name, subject } of known.references) {
        const target = referencedSubject(known.subject, subject);
        this.#used.set(name, (this.#used.get(name) ?? new Set()).add(target));
      }
    }
  }

  /** Latest versions that the names may mean: all of them where it is not clear. The most telling way that finds any counts. */
  find(names: OutsideName, schemaType: SchemaType, except: string): readonly Candidate[] {
    const ways: ((name: string) => readonly (Known | undefined)[])[] = [
      (name) => [...(this.#used.get(name) ?? [])].map((subject) => this.#latest(subject)),
      (name) => [this.#latest(formatSubjectName({ context: this.#context, subject: name }))],
      (name) => this.#definers(name, schemaType).filter((known) => this.#namesOf(known)?.defined[0] === name),
      (name) => this.#definers(name, schemaType),
    ];
    for (const way of ways) {
      for (const name of names) {
        const found = way(name).flatMap((known) =>
          known?.schemaType === schemaType && known.subject !== except ? [{ name, known }] : [],
        );
        if (found.length > 0) return found;
      }
    }
    return [];
  }

  #latest(subject: string): Known | undefined {
    return this.#versions.get(subject)?.at(-1);
  }

  #definers(name: string, schemaType: SchemaType): readonly Known[] {
    // A .proto file does not tell the path that it is imported by.
    if (schemaType === 'PROTOBUF') return [];
    const defined = this.#defined.get(schemaType) ?? this.#collectDefined(schemaType);
    this.#defined.set(schemaType, defined);
    return defined.get(name) ?? [];
  }

  #collectDefined(schemaType: SchemaType): ReadonlyMap<string, readonly Known[]> {
    const defined = new Map<string, Known[]>();
    for (const subject of this.#versions.keys()) {
      const known = this.#latest(subject);
      if (known?.context !== this.#context || known.schemaType !== schemaType) continue;
      for (const name of this.#namesOf(known)?.defined ?? []) {
        const definers = defined.get(name);
        if (definers === undefined) defined.set(name, [known]);
        else definers.push(known);
      }
    }
    return defined;
  }
}

function referenceTo({ name, known }: Candidate, context: string): Reference {
  const { subject } = parseSubjectName(known.subject);
  return { name, subject: known.context === context ? subject : known.subject, version: known.version };
}

function ambiguous({ file }: PendingVersion, [name = '']: OutsideName, candidates: readonly Candidate[]): Finding {
  const subjects = candidates.map(({ known }) => known.subject).sort();
  const shown = subjects.length > 5 ? [...subjects.slice(0, 5), `${subjects.length - 5} more`] : subjects;
  return {
    severity: 'warning',
    code: 'REFERENCE_AMBIGUOUS',
    message: `${file} refers to ${name}, which may be any of ${shown.join(', ')}`,
    hint: 'Say which one in metadata.json: an entry with version, schema_file and references.',
    file,
  };
}
