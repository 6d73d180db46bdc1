/**
 * Associations: which subject serves a resource (a topic) as its key or value schema. Kept in memory beside the rest of
 * the state; neither snapshots nor trees carry them, so they are gone with the process.
 */

export type Lifecycle = 'STRONG' | 'WEAK';

/** A resource, and the part of it that a subject serves. */
export interface AssociationAddress {
  readonly resourceName: string;
  readonly resourceNamespace: string;
  /** `topic`. */
  readonly resourceType: string;
  /** `key` or `value`. */
  readonly associationType: string;
  /** Qualified outside the default context. */
  readonly subject: string;
}

/** The value of an ASSOC record. */
export interface AssociationValue extends AssociationAddress {
  readonly guid: string;
  readonly resourceId: string;
  /** STRONG: the subject belongs to the resource, and to it alone. WEAK: the resource uses a subject of its own right. */
  readonly lifecycle: Lifecycle;
  readonly frozen: boolean;
}

export interface Association extends AssociationValue {
  /** Epoch milliseconds of the first record; absent when it told none. */
  readonly createTs?: number;
  /** The same of the last one. */
  readonly updateTs?: number;
}

export interface AssociationIndex {
  readonly bySubject: Map<string, Association[]>;
  /** By `resourceKey`. */
  readonly byResource: Map<string, Association[]>;
  readonly byResourceId: Map<string, Association[]>;
}

export function createAssociationIndex(): AssociationIndex {
  return { bySubject: new Map(), byResource: new Map(), byResourceId: new Map() };
}

/** One string for a resource's two names, whatever characters they have. */
export function resourceKey({ resourceNamespace, resourceName }: ResourceName): string {
  return JSON.stringify([resourceNamespace, resourceName]);
}

export type ResourceName = Pick<AssociationAddress, 'resourceNamespace' | 'resourceName'>;

export function findAssociation(index: AssociationIndex, address: AssociationAddress): Association | undefined {
  return index.bySubject.get(address.subject)?.find((known) => isAt(known, address));
}

function isAt(one: AssociationAddress, other: AssociationAddress): boolean {
  return (
    one.subject === other.subject &&
    one.resourceName === other.resourceName &&
    one.resourceNamespace === other.resourceNamespace &&
    one.resourceType === other.resourceType &&
    one.associationType === other.associationType
  );
}

/** Puts a record's value in the place of the one at its address; the time it was first seen stays. */
export function putAssociation(index: AssociationIndex, value: AssociationValue, timestamp: number | undefined): void {
  const old = findAssociation(index, value);
  const createTs = old?.createTs ?? timestamp;
  const association: Association = {
    ...value,
    ...(createTs === undefined ? {} : { createTs }),
    ...(timestamp === undefined ? {} : { updateTs: timestamp }),
  };
  replaceIn(index.bySubject, value.subject, value.subject, old, association);
  replaceIn(index.byResource, resourceKey(value), resourceKey(value), old, association);
  replaceIn(index.byResourceId, old?.resourceId, value.resourceId, old, association);
}

export function removeAssociation(index: AssociationIndex, address: AssociationAddress): void {
  const old = findAssociation(index, address);
  if (old === undefined) return;
  dropFrom(index.bySubject, old.subject, old);
  dropFrom(index.byResource, resourceKey(old), old);
  dropFrom(index.byResourceId, old.resourceId, old);
}

function replaceIn(
  map: Map<string, Association[]>,
  oldKey: string | undefined,
  key: string,
  old: Association | undefined,
  next: Association,
): void {
  const list = map.get(key) ?? [];
  const at = old === undefined || oldKey !== key ? -1 : list.indexOf(old);
  if (at >= 0) list[at] = next;
  else list.push(next);
  map.set(key, list);
  if (old !== undefined && oldKey !== undefined && oldKey !== key) dropFrom(map, oldKey, old);
}

function dropFrom(map: Map<string, Association[]>, key: string, association: Association): void {
  const rest = map.get(key)?.filter((known) => known !== association) ?? [];
  if (rest.length === 0) map.delete(key);
  else map.set(key, rest);
}
