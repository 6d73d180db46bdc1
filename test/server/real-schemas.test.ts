/** Real schemas: the embedded registry answers them row for row as Confluent 8.3.1 did. */
import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect, it } from 'vitest';
import type { RegistrySnapshot } from '../../src/model/registry-snapshot.ts';
import type { Metadata, Reference, SchemaType, SchemaVersion } from '../../src/model/schema-version.ts';
import { stateFromSnapshot } from '../../src/semantics/snapshot-state.ts';
import { startRegistry } from './client.ts';

const folder = process.env['SRGIT_REAL_SCHEMAS'] ?? resolve(import.meta.dirname, '../../../shared/data/real-schemas');
const file = resolve(folder, 'observed-state.ndjson');
const absent = !existsSync(file);
if (absent) console.log(`skipped: no real schemas in ${folder}; set SRGIT_REAL_SCHEMAS to their folder`);

interface ObservedRow {
  readonly subject: string;
  readonly version: number;
  readonly id: number;
  readonly guid: string;
  readonly schemaType: SchemaType;
  readonly references?: readonly Reference[];
  readonly metadata?: Metadata;
  readonly schema: string;
  readonly deleted: boolean;
}

it.skipIf(absent)('serves what Confluent answered', async () => {
  const rows: readonly ObservedRow[] = readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));
  expect(rows.length).toBeGreaterThan(100);
  const { call, close } = await startRegistry({ state: stateFromSnapshot(snapshotOf(rows)), readOnly: true });
  try {
    const served: unknown[] = [];
    for (;;) {
      const query = `subjectPrefix=%3A*%3A&deleted=true&limit=100&offset=${served.length}`;
      const page = (await call('GET', `/schemas?${query}`)).body as unknown[];
      if (page.length === 0) break;
      served.push(...page);
    }
    expect(served).toEqual(rows);
    for (const row of rows.slice(0, 50)) {
      const path = `/subjects/${encodeURIComponent(row.subject)}/versions/${row.version}?deleted=true`;
      expect((await call('GET', path)).body).toEqual(row);
      expect((await call('GET', `/schemas/guids/${row.guid}`)).body).toMatchObject({ schema: row.schema });
    }
  } finally {
    await close();
  }
});

function snapshotOf(rows: readonly ObservedRow[]): RegistrySnapshot {
  const subjects = new Map<string, SchemaVersion[]>();
  for (const { subject, references = [], ...row } of rows) {
    subjects.set(subject, [...(subjects.get(subject) ?? []), { ...row, references }]);
  }
  return {
    registry: { kind: 'confluent', version: '8.3.1' },
    contexts: [{ name: '.', subjects: [...subjects].map(([name, versions]) => ({ name, versions })) }],
    global: {},
    gaps: [],
  };
}
