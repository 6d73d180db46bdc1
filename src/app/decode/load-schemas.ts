/** The schemas that a record is held against: a tree's, or a live registry's. */
import type { Config, RegistrySettings } from '../../config/types.ts';
import { decodeFrame } from '../../records/decode-frame.ts';
import { stateFromSnapshot } from '../../semantics/snapshot-state.ts';
import type { RegistryState } from '../../semantics/state.ts';
import { connectRegistry } from '../connect.ts';
import type { DecodeRecordOptions } from '../decode-record.ts';
import { loadTreeAt } from '../load-tree-at.ts';
import { readRegistry } from '../read-registry.ts';
import { askForSchema } from './ask-registry.ts';

export interface KnownSchemas {
  readonly state: RegistryState;
  /** For people. */
  readonly warnings: readonly string[];
}

/** @throws SrgitError of the tree, and of git. */
export async function schemasOfTree(
  config: Config,
  options: { readonly ref?: string | undefined; readonly env: NodeJS.ProcessEnv; readonly signal?: AbortSignal },
): Promise<KnownSchemas> {
  const { tree } = await loadTreeAt(config.tree, options.ref, options);
  const errors = tree.findings.filter(({ severity }) => severity === 'error');
  return { state: stateFromSnapshot(tree.snapshot), warnings: errors.map(({ message }) => message) };
}

/**
 * One schema with what it is built on; for guessing all that may have written the record.
 *
 * @throws SrgitError of the registry.
 */
export async function schemasOfRegistry(
  registry: RegistrySettings,
  config: Config,
  record: DecodeRecordOptions,
): Promise<KnownSchemas> {
  const { signal, onProgress } = record;
  const frame =
    record.unframed === true ? ({ kind: 'none' } as const) : decodeFrame(record.bytes, record.headers, record.side);
  const { client, capabilities } = await connectRegistry(registry, signal);
  try {
    const { context, subject, version } = record;
    const state = stateFromSnapshot(
      await askForSchema({ client, capabilities, frame, context, subject, version, signal }),
    );
    if (record.guess !== true || subject !== undefined || state.subjects.size > 0) return { state, warnings: [] };
  } finally {
    await client.close();
  }
  const { snapshot, stats } = await readRegistry({ registry, backup: config.backup, rows: 'all', signal, onProgress });
  return { state: stateFromSnapshot(snapshot), warnings: stats.warnings };
}
