/** Snapshots for tests, made from rows or at random. */
import fc from 'fast-check';
import {
  type ContextState,
  type RegistrySnapshot,
  type SubjectState,
  sortSnapshot,
} from '../../src/model/registry-snapshot.ts';
import type { SchemaVersion } from '../../src/model/schema-version.ts';
import { parseSubjectName } from '../../src/model/subject-name.ts';
import { computeGuid } from '../../src/semantics/guid.ts';
import type { ObservedRow } from './data.ts';

export function snapshotOfRows(rows: readonly ObservedRow[]): RegistrySnapshot {
  const contexts = new Map<string, Map<string, SchemaVersion[]>>();
  for (const row of rows) {
    const { context, subject } = parseSubjectName(row.subject);
    const subjects = contexts.get(context) ?? new Map<string, SchemaVersion[]>();
    contexts.set(context, subjects);
    const versions = subjects.get(subject) ?? [];
    subjects.set(subject, versions);
    const { subject: _subject, ts, references = [], ...rest } = row;
    versions.push({ ...rest, references, ...(ts === undefined ? {} : { registeredAt: ts }) });
  }
  return sortSnapshot({
    registry: { kind: 'confluent', version: '8.3.1' },
    contexts: [...contexts].map(([name, subjects]) => ({
      name,
      subjects: [...subjects].map(([subject, versions]) => ({ name: subject, versions })),
    })),
    global: {},
    gaps: [],
  });
}

const names = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.constantFrom(
      'orders-value',
      'Orders-value',
      'a/b',
      '../../etc/passwd',
      'CON',
      'é',
      '%2F',
      '',
      'x'.repeat(400),
    ),
  },
  { weight: 4, arbitrary: fc.string({ unit: 'binary', maxLength: 30 }).filter((name) => !name.startsWith(':.')) },
);

const texts = fc.oneof(
  fc.json({ maxDepth: 4 }).map((json) => ({ schemaType: 'AVRO' as const, schema: JSON.stringify(JSON.parse(json)) })),
  fc.json({ maxDepth: 4 }).map((schema) => ({ schemaType: 'JSON' as const, schema })),
  fc
    .string({ unit: 'binary', maxLength: 80 })
    .map((text) => (text.length % 7 === 3 ? `${text}\ud800x\udc00` : text))
    .map((schema) => ({ schemaType: 'PROTOBUF' as const, schema })),
  fc.constantFrom(
    { schemaType: 'JSON' as const, schema: '{"10":1,"2":1.0,"2":1E+2}' },
    { schemaType: 'JSON' as const, schema: '\uFEFF{ "a" : 1 }\r\n' },
    { schemaType: 'PROTOBUF' as const, schema: 'syntax = "proto3";\r\nmessage A {}\r\n' },
    { schemaType: 'AVRO' as const, schema: '' },
    { schemaType: 'AVRO' as const, schema: '"string"' },
  ),
);

const metadata = fc.record(
  {
    tags: fc.dictionary(fc.string({ maxLength: 5 }), fc.array(fc.string({ maxLength: 5 }), { maxLength: 2 }), {
      maxKeys: 2,
    }),
    properties: fc.dictionary(fc.string({ maxLength: 5 }), fc.string({ maxLength: 8 }), { maxKeys: 3 }),
  },
  { requiredKeys: [] },
);

const row = fc.record({
  text: texts,
  gap: fc.integer({ min: 1, max: 3 }),
  references: fc.array(
    fc.record({
      name: fc.string({ maxLength: 6 }),
      subject: fc.string({ maxLength: 6 }),
      version: fc.integer({ min: 1, max: 9 }),
    }),
    { maxLength: 2 },
  ),
  metadata: fc.option(metadata, { nil: undefined }),
  deleted: fc.boolean(),
  registeredAt: fc.option(fc.integer({ min: 0, max: 2_000_000_000_000 }), { nil: undefined }),
});

const level = fc.record(
  {
    config: fc
      .record(
        {
          compatibility: fc.constantFrom('NONE', 'BACKWARD', 'FULL'),
          fields: fc.constantFrom({}, { normalize: true }, { alias: 'x', a: { b: [1, 2] } }),
        },
        { requiredKeys: ['fields'] },
      )
      .filter((config) => config.compatibility !== undefined || Object.keys(config.fields).length > 0),
    mode: fc.constantFrom('READONLY', 'IMPORT'),
  },
  { requiredKeys: [] },
);

/** Any state a registry might be in, odd names and texts included; ids are unique per content in a context. */
export const anySnapshot: fc.Arbitrary<RegistrySnapshot> = fc
  .record({
    contexts: fc.uniqueArray(
      fc.record({
        name: fc.constantFrom('.', '.staging', '.Staging', '.a b/c', '..'),
        level,
        subjects: fc.uniqueArray(
          fc.record({ name: names, level, rows: fc.array(row, { minLength: 1, maxLength: 4 }) }),
          {
            selector: (subject) => subject.name,
            maxLength: 5,
          },
        ),
      }),
      { selector: (context) => context.name, maxLength: 3 },
    ),
    global: level,
  })
  .map(({ contexts, global }) =>
    sortSnapshot({
      registry: { kind: 'confluent', version: '8.3.1' },
      contexts: contexts.map((context) => materialise(context.name, context.level, context.subjects)),
      global,
      gaps: [],
    }),
  );

type Made = typeof row extends fc.Arbitrary<infer T> ? T : never;

function materialise(
  name: string,
  settings: object,
  subjects: readonly { readonly name: string; readonly level: object; readonly rows: readonly Made[] }[],
): ContextState {
  const ids = new Map<string, number>();
  return {
    name,
    ...settings,
    subjects: subjects.map((subject): SubjectState => {
      let version = 0;
      return {
        name: subject.name,
        ...subject.level,
        versions: subject.rows.map((made) => {
          version += made.gap;
          const content = {
            ...made.text,
            references: made.references,
            ...(made.metadata === undefined ? {} : { metadata: made.metadata }),
          };
          const guid = computeGuid(content);
          const id = ids.get(guid) ?? ids.size + 1;
          ids.set(guid, id);
          return {
            ...content,
            version,
            id,
            guid,
            deleted: made.deleted,
            ...(made.registeredAt === undefined ? {} : { registeredAt: made.registeredAt }),
          };
        }),
      };
    }),
  };
}
