/** Which id each version gets in the target: the four policies, each context an id space of its own. */
import type { RegistryKind } from '../model/registry-snapshot.ts';
import { formatSubjectName } from '../model/subject-name.ts';
import type { PlannedId, PlanOptions, Problem } from './plan.ts';
import type { PlanTargetState } from './plan-input.ts';
import type { SourceRow } from './source-rows.ts';
import type { TargetIndex, TargetRow } from './target-index.ts';

/** Ids are Java ints; an import with a negative one means "no id". */
export const MAX_ID = 0x7fff_ffff;

/** How registries whose API takes no ids get them all the same. */
const WAYS_OF_IDS: Partial<Record<RegistryKind, string>> = {
  apicurio:
    'An empty Apicurio takes ids by its import: srgit restore --format apicurio-zip --out FILE writes what it imports.',
  karapace: 'Karapace takes ids from its topic: srgit topic rebuild writes one that it starts on.',
};

export interface ChosenId {
  /** Absent where the registry gives it and does not tell before. */
  readonly id?: number;
  readonly how: PlannedId['how'];
}

/** A version that is about to be placed. */
export interface IdRequest {
  readonly row: SourceRow;
  /** Identity of its content in the target: type and guid. */
  readonly content: string;
  /** The target's own row, when it has the version already. */
  readonly existing?: TargetRow;
}

export interface IdChooser {
  /** @returns undefined when there is no id for it; the problem has been reported. */
  readonly choose: (request: IdRequest) => ChosenId | undefined;
  /** The id that a content has in a context already. */
  readonly find: (context: string, content: string) => number | undefined;
}

interface IdSpace {
  readonly idOf: Map<string, number>;
  readonly contentOf: Map<number, { readonly content: string; readonly holder: string }>;
  /** Ids of what is deleted first and registered again: it gets its own back. */
  readonly formerIdOf: ReadonlyMap<string, number>;
  readonly retired: ReadonlySet<number>;
  readonly wanted: ReadonlySet<number>;
  last: number;
}

export interface IdChooserOptions {
  readonly options: Pick<PlanOptions, 'ids' | 'idMapping'>;
  readonly target: PlanTargetState;
  readonly index: TargetIndex;
  /** Rows that an overwrite deletes for good first: their ids are free for nothing but what the tree says. */
  readonly removed: ReadonlySet<TargetRow>;
  /** Ids that the source says are retired, by context of the target. */
  readonly retiredIds: ReadonlyMap<string, ReadonlySet<number>>;
  /** Ids that rows of the source are to keep, by context of the target: what cannot keep its own takes none of them. */
  readonly wantedIds: ReadonlyMap<string, ReadonlySet<number>>;
  readonly report: (problem: Problem) => void;
}

export function contentKey(schemaType: string, guid: string): string {
  return `${schemaType} ${guid}`;
}

