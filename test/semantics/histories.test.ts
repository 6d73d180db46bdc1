/** What holds after any history of commands. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RegistrySnapshot } from '../../src/model/registry-snapshot.ts';
import { applyRecords } from '../../src/semantics/apply.ts';
import { listRows } from '../../src/semantics/listing.ts';
import { contextOf } from '../../src/semantics/names.ts';
import type { RegistryRecord, SchemaValue } from '../../src/semantics/records.ts';
import { snapshotFromState, stateFromSnapshot } from '../../src/semantics/snapshot-state.ts';
import { createState, type RegistryState, type Row } from '../../src/semantics/state.ts';
import { history, historyWithoutImports, run } from './support.ts';

const seed = Number(process.env['SRGIT_SEED'] ?? Math.floor(Math.random() * 0x7fff_ffff));
console.log(`histories: seed ${seed} (repeat with SRGIT_SEED=${seed})`);
const parameters = { seed, numRuns: 300 };

const identity = { kind: 'srgit' } as const;
const everything = { prefix: ':*:', includeDeleted: true, latestOnly: false };
const snapshot = (state: RegistryState): RegistrySnapshot => snapshotFromState(state, identity);

/** Every index a state has, as plain data that does not depend on the order of writing. */
function indexes(state: RegistryState) {
  return {
    sorted: state.sortedSubjects,
    contexts: [...state.contexts].sort(),
    ids: [...state.ids.entries()]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([context, ids]) => ({
        context,
        lastId: ids.lastId,
        subjects: [...ids.subjectsById.entries()]
          .map(([id, subjects]) => [id, [...subjects.entries()].sort()])
          .sort(([a], [b]) => Number(a) - Number(b)),
        guids: [...ids.idByGuid.entries()].sort(),
      })),
    referrers: [...state.referrers.entries()]
      .flatMap(([subject, versions]) =>
        [...versions.entries()].map(([version, rows]) =>
          [subject, version, ...[...rows].map((row) => `${row.subject} ${row.version} ${row.deleted}`).sort()].join(
            '|',
          ),
        ),
      )
      .sort(),
  };
}

describe.each([{ strictConfluent: false }, { strictConfluent: true }])('after any history, %o', (rules) => {
  it('the log alone leads to the same state', () => {
    fc.assert(
      fc.property(history, (commands) => {
        const live = createState();
        const log = run(live, commands, rules);
        const rebuilt = createState();
        applyRecords(rebuilt, log);
        expect(snapshot(rebuilt)).toEqual(snapshot(live));
        expect(indexes(rebuilt)).toEqual(indexes(live));
      }),
      parameters,
    );
  });

  it('a snapshot leads to a state with the same snapshot', () => {
    fc.assert(
      fc.property(history, (commands) => {
        const live = createState();
        run(live, commands, rules);
        const taken = snapshot(live);
        const again = stateFromSnapshot(taken);
        expect(snapshot(again)).toEqual(taken);
        expect(listRows(again, everything)).toEqual(listRows(live, everything));
      }),
      parameters,
    );
  });

  it('listings kept between writes are the ones a fresh state gives, and sorted', () => {
    fc.assert(
      fc.property(history, (commands) => {
        const live = createState();
        run(live, commands, rules, () => {
          const rows = listRows(live, everything);
          const fresh = [...live.subjects.keys()].sort().flatMap((subject) => live.subjects.get(subject)?.rows ?? []);
          expect(rows).toEqual(fresh);
        });
      }),
      { ...parameters, numRuns: 100 },
    );
  });

  it('an id the registry chose is never given to other content, hard-deleted ones included', () => {
    fc.assert(
      fc.property(historyWithoutImports, (commands) => {
        const given = new Map<string, string>();
        run(createState(), commands, rules, (written) => {
          for (const { id, subject, ...value } of writtenSchemas(written)) {
            const content = JSON.stringify([value.schemaType, value.schema, value.references, value.metadata]);
            const name = `${contextOf(subject)} ${id}`;
            expect(given.get(name) ?? content).toBe(content);
            given.set(name, content);
          }
        });
      }),
      parameters,
    );
  });
});

