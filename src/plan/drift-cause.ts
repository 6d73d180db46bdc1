/** Why a registry is likely not what a tree says: told from the rows of both sides, for nobody has seen it happen. */
import type { RegistrySnapshot } from '../model/registry-snapshot.ts';
import type { SchemaVersion } from '../model/schema-version.ts';
import { formatSubjectName, parseSubjectName } from '../model/subject-name.ts';
import type { TreeChange } from '../model/tree-change.ts';
import type { SchemaPort } from '../schema/schema-port.ts';
import { canonicalJson } from './canonical-json.ts';

export const DRIFT_CAUSES = [
  /** By a client with `auto.register.schemas`, or by hand. */
  'registered',
  /** In the tree without an id: it waits for its registration. */
  'added-to-tree',
  /** At the registry, for good; or it was never restored there. */
  'deleted',
  'soft-deleted',
  /** Registered again after it was soft-deleted. */
  'undeleted',
  'config-changed',
  /** An interrupted import leaves a mode behind, too. */
  'mode-changed',
  /** The tree knows the id, or that it is retired, as that of another schema. */
  'id-reused',
  /** The same schema under another id. */
  'renumbered',
  /** The same schema, its text written another way. */
  'recanonicalised',
  /** Another schema under the same number. */
  'overwritten',
  /** References, metadata or rules. */
  'amended',
  'context-changed',
] as const;

export type DriftCause = (typeof DRIFT_CAUSES)[number];

export interface DriftSides {
  /** What was reviewed. */
  readonly tree: RegistrySnapshot;
  readonly registry: RegistrySnapshot;
  /** Ids that the tree knows to be gone, by context. */
  readonly retiredIds: ReadonlyMap<string, readonly number[]>;
}

/** Causes of what differs in one row. Looks rows up when it is asked for the first time. */
export interface DriftExplainer {
  /** A row that only the registry has. */
  extra(subject: string, row: SchemaVersion): DriftCause;
  /** A row that only the tree has. */
  missing(subject: string, row: SchemaVersion): DriftCause;
  /** Type or text differ. */
  text(tree: SchemaVersion, registry: SchemaVersion): DriftCause;
  /** The id differs. */
  id(subject: string, tree: SchemaVersion, registry: SchemaVersion): DriftCause;
  /** Whatever differs in a version; undefined where neither side has it. */
  version(subject: string, version: number): DriftCause | undefined;
  /** Of an export: the registry as it was before against as it is now. */
  change(change: TreeChange): DriftCause;
}

