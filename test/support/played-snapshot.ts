/** Snapshots of states a test makes, and rows to make them of. */

import { readSnapshot } from '../../src/registry/snapshot.ts';
import type { SnapshotOptions, SnapshotResult } from '../../src/registry/snapshot-types.ts';
import type { RegistryCapabilities } from '../../src/registry/types.ts';
import { computeGuid } from '../../src/semantics/guid.ts';
import { plainSnapshot } from './plain-snapshot.ts';
import { during, makeClient } from './registry-client.ts';
import { type PlayedRow, type PlayedState, type PlayerOptions, playState } from './scenario-player.ts';

/** What the probe finds of a Confluent 8.3.1. */
export const CONFLUENT_8: RegistryCapabilities = {
  kind: 'confluent',
  version: '8.3.1',
  bulk: 'complete',
  bulkPaged: true,
  guids: true,
  contexts: true,
  deleted: true,
  modes: 'per-subject',
  subjectConfig: 'explicit',
};

/** A row whose text and id follow from its version. */
export function row(subject: string, version: number, deleted = false, extra: object = {}): PlayedRow {
  const schema = `{"type":"fixed","name":"F","size":${version}}`;
  return {
    subject,
    version,
    id: version,
    guid: computeGuid({ schema }),
    schemaType: 'AVRO',
    schema,
    deleted,
    ...extra,
  };
}

/** A guid that is that of no row. */
export function otherGuid(): string {
  return '00000000-0000-0000-0000-000000000000';
}

/** `count` subjects of two versions: s00000 1, s00000 2, s00001 1, … */
export function rows(count: number): readonly PlayedRow[] {
  return Array.from({ length: count }, (_, index) => `s${String(index).padStart(5, '0')}`).flatMap((subject) => [
    row(subject, 1),
    row(subject, 2),
  ]);
}

/** With nothing set above the built-in levels. */
export function stateOf(schemas: readonly PlayedRow[]): PlayedState {
  return { contexts: ['.'], schemas, config: {}, modes: {} };
}

/** `paths`: what the registry was asked, as `GET /subjects`. */
export async function readPlayed(
  state: PlayedState,
  player: PlayerOptions = {},
  options: SnapshotOptions = {},
  capabilities: RegistryCapabilities = CONFLUENT_8,
): Promise<SnapshotResult & { readonly paths: readonly string[] }> {
  const server = await during(playState(state, player));
  const client = makeClient({ urls: [server.url] });
  const result = await readSnapshot(client, capabilities, options);
  return { ...result, snapshot: plainSnapshot(result.snapshot), paths: server.requests };
}

/** `subject version`, and ` deleted` where it is. */
export function namesOf({ snapshot }: SnapshotResult): readonly string[] {
  return snapshot.contexts.flatMap(({ subjects }) =>
    subjects.flatMap(({ name, versions }) =>
      versions.map(({ version, deleted }) => `${name} ${version}${deleted ? ' deleted' : ''}`),
    ),
  );
}

export function expectedNames(schemas: readonly PlayedRow[]): readonly string[] {
  return schemas.map(({ subject, version, deleted }) => `${subject} ${version}${deleted ? ' deleted' : ''}`);
}