export function createIdChooser(settings: IdChooserOptions): IdChooser {
  const { options, target, report } = settings;
  const canImport = target.capabilities.import;
  const spaces = new Map<string, IdSpace>();
  const spaceOf = (context: string): IdSpace => {
    const known = spaces.get(context);
    if (known !== undefined) return known;
    const space = createSpace(settings, context);
    spaces.set(context, space);
    return space;
  };
  let toldUnsupported = false;
  const tellUnsupported = (severity: Problem['severity'], message: string): void => {
    if (toldUnsupported) return;
    toldUnsupported = true;
    report({
      severity,
      reason: 'IMPORT_UNSUPPORTED',
      message,
      hint: hintOfIds(target.identity.kind),
    });
  };
  const take = (space: IdSpace, id: number, { row, content }: IdRequest): void => {
    space.idOf.set(content, space.idOf.get(content) ?? id);
    if (!space.contentOf.has(id)) space.contentOf.set(id, { content, holder: describe(row) });
    space.last = Math.max(space.last, id);
  };
  const assign = (space: IdSpace, request: IdRequest): ChosenId | undefined => {
    const same = knownId(space, request.content);
    if (same !== undefined) return use(space, same, request, 'reused');
    if (!canImport) return { how: 'assigned' };
    let id = space.last + 1;
    while (space.retired.has(id) || space.wanted.has(id)) id++;
    if (id > MAX_ID) {
      report({
        ...about(request.row),
        severity: 'error',
        reason: 'ID_TAKEN',
        message: `no id is left in context ${request.row.context}: ${MAX_ID} is in use`,
        hint: 'Restore into another context.',
      });
      return undefined;
    }
    take(space, id, request);
    return { id, how: 'assigned' };
  };
  const use = (space: IdSpace, id: number, request: IdRequest, how: PlannedId['how']): ChosenId => {
    take(space, id, request);
    return { id, how };
  };
  /** Why the id cannot stand for the content; undefined when it can. */
  const refuse = (space: IdSpace, id: number, { content, existing }: IdRequest) => {
    if (existing !== undefined) {
      if (existing.row.id === id) return undefined;
      return { reason: 'ID_TAKEN', why: `the target has it as id ${existing.row.id}` } as const;
    }
    if (id < 0) return { reason: 'ID_UNMAPPED', why: 'a registry takes no negative id' } as const;
    if (id > MAX_ID) return { reason: 'ID_UNMAPPED', why: `a registry takes no id above ${MAX_ID}` } as const;
    const holder = space.contentOf.get(id);
    if (holder !== undefined && holder.content !== content) {
      return { reason: 'ID_TAKEN', why: `the id belongs to ${holder.holder} in the target` } as const;
    }
    if (holder === undefined && space.retired.has(id)) {
      return { reason: 'RETIRED_ID', why: 'the id is retired: records may exist that were written with it' } as const;
    }
    return undefined;
  };

  const keep = (space: IdSpace, request: IdRequest): ChosenId | undefined => {
    const { row, content, existing } = request;
    if (existing === undefined && !canImport) {
      tellUnsupported('warning', 'this registry takes no ids: it gives ids of its own, and the map records them');
      return assign(space, request);
    }
    const same = existing?.row.id ?? knownId(space, content);
    const refusal =
      same === undefined || same === row.from.id
        ? refuse(space, row.from.id, request)
        : ({ reason: 'ID_TAKEN', why: `the target has the same schema as id ${same}` } as const);
    if (refusal === undefined) return use(space, row.from.id, request, 'kept');
    const chosen = same === undefined ? assign(space, request) : use(space, same, request, 'reused');
    report({
      ...about(row),
      severity: 'warning',
      reason: refusal.reason,
      message: `${describe(row)} cannot keep id ${row.from.id}: ${refusal.why}`,
      hint: `It is mapped to ${chosen?.id === undefined ? 'another id' : `id ${chosen.id}`}; records must be rewritten.`,
    });
    return chosen;
  };

  const force = (space: IdSpace, request: IdRequest): ChosenId | undefined => {
    const { row, content, existing } = request;
    if (existing === undefined && !canImport) {
      tellUnsupported('error', 'this registry takes no ids, so they cannot be forced');
      return undefined;
    }
    const refusal = refuse(space, row.from.id, request);
    if (refusal !== undefined) {
      report({
        ...about(row),
        severity: 'error',
        reason: refusal.reason,
        message: `${describe(row)} cannot have id ${row.from.id}: ${refusal.why}`,
        hint: 'Restore into an empty registry or another context, or use the rewrite or keep policy.',
      });
      return undefined;
    }
    const twin = space.idOf.get(content);
    if (existing === undefined && twin !== undefined && twin !== row.from.id) {
      report({
        ...about(row),
        severity: 'warning',
        reason: 'CONTENT_CONFLICT',
        message: `${describe(row)} is in context ${row.context} as id ${twin} too: the same schema has two ids there`,
        hint: 'Both ids decode; look-ups by content answer one of them.',
      });
    }
    return use(space, row.from.id, request, 'kept');
  };

  const map = (space: IdSpace, request: IdRequest): ChosenId | undefined => {
    const { row, content, existing } = request;
    const given = mappedId(options.idMapping, row.from.context, row.from.id);
    const complain = (reason: Problem['reason'], why: string, hint: string): undefined => {
      report({
        ...about(row),
        severity: 'error',
        reason,
        message: `${describe(row)}, id ${row.from.id}: ${why}`,
        hint,
      });
    };
    if (given === undefined) {
      return complain('ID_UNMAPPED', 'the id mapping does not say what it becomes', 'Add it to the mapping.');
    }
    const refusal = refuse(space, given, request);
    if (refusal !== undefined) {
      return complain(refusal.reason, `it cannot be ${given}: ${refusal.why}`, 'Map it to another id.');
    }
    const same = space.idOf.get(content);
    if (same !== undefined && same !== given && space.contentOf.get(given)?.content !== content) {
      return complain('ID_TAKEN', `mapped to ${given}, but it is id ${same} in the target`, `Map it to ${same}.`);
    }
    if (existing === undefined && !canImport && same !== given) {
      return complain('IMPORT_UNSUPPORTED', `this registry takes no ids, so it cannot be ${given}`, 'Use rewrite.');
    }
    return use(space, given, request, 'given');
  };

  const policies = { rewrite: assignOrReuse, keep, force, manual: map } as const;
  function assignOrReuse(space: IdSpace, request: IdRequest): ChosenId | undefined {
    if (request.existing !== undefined) return { id: request.existing.row.id, how: 'reused' };
    return assign(space, request);
  }
  return {
    choose: (request) => policies[options.ids](spaceOf(request.row.context), request),
    find: (context, content) => spaceOf(context).idOf.get(content),
  };
}