export function explainDrift(sides: DriftSides, port: Pick<SchemaPort, 'canonicalize'>): DriftExplainer {
  const retired = lazily(() => new Map([...sides.retiredIds].map(([context, ids]) => [context, new Set(ids)])));
  const index = { tree: lazily(() => indexRows(sides.tree)), registry: lazily(() => indexRows(sides.registry)) };
  const isSame = (a: SchemaVersion, b: SchemaVersion): boolean => sameSchema(a, b, port);

  /** Whether the id is that of another schema in the tree, or of one that is gone. */
  const isReused = (subject: string, row: SchemaVersion): boolean => {
    const { context } = parseSubjectName(subject);
    const known = index.tree().byId.get(idKey(context, row.id));
    if (known !== undefined) return !known.some((one) => isSame(one, row));
    return retired().get(context)?.has(row.id) === true;
  };
  const extra: DriftExplainer['extra'] = (subject, row) => (isReused(subject, row) ? 'id-reused' : 'registered');
  const text: DriftExplainer['text'] = (a, b) => (isSame(a, b) ? 'recanonicalised' : 'overwritten');

  const missing: DriftExplainer['missing'] = (subject, row) => {
    // What was added by hand has no id yet.
    if (row.id < 0) return 'added-to-tree';
    const { context } = parseSubjectName(subject);
    const known = index.registry().byId.get(idKey(context, row.id)) ?? [];
    return known.length > 0 && !known.some((one) => isSame(one, row)) ? 'id-reused' : 'deleted';
  };
  const id: DriftExplainer['id'] = (subject, tree, registry) => {
    if (isSame(tree, registry)) return 'renumbered';
    return isReused(subject, registry) ? 'id-reused' : 'overwritten';
  };

  return {
    extra,
    missing,
    text,
    id,
    version(subject, version) {
      const at = addressOf(subject, version);
      const [ours, theirs] = [index.tree().byKey.get(at), index.registry().byKey.get(at)];
      if (ours === undefined) return theirs === undefined ? undefined : extra(subject, theirs);
      if (theirs === undefined) return missing(subject, ours);
      if (ours.id !== theirs.id) return id(subject, ours, theirs);
      if (ours.schemaType !== theirs.schemaType || ours.schema !== theirs.schema) return text(ours, theirs);
      if (ours.deleted !== theirs.deleted) return ours.deleted ? 'undeleted' : 'soft-deleted';
      return 'amended';
    },
    change(change) {
      if (change.kind === 'subject-added') {
        const rows = index.registry().bySubject.get(change.subject) ?? [];
        return rows.some((row) => isReused(change.subject, row)) ? 'id-reused' : 'registered';
      }
      const at = 'version' in change ? addressOf(change.subject, change.version) : '';
      const [before, now] = [index.tree().byKey.get(at), index.registry().byKey.get(at)];
      if (change.kind === 'version-added' && now !== undefined) return extra(change.subject, now);
      if (change.kind === 'version-replaced' && before !== undefined && now !== undefined) return text(before, now);
      return CAUSE_OF_CHANGE[change.kind];
    },
  };
}

/** As far as a change by itself tells. */
const CAUSE_OF_CHANGE: Readonly<Record<TreeChange['kind'], DriftCause>> = {
  'subject-added': 'registered',
  'subject-removed': 'deleted',
  'version-added': 'registered',
  'version-removed': 'deleted',
  'version-soft-deleted': 'soft-deleted',
  'version-undeleted': 'undeleted',
  'version-replaced': 'overwritten',
  'version-amended': 'amended',
  'context-added': 'context-changed',
  'context-removed': 'context-changed',
  compatibility: 'config-changed',
  config: 'config-changed',
  mode: 'mode-changed',
};

interface RowIndex {
  readonly byKey: ReadonlyMap<string, SchemaVersion>;
  readonly byId: ReadonlyMap<string, readonly SchemaVersion[]>;
  readonly bySubject: ReadonlyMap<string, readonly SchemaVersion[]>;
}

function indexRows({ contexts }: RegistrySnapshot): RowIndex {
  const byKey = new Map<string, SchemaVersion>();
  const byId = new Map<string, SchemaVersion[]>();
  const bySubject = new Map<string, readonly SchemaVersion[]>();
  for (const { name: context, subjects } of contexts) {
    for (const { name, versions } of subjects) {
      const subject = formatSubjectName({ context, subject: name });
      bySubject.set(subject, versions);
      for (const row of versions) {
        byKey.set(addressOf(subject, row.version), row);
        const key = idKey(context, row.id);
        const known = byId.get(key);
        if (known === undefined) byId.set(key, [row]);
        else known.push(row);
      }
    }
  }
  return { byKey, byId, bySubject };
}

function addressOf(subject: string, version: number): string {
  return `${version} ${subject}`;
}

function idKey(context: string, id: number): string {
  return `${context} ${id}`;
}

/** Texts are held against each other as they are, then in the form that makes equal what means the same. */
function sameSchema(a: SchemaVersion, b: SchemaVersion, port: Pick<SchemaPort, 'canonicalize'>): boolean {
  if (a.schemaType !== b.schemaType || canonicalJson(a.references) !== canonicalJson(b.references)) return false;
  if (a.schema === b.schema) return true;
  const [left, right] = [a, b].map(({ schemaType, schema }) =>
    port.canonicalize(schemaType, schema, [], { normalize: true, validate: false }),
  );
  return left !== undefined && right !== undefined && 'text' in left && 'text' in right && left.text === right.text;
}

function lazily<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}
