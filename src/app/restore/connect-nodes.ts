/** A client for each node of a registry, to read back what was written through any of them. */
import type { RegistrySettings } from '../../config/types.ts';
import { isSrgitError } from '../../errors.ts';
import type { NodeClient } from '../../registry/read-back.ts';
import { connectRegistry } from '../connect.ts';

export interface Nodes {
  /** Empty where the registry has one node only: its own answers are what it shows. */
  readonly nodes: readonly NodeClient[];
  readonly warnings: readonly string[];
  close(): Promise<void>;
}

/** Nodes that do not answer now are left out, with a warning. */
export async function connectNodes(settings: RegistrySettings, signal?: AbortSignal): Promise<Nodes> {
  const nodes: NodeClient[] = [];
  const warnings: string[] = [];
  const urls = settings.urls.length > 1 ? settings.urls : [];
  for (const url of urls) {
    const node = showUrl(url);
    try {
      const { client } = await connectRegistry({ ...settings, urls: [url] }, signal);
      nodes.push({ node, client });
    } catch (error) {
      if (!isSrgitError(error) || error.code === 'SRGIT_INTERRUPTED') throw error;
      warnings.push(`${node} does not answer: what is written is not read back there`);
    }
  }
  return {
    nodes,
    warnings,
    close: async () => {
      await Promise.all(nodes.map(({ client }) => client.close()));
    },
  };
}

/** Without credentials. */
function showUrl(text: string): string {
  const url = URL.parse(text);
  return url === null ? text : (url.origin + url.pathname).replace(/\/$/, '');
}
