/** A registry of any size, the same every time: for benchmarks and for tests of limits. */
import type { RegistrySnapshot, SubjectState } from '../src/model/registry-snapshot.ts';
import type { SchemaVersion } from '../src/model/schema-version.ts';
import { computeGuid } from '../src/semantics/guid.ts';

export interface SyntheticOptions {
  readonly subjects: number;
  readonly versions: number;
  /** About as many bytes as each schema's text has. */
  readonly bytes: number;
}

const DOC =
  'What happened to the order at this step, as the service that handled it saw it; amounts are in minor units. ';

export function syntheticSnapshot({ subjects, versions, bytes }: SyntheticOptions): RegistrySnapshot {
  let id = 0;
  const states: SubjectState[] = [];
  for (let s = 0; s < subjects; s++) {
    const name = `team-${s % 97}.orders-${String(s).padStart(6, '0')}-value`;
    const rows: SchemaVersion[] = [];
    for (let version = 1; version <= versions; version++) {
      const content = { schemaType: 'AVRO' as const, schema: avroRecord(s, version, bytes), references: [] };
      rows.push({
        ...content,
        version,
        id: ++id,
        guid: computeGuid(content),
        deleted: false,
        registeredAt: 1_780_000_000_000 + id,
      });
    }
    states.push({ name, versions: rows, ...(s % 10 === 0 ? { config: { compatibility: 'FULL', fields: {} } } : {}) });
  }
  states.sort((a, b) => (a.name < b.name ? -1 : 1));
  return {
    registry: { kind: 'confluent', version: '8.3.1' },
    contexts: [{ name: '.', config: { compatibility: 'BACKWARD', fields: {} }, mode: 'READWRITE', subjects: states }],
    global: {},
    gaps: [],
  };
}

function avroRecord(subject: number, version: number, bytes: number): string {
  const fields: string[] = [];
  let size = 0;
  for (let field = 0; field === 0 || size < bytes - 200; field++) {
    const text = `{"name":"field_${subject}_${field}","type":["null","string"],"doc":"${DOC.slice(0, 40 + ((subject + field) % 60))}","default":null}`;
    fields.push(text);
    size += text.length + 1;
  }
  return `{"type":"record","name":"Order${subject}","namespace":"com.example.orders","doc":"Version ${version}","fields":[${fields.join(',')}]}`;
}
