/** Whether the target registry has every schema that records will name, and has the same one. */
import type { RegistrySettings } from '../../../config/types.ts';
import { SrgitError } from '../../../errors.ts';
import type { RegistrySnapshot } from '../../../model/registry-snapshot.ts';
import { readSnapshot } from '../../../registry/snapshot.ts';
import { connectRegistry } from '../../connect.ts';
import type { OnProgress } from '../../progress.ts';
import type { MapEntry } from '../load-map.ts';

/** `unproven`: ids that are there, of a map that does not say which schema they should be. */
export type TargetProof =
  | { readonly checked: number; readonly unproven: number }
  /** Why the registry was not asked. */
  | { readonly skipped: string };

export interface CheckTargetOptions {
  readonly registry: RegistrySettings;
  readonly entries: readonly MapEntry[];
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: OnProgress | undefined;
}

const MAX_SHOWN = 20;

/** @throws SrgitError SRGIT_SCHEMA_UNKNOWN naming every id that is not there or another schema; those of the client */
export async function checkTargetIds(options: CheckTargetOptions): Promise<TargetProof> {
  const { registry, entries, signal } = options;
  const { client, capabilities } = await connectRegistry(registry, signal);
  try {
    const { snapshot } = await readSnapshot(client, capabilities, {
      full: true,
      signal,
      registryName: registry.name,
      onProgress: ({ phase, done, total }) =>
        options.onProgress?.({ phase: `reading ${phase} of the target registry`, done, total }),
    });
    const faults = targetFaults(entries, snapshot);
    if (faults.length === 0) {
      const unproven = entries.filter(({ toGuid }) => toGuid === undefined).length;
      return { checked: entries.length, unproven };
    }
    const shown = faults.slice(0, MAX_SHOWN);
    if (faults.length > MAX_SHOWN) shown.push(`… and ${faults.length - MAX_SHOWN} more`);
    throw new SrgitError('SRGIT_SCHEMA_UNKNOWN', shown.join('\n'), {
      hint: 'Restore the schemas first (srgit restore), or build the id map anew (srgit idmap).',
      details: { faults: faults.length },
    });
  } finally {
    await client.close();
  }
}

/** One line for each id of the map that the registry does not have, or has another schema under. */
export function targetFaults(entries: readonly MapEntry[], { contexts }: RegistrySnapshot): readonly string[] {
  const guids = new Map<string, Set<string>>();
  for (const { name, subjects } of contexts) {
    for (const { versions } of subjects) {
      for (const { id, guid } of versions) {
        const key = `${id} ${name}`;
        const known = guids.get(key);
        if (known === undefined) guids.set(key, new Set([guid]));
        else known.add(guid);
      }
    }
  }
  return entries.flatMap(({ from, to, toContext, toGuid }) => {
    const there = guids.get(`${to} ${toContext}`);
    const where = toContext === '.' ? '' : ` in context ${toContext}`;
    if (there === undefined)
      return [`Schema ID ${to} not found in target registry${where}: id ${from} would become it`];
    if (toGuid === undefined || there.has(toGuid)) return [];
    return [`Schema ID ${to} is another schema in the target registry${where} than when the id map was made`];
  });
}
