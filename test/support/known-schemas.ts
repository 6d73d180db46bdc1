/** Snapshots of which only ids matter. */

import { createHash } from 'node:crypto';
import type { RegistrySnapshot } from '../../src/model/registry-snapshot.ts';

/** A guid that goes with an id: the same content under the same id everywhere. */
export function guidOf(id: number): string {
  const hex = createHash('md5').update(`schema ${id}`).digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

/** By context and subject, the ids of its versions. */
export function schemas(
  contexts: Readonly<Record<string, Readonly<Record<string, readonly number[]>>>>,
): RegistrySnapshot {
  return {
    registry: { kind: 'confluent' },
    global: {},
    gaps: [],
    contexts: Object.entries(contexts).map(([name, subjects]) => ({
      name,
      subjects: Object.entries(subjects).map(([subject, ids]) => ({
        name: subject,
        versions: ids.map((id, at) => ({
          version: at + 1,
          id,
          guid: guidOf(id),
          deleted: false,
          schemaType: 'AVRO' as const,
          schema: `{"type":"fixed","name":"F${id}","size":${id}}`,
          references: [],
        })),
      })),
    })),
  };
}
