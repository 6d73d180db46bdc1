/** The steps that register the source's versions: all of them live first, each after what it refers to. */

import { sha256Of } from '../model/text-bytes.ts';
import { referencedSubject } from '../semantics/names.ts';
import { referrersOf } from '../semantics/references.ts';
import { findRow } from '../semantics/state.ts';
import { deleteSoftly } from './delete-rows.ts';
import type { Draft } from './draft.ts';
import { aboutRow } from './name-rows.ts';
import { orderNodes } from './order-nodes.ts';
import { type Placement, placementKey } from './place-rows.ts';
import type { PlanContext } from './plan-context.ts';
import { rowKey } from './target-index.ts';
import type { WriteWindows } from './write-windows.ts';

export interface Address {
  readonly subject: string;
  readonly version: number;
}

/** What a registry that gives versions and metadata itself made of a version. */
export interface Stored {
  readonly version: number;
  readonly guid: string;
}

export interface RegisteredRows {
  /** Of posted versions: what they became. */
  readonly stored: ReadonlyMap<Placement, Stored>;
  /** Versions that are live now and are to end softly deleted. */
  readonly toDelete: readonly Address[];
}

/**
 * Registers what the placements add. A soft-deleted version that a live one is built on is deleted before that one is
 * registered, for afterwards no registry deletes it; every other deletion comes after all registrations.
 */
export function registerRows(
  context: PlanContext,
  draft: Draft,
  windows: WriteWindows,
  placements: readonly Placement[],
): RegisteredRows {
  const canImport = context.target.capabilities.import;
  const way = canImport ? 'import' : 'post';
  const isBlocked = findBlocked(placements, windows);
  const writes = placements.filter(
    (placement) => (placement.action === 'add' || placement.action === 'undelete') && !isBlocked(placement),
  );
  windows.expect(writes.map(({ source }) => ({ subject: source.subject, context: source.context, way })));
  const live = new Set(placements.filter(({ ends }) => ends === 'live').map(placementKey));
  const ending = endingDeleted(placements, live, windows);
  const early = canImport && ending.size > 0 ? earlyDeletions(draft, writes, ending) : [];
  const needs = dependencies(draft, writes, early);
  const deleted = new Set<string>();
  const revived: Address[] = [];
  const stored = new Map<Placement, Stored>();
  const refused = new Set<string>();
  for (const node of orderNodes(writes.length + early.length, (at) => needs[at] ?? []).order) {
    const placement = writes[node];
    const deletion = early[node - writes.length];
    if (placement !== undefined) {
      const { source } = placement;
      // What a refused version keeps others from has been told with it.
      const isPossible = !targetsOf(placement).some((key) => refused.has(key));
      const done = isPossible ? registerRow(context, draft, windows, placement) : undefined;
      windows.wrote(source.subject);
      if (done === undefined) refused.add(placementKey(placement));
      else if (canImport) revived.push(...done.revived);
      else stored.set(placement, done);
    } else if (deletion !== undefined) {
      windows.lift(deletion.subject);
      deleteSoftly(draft, [deletion], 'soft-deleted');
      deleted.add(rowKey(deletion.subject, deletion.version));
    }
  }
  // A registry that finds the schema under another version keeps that one.
  for (const [{ ends, source }, { version }] of stored) if (ends === 'live') live.add(rowKey(source.subject, version));
  const later = [...ending.values(), ...revived].filter(({ subject, version }) => {
    const key = rowKey(subject, version);
    return !deleted.has(key) && !live.has(key) && findRow(draft.state(), subject, version)?.deleted === false;
  });
  const unique = new Map(later.map((address) => [rowKey(address.subject, address.version), address]));
  return { stored, toDelete: [...unique.values()] };
}

/** What has a problem, or is built on something that has one: it is told there, not again for each that follows. */
function findBlocked(placements: readonly Placement[], windows: WriteWindows): (placement: Placement) => boolean {
  const blocked = new Set<Placement>();
  const keys = new Set<string>();
  for (const placement of placements) {
    const { action, failed, source } = placement;
    if (action === 'keep' || action === 'leave') continue;
    if (!failed && windows.takesVersions(source.subject) && !targetsOf(placement).some((key) => keys.has(key)))
      continue;
    blocked.add(placement);
    keys.add(placementKey(placement));
  }
  return (placement) => blocked.has(placement);
}

function endingDeleted(
  placements: readonly Placement[],
  live: ReadonlySet<string>,
  windows: WriteWindows,
): ReadonlyMap<string, Address> {
  const ending = new Map<string, Address>();
  for (const placement of placements) {
    const { ends, failed, source, version } = placement;
    if (ends !== 'deleted' || failed || !windows.takesVersions(source.subject)) continue;
    const key = placementKey(placement);
    if (!live.has(key)) ending.set(key, { subject: source.subject, version });
  }
  return ending;
}

/** Keys of what a placement refers to, in the target. */
function targetsOf({ source, references }: Placement): readonly string[] {
  return references.map(({ subject, version }) => rowKey(referencedSubject(source.subject, subject), version));
}

/**
 * Versions to be deleted that something live is to be built on, and what the target has live that refers to those and
 * is to be deleted too.
 */
function earlyDeletions(
  draft: Draft,
  writes: readonly Placement[],
  ending: ReadonlyMap<string, Address>,
): readonly Address[] {
  const early = new Map<string, Address>();
  const queue: Address[] = [];
  const add = (key: string): void => {
    const address = ending.get(key);
    if (address === undefined || early.has(key)) return;
    early.set(key, address);
    queue.push(address);
  };
  for (const write of writes) if (write.ends === 'live') targetsOf(write).forEach(add);
  for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
    for (const referrer of referrersOf(draft.state(), next.subject, next.version)) {
      if (!referrer.deleted) add(rowKey(referrer.subject, referrer.version));
    }
  }
  return [...early.values()];
}