describe('without mirroring Confluent', () => {
  it('every index is what the rows alone say', () => {
    fc.assert(
      fc.property(history, (commands) => {
        const live = createState();
        const highest = new Map<string, number>();
        run(live, commands, {}, (written) => {
          for (const { id, subject } of writtenSchemas(written)) {
            highest.set(contextOf(subject), Math.max(highest.get(contextOf(subject)) ?? 0, id));
          }
        });
        const rows = listRows(live, everything);
        expect(indexes(live).referrers).toEqual(referrersOfRows(rows));
        for (const [context, { subjectsById, lastId }] of live.ids) {
          const own = rows.filter((row) => contextOf(row.subject) === context);
          expect(lastId).toBe(highest.get(context));
          const known = [...subjectsById].flatMap(([id, subjects]) =>
            [...subjects.keys()].map((name) => `${id} ${name}`),
          );
          expect(known.sort()).toEqual([...new Set(own.map((row) => `${row.id} ${row.subject}`))].sort());
          for (const [id, subjects] of subjectsById) {
            for (const [subject, version] of subjects) {
              expect(own.find((row) => row.subject === subject && row.version === version)?.id).toBe(id);
            }
          }
        }
      }),
      parameters,
    );
  });

  it('an id stands for one content in its context, and nothing is replaced', () => {
    fc.assert(
      fc.property(history, (commands) => {
        const live = createState();
        const before = new Map<string, string>();
        run(live, commands, {}, (written) => {
          const tombstoned = new Set(
            written.flatMap(({ key, value }) =>
              key.keytype === 'SCHEMA' && value === null ? [`${key.subject}#${key.version}`] : [],
            ),
          );
          const now = new Map<string, string>();
          const contents = new Map<string, string>();
          for (const row of listRows(live, everything)) {
            const content = `${row.schemaType} ${row.guid}`;
            now.set(`${row.subject}#${row.version}`, `${row.id} ${content}`);
            const id = `${contextOf(row.subject)} ${row.id}`;
            expect(contents.get(id) ?? content).toBe(content);
            contents.set(id, content);
          }
          for (const [row, content] of before) {
            if (!tombstoned.has(row)) expect(now.get(row)).toBe(content);
          }
          before.clear();
          for (const [row, content] of now) before.set(row, content);
        });
      }),
      parameters,
    );
  });

  it('a retired id is not given out again after a restart from a snapshot with its high-water mark', () => {
    fc.assert(
      fc.property(historyWithoutImports, historyWithoutImports, (first, second) => {
        const live = createState();
        run(live, first, {});
        const maxIds = Object.fromEntries([...live.ids].map(([context, { lastId }]) => [context, lastId]));
        const known = new Set(listRows(live, everything).map((row) => `${contextOf(row.subject)} ${row.id}`));
        const restarted = stateFromSnapshot(snapshot(live), { maxIds });
        for (const { id, subject } of writtenSchemas(run(restarted, second, {}))) {
          const context = contextOf(subject);
          if (!known.has(`${context} ${id}`)) expect(id).toBeGreaterThan(maxIds[context] ?? 0);
        }
      }),
      parameters,
    );
  });
});

function writtenSchemas(records: readonly RegistryRecord[]): readonly SchemaValue[] {
  const isSchema = (value: RegistryRecord['value']): value is SchemaValue => value !== null && 'schemaType' in value;
  return records.map(({ value }) => value).filter(isSchema);
}

/** The index of referrers as `indexes` shows it, from the rows alone: written out for the contexts of these histories. */
function referrersOfRows(rows: readonly Row[]): readonly string[] {
  const found = new Map<string, string[]>();
  for (const row of rows) {
    for (const { subject, version } of row.references) {
      const home = row.subject.startsWith(':.') ? row.subject.slice(0, row.subject.indexOf(':', 1) + 1) : '';
      const target = subject.startsWith(':.') ? subject : `${home}${subject}`;
      const key = `${target}|${version}`;
      found.set(key, [...(found.get(key) ?? []), `${row.subject} ${row.version} ${row.deleted}`]);
    }
  }
  return [...found].map(([key, names]) => [key, ...[...new Set(names)].sort()].join('|')).sort();
}
