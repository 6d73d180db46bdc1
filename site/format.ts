/** Numbers and dates as the reader's browser writes them. */
import type { RegistryIdentity, RegistryKind } from '../src/model/registry-snapshot.ts';
import { escapeUnsafe } from '../src/render/show-name.ts';

const numbers = new Intl.NumberFormat();
const days = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium' });
const moments = new Intl.DateTimeFormat(undefined, { dateStyle: 'full', timeStyle: 'long' });

export const count = (value: number): string => numbers.format(value);

export function plural(value: number, one: string, many = `${one}s`): string {
  return `${count(value)} ${value === 1 ? one : many}`;
}

/** @param time epoch milliseconds */
export const day = (time: number): string => days.format(time);
export const moment = (time: number): string => moments.format(time);
export const isoDay = (time: number): string => new Date(time).toISOString();

export const shortHash = (hash: string): string => hash.slice(0, 8);

/** A name that cannot turn the text around it. */
export const safeName = escapeUnsafe;

const REGISTRIES: Readonly<Record<RegistryKind, string>> = {
  confluent: 'Confluent',
  'confluent-cloud': 'Confluent Cloud',
  redpanda: 'Redpanda',
  karapace: 'Karapace',
  apicurio: 'Apicurio',
  srgit: 'srgit',
  unknown: 'an unknown kind of',
};

/** What a registry is, as one says it: `Confluent 8.3.1`. */
export function registryName({ kind, version }: RegistryIdentity): string {
  const name = REGISTRIES[kind] ?? kind;
  return version === undefined ? name : `${name} ${version}`;
}