function createSpace({ target, index, removed, retiredIds, wantedIds }: IdChooserOptions, context: string): IdSpace {
  const formerIdOf = new Map<string, number>();
  const space = {
    idOf: new Map<string, number>(),
    contentOf: new Map<number, { readonly content: string; readonly holder: string }>(),
    formerIdOf,
    retired: new Set([...(retiredIds.get(context) ?? []), ...(target.retiredIds?.get(context) ?? [])]),
    wanted: wantedIds.get(context) ?? new Set<number>(),
    last: Math.max(0, target.maxIds?.get(context) ?? 0),
  };
  for (const state of index.contexts.get(context)?.subjects ?? []) {
    const subject = formatSubjectName({ context, subject: state.name });
    for (const item of index.subjects.get(subject)?.values() ?? []) {
      space.last = Math.max(space.last, item.row.id);
      if (removed.has(item)) formerIdOf.set(contentKey(item.row.schemaType, item.row.guid), item.row.id);
      else addRow(space, item);
    }
  }
  return space;
}

/** The id of a content that the target has, or had until the plan deleted it, and nothing else has now. */
function knownId({ idOf, formerIdOf, contentOf }: IdSpace, content: string): number | undefined {
  const id = idOf.get(content);
  if (id !== undefined) return id;
  const former = formerIdOf.get(content);
  return former === undefined || contentOf.has(former) ? undefined : former;
}

function addRow(space: Pick<IdSpace, 'idOf' | 'contentOf'>, { subject, row }: TargetRow): void {
  const content = contentKey(row.schemaType, row.guid);
  if (!space.idOf.has(content)) space.idOf.set(content, row.id);
  if (!space.contentOf.has(row.id))
    space.contentOf.set(row.id, { content, holder: `${subject} version ${row.version}` });
}

/** What a mapping says of an id; its members may have any name, those of Object.prototype too. */
export function mappedId(mapping: PlanOptions['idMapping'], context: string, id: number): number | undefined {
  if (mapping === undefined || !Object.hasOwn(mapping, context)) return undefined;
  const ids = mapping[context] ?? {};
  return Object.hasOwn(ids, String(id)) ? ids[String(id)] : undefined;
}

function hintOfIds(kind: RegistryKind): string {
  const rewrite = 'use the rewrite policy, which records the ids that the registry gives.';
  const way = WAYS_OF_IDS[kind];
  return way === undefined ? `U${rewrite.slice(1)}` : `${way} Or ${rewrite}`;
}

function describe({ from }: SourceRow): string {
  return `${from.subject} version ${from.version}`;
}

function about({ from, file }: SourceRow): Pick<Problem, 'subject' | 'version' | 'file'> {
  return { subject: from.subject, version: from.version, ...(file === undefined ? {} : { file }) };
}

/** Every entry of a mapping; keys that are no numbers are left out. */
export function mappedIds(
  mapping: PlanOptions['idMapping'],
): readonly { readonly context: string; readonly from: number; readonly to: number }[] {
  return Object.entries(mapping ?? {}).flatMap(([context, ids]) =>
    Object.entries(ids).flatMap(([key, to]) => (/^-?\d+$/.test(key) ? [{ context, from: Number(key), to }] : [])),
  );
}
