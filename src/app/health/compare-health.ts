/** Whether the registry has what the tree in git says, as findings. */
import type { Config, RegistrySettings } from '../../config/types.ts';
import { SrgitError } from '../../errors.ts';
import { verifyTree } from '../verify-tree.ts';
import { type HealthFinding, healthFinding } from './health-findings.ts';

/** @throws SrgitError SRGIT_INTERRUPTED only. */
export async function compareWithTree(
  config: Config,
  registry: RegistrySettings,
  signal?: AbortSignal,
): Promise<readonly HealthFinding[]> {
  try {
    const { sound, differences = [] } = await verifyTree({ config, registry, signal });
    if (!sound) return [healthFinding('TREE_DIFFERS', { detail: 'the tree is damaged: srgit verify --offline' })];
    const [first] = differences;
    if (first === undefined) return [];
    const more = differences.length > 1 ? ` and ${differences.length - 1} more` : '';
    const what = `${first.subject === '' ? 'global' : first.subject}: ${first.message}${more}`;
    return [healthFinding('TREE_DIFFERS', { detail: what })];
  } catch (error) {
    if (!(error instanceof SrgitError) || error.code === 'SRGIT_INTERRUPTED') throw error;
    return [healthFinding('TREE_DIFFERS', { detail: error.message })];
  }
}
