/**
 * Associations between subjects and resources: making, changing, ending them, and what a STRONG one forbids.
 *
 * Observed on Confluent 8.3.1: creating one, the reads, ending one, and that the subject cannot be deleted meanwhile
 * (409/40904). What else is refused here (a second owner, a change of what is frozen, a subject without versions)
 * follows the meaning of the life cycles; its codes are not observed. Associations live in memory only: neither
 * snapshots nor trees have them.
 */
import {
  type Association,
  type AssociationValue,
  type Lifecycle,
  type ResourceName,
  resourceKey,
} from './association-index.ts';
import {
  associationFrozen,
  associationNotFound,
  type Decided,
  idDoesNotMatch,
  invalidAssociation,
  isRefusal,
  noActiveVersion,
  notPermitted,
  type Refusal,
  type Rules,
  resourceHasAssociation,
  subjectHasAssociation,
  subjectHasOwner,
} from './decision.ts';
import { decideDeleteSubject } from './delete.ts';
import { modeRefusal } from './mode.ts';
import { canonicalSubject, contextInMessage, isValidSubject, referencedSubject } from './names.ts';
import type { AssociationRecord, RegistryRecord } from './records.ts';
import { hasVersions, type RegistryState } from './state.ts';

/** One association as a request asks for it. */
export interface RequestedAssociation {
  readonly subject: string;
  /** `key` or `value`. */
  readonly associationType: string;
  /** Absent: that of the association there is, STRONG for a new one. */
  readonly lifecycle?: Lifecycle;
  readonly frozen?: boolean;
  /** Whether a schema comes with it, so that the subject need not exist yet. */
  readonly bringsSchema: boolean;
}

export interface WriteAssociations extends ResourceName {
  readonly resourceId: string;
  readonly resourceType: string;
  readonly associations: readonly RequestedAssociation[];
  /** False (POST): what exists must be what is asked for. True (PUT): it is changed. */
  readonly replace: boolean;
  readonly newGuid: () => string;
  /** Epoch milliseconds. */
  readonly now: number;
}

/** The answer: every association asked for, as it is now, in the request's order. */
export function decideWriteAssociations(
  state: RegistryState,
  command: WriteAssociations,
  rules: Rules,
): Decided<readonly AssociationValue[]> {
  const records: AssociationRecord[] = [];
  const answer: AssociationValue[] = [];
  const known = state.associations.byResource.get(resourceKey(command)) ?? [];
  const mine = known.filter(({ resourceType }) => resourceType === command.resourceType);
  if (mine.some(({ resourceId }) => resourceId !== command.resourceId)) return idDoesNotMatch(command.resourceId);
  for (const requested of command.associations) {
    const subject = canonicalSubject(requested.subject);
    if (subject === '' || !isValidSubject(subject)) return invalidAssociation('subject', 'not a valid subject');
    const refusal = modeRefusal(state, subject, rules);
    if (refusal !== undefined) return refusal;
    const existing = mine.find(({ associationType }) => associationType === requested.associationType);
    const value: AssociationValue = {
      guid: existing?.guid ?? command.newGuid(),
      resourceName: command.resourceName,
      resourceNamespace: command.resourceNamespace,
      resourceId: command.resourceId,
      resourceType: command.resourceType,
      associationType: requested.associationType,
      subject,
      lifecycle: requested.lifecycle ?? existing?.lifecycle ?? 'STRONG',
      frozen: requested.frozen ?? existing?.frozen ?? false,
    };
    const conflict = findConflict(state, requested, existing, value, command.replace) ?? findRepetition(answer, value);
    if (conflict !== undefined) return conflict;
    answer.push(value);
    if (existing !== undefined && isSame(existing, value)) continue;
    records.push(associationRecord(value, value, command.now));
  }
  return { records, answer };
}

function findConflict(
  state: RegistryState,
  requested: RequestedAssociation,
  existing: Association | undefined,
  value: AssociationValue,
  replace: boolean,
): Refusal | undefined {
  const { subject, associationType, lifecycle } = value;
  if (lifecycle === 'WEAK' && value.frozen) return invalidAssociation('frozen', 'a WEAK association cannot be frozen');
  if (existing !== undefined) {
    if (existing.subject === subject && isSame(existing, value)) return undefined;
    if (!replace || existing.subject !== subject) return resourceHasAssociation(associationType, value.resourceName);
    if (existing.frozen) return associationFrozen(associationType, subject);
  }
  const others = (state.associations.bySubject.get(subject) ?? []).filter((other) => other !== existing);
  if (lifecycle === 'STRONG' && others.length > 0) return subjectHasAssociation(subject);
  if (others.some((other) => other.lifecycle === 'STRONG')) return subjectHasOwner(subject);
  if (!requested.bringsSchema && !hasVersions(state, subject, false)) return noActiveVersion(subject);
  return undefined;
}

