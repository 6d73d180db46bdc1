/** A registry of any size in which every fifth subject is referred to by the four others. */
import type { RegistrySnapshot, SubjectState } from '../src/model/registry-snapshot.ts';
import type { Reference, SchemaVersion } from '../src/model/schema-version.ts';
import { computeGuid } from '../src/semantics/guid.ts';

export function referringSnapshot(subjects: number, versions: number, bytes: number): RegistrySnapshot {
  let id = 0;
  const states: SubjectState[] = [];
  for (let at = 0; at < subjects; at++) {
    const base = at - (at % 5);
    const refersTo = at === base ? [] : [{ name: `com.example.Base${base}`, subject: nameOf(base), version: 1 }];
    const rows = Array.from({ length: versions }, (_, index) => row(at, index + 1, ++id, refersTo, bytes));
    states.push({ name: nameOf(at), versions: rows });
  }
  states.sort((a, b) => (a.name < b.name ? -1 : 1));
  return {
    registry: { kind: 'confluent', version: '8.3.1' },
    contexts: [{ name: '.', config: { compatibility: 'BACKWARD', fields: {} }, mode: 'READWRITE', subjects: states }],
    global: {},
    gaps: [],
  };
}

function nameOf(at: number): string {
  return `team-${at % 97}.orders-${String(at).padStart(6, '0')}-value`;
}

function row(at: number, version: number, id: number, references: readonly Reference[], bytes: number): SchemaVersion {
  // As registries write it: without the namespace that both have.
  const fields: string[] = references.map(({ name }) => {
    return `{"name":"base","type":["null","${name.split('.').at(-1)}"],"default":null}`;
  });
  for (let field = 0, size = 0; field === 0 || size < bytes - 200; field++) {
    const text = `{"name":"field_${field}","type":["null","string"],"doc":"Field ${field} of ${at}.","default":null}`;
    fields.push(text);
    size += text.length;
  }
  const name = references.length === 0 ? `Base${at}` : `Order${at}`;
  const schema = `{"type":"record","name":"${name}","namespace":"com.example","doc":"Version ${version}","fields":[${fields.join(',')}]}`;
  return {
    version,
    id,
    guid: computeGuid({ schema, references }),
    schemaType: 'AVRO',
    schema,
    references,
    deleted: false,
  };
}