/** By node: writes first, then deletions. */
function dependencies(
  draft: Draft,
  writes: readonly Placement[],
  early: readonly Address[],
): readonly (readonly number[])[] {
  const writeAt = new Map(writes.map((write, at) => [placementKey(write), at]));
  const deletionAt = new Map(early.map(({ subject, version }, at) => [rowKey(subject, version), writes.length + at]));
  const byContent = new Map<string, number[]>();
  writes.forEach(({ source, guid }, at) => {
    const key = `${source.subject}\u0000${guid}`;
    const known = byContent.get(key);
    if (known === undefined) byContent.set(key, [at]);
    else known.push(at);
  });
  const needs: number[][] = writes.map((write) =>
    targetsOf(write).flatMap((key) => deletionAt.get(key) ?? writeAt.get(key) ?? []),
  );
  for (const { subject, version } of early) {
    const at = writeAt.get(rowKey(subject, version));
    const write = at === undefined ? undefined : writes[at];
    // A higher version with the same content would drop this one if it were deleted by then.
    const same = write === undefined ? [] : (byContent.get(`${subject}\u0000${write.guid}`) ?? []);
    const higher = same.filter((other) => (writes[other]?.version ?? 0) > version);
    const referrers = [...referrersOf(draft.state(), subject, version)].flatMap(
      (referrer) => deletionAt.get(rowKey(referrer.subject, referrer.version)) ?? [],
    );
    needs.push([...(at === undefined ? [] : [at]), ...higher, ...referrers]);
  }
  return needs;
}

interface Written extends Stored {
  /** Soft-deleted versions that had to be brought back to life before. */
  readonly revived: readonly Address[];
}

/** @returns undefined when the registry would refuse it. */
function registerRow(
  context: PlanContext,
  draft: Draft,
  windows: WriteWindows,
  placement: Placement,
): Written | undefined {
  if (context.target.capabilities.import) return importRow(context, draft, windows, placement);
  const done = postRow(context, draft, windows, placement);
  return done && { ...done, revived: [] };
}

/**
 * Importing a content drops lower soft-deleted versions of the subject with the same id (observed), so these are
 * brought back first.
 */
function importRow(
  context: PlanContext,
  draft: Draft,
  windows: WriteWindows,
  placement: Placement,
): Written | undefined {
  const { source, version, chosen, guid } = placement;
  const { subject } = source;
  const state = draft.state();
  const there = findRow(state, subject, version);
  if (there !== undefined && !there.deleted && there.guid === guid) return { version, guid, revived: [] };
  if (there !== undefined && there.guid !== guid) {
    // Confluent would answer 200 and replace the version in use (observed).
    context.report({
      ...aboutRow(source),
      severity: 'error',
      reason: 'VERSION_TAKEN',
      message: `version ${version} of ${subject} is another schema in the target`,
      hint: 'Use the strategy overwrite to replace it.',
    });
    return undefined;
  }
  windows.open(subject);
  const revived: Address[] = [];
  const endangered = (state.subjects.get(subject)?.rows ?? []).filter(
    (row) => row.deleted && row.id === chosen?.id && row.version < version,
  );
  for (const row of endangered) {
    if ([...referrersOf(state, subject, row.version)].length > 0) continue;
    draft.register(importStep(placement, row.version), source.row.schema, aboutRow(source));
    revived.push({ subject, version: row.version });
  }
  const done = draft.register(importStep(placement, version), source.row.schema, aboutRow(source));
  return done && { version, guid, revived };
}

function importStep(placement: Placement, version: number) {
  const { chosen } = placement;
  return {
    ...registration(placement),
    way: 'import' as const,
    ...(chosen?.id === undefined ? {} : { id: chosen.id }),
    version,
  };
}

function registration({ source, references, guid }: Placement) {
  const { from, subject, row, metadata, ruleSet } = source;
  return {
    action: 'register' as const,
    subject,
    from: { subject: from.subject, version: from.version, id: from.id },
    schemaType: row.schemaType,
    sha256: row.sha256 ?? sha256Of(row.schema),
    references,
    ...(metadata === undefined ? {} : { metadata }),
    ...(ruleSet === undefined ? {} : { ruleSet }),
    guid,
  };
}

/** @returns what becomes of it; undefined when the registry would refuse it. */
function postRow(context: PlanContext, draft: Draft, windows: WriteWindows, placement: Placement): Stored | undefined {
  const { source, version, chosen } = placement;
  const step = {
    ...registration(placement),
    way: 'post' as const,
    ...(chosen?.id === undefined ? {} : { id: chosen.id }),
    version,
  };
  const text = source.row.schema;
  const known = draft.findRegistered(step, text);
  if (known === undefined) windows.open(source.subject);
  const done = known ?? draft.register(step, text, aboutRow(source));
  if (done === undefined) return undefined;
  const about = { ...aboutRow(source), severity: 'warning' } as const;
  if ('dropped' in done && done.dropped.length > 0) {
    context.report({
      ...about,
      reason: 'LOSES_DATA',
      message: `the registry drops version ${done.dropped.join(', ')} of ${source.subject}, softly deleted, for version ${done.version}`,
    });
  }
  if (done.guid !== placement.guid && context.knownRules) {
    context.report({
      ...about,
      reason: 'CONTENT_CONFLICT',
      message: `${source.subject} version ${done.version} will not be quite the same schema: the registry adds metadata of its own`,
      hint: 'Only imports are taken as they are; see defaultMetadata, overrideMetadata and the previous version.',
    });
  }
  return { version: done.version, guid: done.guid };
}