/** A request that asks for the same thing twice. */
function findRepetition(earlier: readonly AssociationValue[], value: AssociationValue): Refusal | undefined {
  if (earlier.some(({ associationType }) => associationType === value.associationType)) {
    return invalidAssociation('associationType', `'${value.associationType}' is named twice`);
  }
  const others = earlier.filter(({ subject }) => subject === value.subject);
  const owned = others.some(({ lifecycle }) => lifecycle === 'STRONG') || value.lifecycle === 'STRONG';
  return others.length > 0 && owned ? subjectHasAssociation(value.subject) : undefined;
}

function isSame(one: AssociationValue, other: AssociationValue): boolean {
  return (
    one.subject === other.subject &&
    one.lifecycle === other.lifecycle &&
    one.frozen === other.frozen &&
    one.resourceId === other.resourceId
  );
}

export interface AssociationFilter {
  readonly resourceType?: string;
  /** Empty: any. */
  readonly associationTypes: readonly string[];
  readonly lifecycle?: Lifecycle;
}

function passes(association: Association, { resourceType, associationTypes, lifecycle }: AssociationFilter): boolean {
  return (
    (resourceType === undefined || association.resourceType === resourceType) &&
    (associationTypes.length === 0 || associationTypes.includes(association.associationType)) &&
    (lifecycle === undefined || association.lifecycle === lifecycle)
  );
}

/** Where associations are looked for: all of a subject, of a resource by its id, or by its names. */
export type AssociationPlace =
  | { readonly subject: string }
  | { readonly resourceId: string }
  | { readonly resource: ResourceName };

/** What there is, in the order in which it was made. An unknown subject or resource has none (observed). */
export function listAssociations(
  state: RegistryState,
  place: AssociationPlace,
  filter: AssociationFilter,
): readonly Association[] {
  const { bySubject, byResource, byResourceId } = state.associations;
  const found =
    'subject' in place
      ? bySubject.get(canonicalSubject(place.subject))
      : 'resourceId' in place
        ? byResourceId.get(place.resourceId)
        : byResource.get(resourceKey(place.resource));
  return (found ?? []).filter((association) => passes(association, filter));
}

export interface EndAssociations {
  readonly resourceId: string;
  readonly filter: AssociationFilter;
  /** Also ends frozen ones, and soft-deletes the subjects that belong to the resource. */
  readonly cascade: boolean;
  /** Epoch milliseconds. */
  readonly now: number;
}

/** `DELETE /associations/resources/{id}`. */
export function decideEndAssociations(state: RegistryState, command: EndAssociations, rules: Rules): Decided<null> {
  const ended = listAssociations(state, { resourceId: command.resourceId }, command.filter);
  if (ended.length === 0) return associationNotFound(command.resourceId);
  const records: RegistryRecord[] = [];
  for (const association of ended) {
    const refusal = modeRefusal(state, association.subject, rules);
    if (refusal !== undefined) return refusal;
    if (association.frozen && !command.cascade) {
      return associationFrozen(association.associationType, association.subject);
    }
    records.push(associationRecord(association, null, command.now));
  }
  if (!command.cascade) return { records, answer: null };
  const owned = ended.filter(({ lifecycle, subject }) => lifecycle === 'STRONG' && hasVersions(state, subject, false));
  for (const subject of new Set(owned.map((association) => association.subject))) {
    const deleted = decideDeleteSubject(state, { subject, permanent: false, unlinked: true, now: command.now }, rules);
    if (isRefusal(deleted)) return deleted;
    records.push(...deleted.records);
  }
  return { records, answer: null };
}

/**
 * A registration, unless one of its references would lead to a subject that belongs to a resource: such a subject goes
 * with its resource, whatever mode the registry is in (read in Confluent's source, not observed). Asking again for what
 * is stored already is no registration.
 */
export function refuseOwnedTargets<Answer>(state: RegistryState, decided: Decided<Answer>): Decided<Answer> {
  if (isRefusal(decided) || state.associations.bySubject.size === 0) return decided;
  for (const { key, value } of decided.records) {
    if (key.keytype !== 'SCHEMA' || value === null || !('references' in value)) continue;
    for (const reference of value.references) {
      const target = referencedSubject(value.subject, reference.subject);
      const owner = state.associations.bySubject.get(target)?.find(({ lifecycle }) => lifecycle === 'STRONG');
      if (owner === undefined) continue;
      return notPermitted(
        `Subject ${target} in context ${contextInMessage(target)} has a strong association and cannot be referenced`,
      );
    }
  }
  return decided;
}

function associationRecord(
  { resourceName, resourceNamespace, resourceType, associationType, subject }: AssociationValue,
  value: AssociationValue | null,
  timestamp: number,
): AssociationRecord {
  const address = { resourceName, resourceNamespace, resourceType, associationType, subject };
  return { key: { keytype: 'ASSOC', ...address }, value, timestamp };
}
