/** Ids that a registry has given, whether or not anything has them still. */
import type { RegistrySnapshot } from '../model/registry-snapshot.ts';
import type { RegistryState } from './state.ts';

export interface GivenIds {
  /** Highest id by context. */
  readonly maxIds: ReadonlyMap<string, number>;
  /** Ids whose schemas were deleted for good, ascending, by context. */
  readonly retiredIds: ReadonlyMap<string, readonly number[]>;
}

export interface IdPlace {
  readonly context: string;
  readonly id?: number;
}

/** @param present rows that are there, soft-deleted ones too. */
export function givenIds({ ids }: RegistryState, present: Iterable<IdPlace>): GivenIds {
  const there = new Set([...present].map(({ context, id }) => `${id} ${context}`));
  const retired = [...ids].map(([context, { subjectsById, idByGuid }]) => {
    const given = new Set([...subjectsById.keys(), ...idByGuid.values()]);
    return [context, [...given].filter((id) => !there.has(`${id} ${context}`)).sort((a, b) => a - b)] as const;
  });
  return {
    maxIds: new Map([...ids].map(([context, { lastId }]) => [context, lastId])),
    retiredIds: new Map(retired),
  };
}

export function* rowIds({ contexts }: RegistrySnapshot): Iterable<IdPlace> {
  for (const { name: context, subjects } of contexts) {
    for (const { versions } of subjects) for (const { id } of versions) yield { context, id };
  }
}
