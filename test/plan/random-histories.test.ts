/** What holds for plans between any two states that a registry can get into. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RegistrySnapshot } from '../../src/model/registry-snapshot.ts';
import { contextSubject, DEFAULT_CONTEXT, formatSubjectName } from '../../src/model/subject-name.ts';
import { canonicalJson } from '../../src/plan/canonical-json.ts';
import { buildIdMap, checkIdMap } from '../../src/plan/id-map.ts';
import { formatIdMap, parseIdMap } from '../../src/plan/id-map-text.ts';
import type { IdPolicy, PlanOptions, Strategy } from '../../src/plan/plan.ts';
import { snapshotFromState } from '../../src/semantics/snapshot-state.ts';
import { createState } from '../../src/semantics/state.ts';
import { history, run } from '../semantics/support.ts';
import { denseState } from './dense-states.ts';
import {
  EMPTY,
  errorsOf,
  givenIds,
  IDENTITY,
  NO_IMPORT,
  type Planned,
  planFor,
  play,
  rowsOf,
  targetOf,
} from './support.ts';

const seed = Number(process.env['SRGIT_SEED'] ?? Math.floor(Math.random() * 0x7fff_ffff));
console.log(`plans between random states: seed ${seed} (repeat with SRGIT_SEED=${seed})`);
const parameters = { seed, numRuns: 300 };

/** What any commands lead to, and states made to be full of what plans stumble over. */
const anyState: fc.Arbitrary<RegistrySnapshot> = fc.oneof(
  { weight: 3, arbitrary: denseState },
  {
    weight: 1,
    arbitrary: history.map((commands) => {
      const state = createState();
      run(state, commands, {});
      return snapshotFromState(state, IDENTITY);
    }),
  },
);

/** What a registry cannot show apart is written as one: top levels that show the defaults, contexts with nothing. */
function normal(snapshot: RegistrySnapshot) {
  const shown = (config: { readonly compatibility?: string; readonly fields: object } | undefined, top: boolean) => {
    const record = config ?? (top ? { fields: {} } : undefined);
    return record && canonicalJson({ compatibility: record.compatibility ?? 'BACKWARD', fields: record.fields });
  };
  const globalSet = (snapshot.global.mode ?? 'READWRITE') !== 'READWRITE';
  const configSet = shown(snapshot.global.config, true) !== shown(undefined, true);
  const levels: unknown[] = [[':.__GLOBAL:', shown(snapshot.global.config, true), snapshot.global.mode ?? 'READWRITE']];
  for (const context of snapshot.contexts) {
    const top = context.name === DEFAULT_CONTEXT;
    const mode = context.mode ?? (top && !globalSet ? 'READWRITE' : undefined);
    const config = shown(context.config, top && !configSet);
    if (config !== undefined || mode !== undefined) levels.push([contextSubject(context.name), config, mode]);
    for (const subject of context.subjects) {
      const own = shown(subject.config, false);
      if (own === undefined && subject.mode === undefined) continue;
      levels.push([formatSubjectName({ context: context.name, subject: subject.name }), own, subject.mode]);
    }
  }
  return { rows: rowsOf(snapshot), levels };
}

const options: fc.Arbitrary<Partial<PlanOptions>> = fc.record({
  kind: fc.constantFrom('restore', 'reconcile'),
  strategy: fc.constantFrom<Strategy>('preserve', 'skip', 'overwrite'),
  ids: fc.constantFrom<IdPolicy>('rewrite', 'keep', 'force'),
  includeSoftDeleted: fc.boolean(),
  settings: fc.boolean(),
  prune: fc.boolean(),
  permanent: fc.boolean(),
  forceRegister: fc.boolean(),
});

/** The plan is carried out, and the same plan made again: there is nothing left to do. */
function playTwice(planned: Planned, given: Partial<PlanOptions>): RegistrySnapshot {
  const restored = play(planned);
  const again = planFor(planned.source, { ...planned.target, snapshot: restored }, given);
  expect(again.plan.steps).toEqual([]);
  return restored;
}

describe('between random states', () => {
  it('force into an empty registry gives the same registry', () => {
    fc.assert(
      fc.property(anyState, (source) => {
        const planned = planFor(source, EMPTY, { ids: 'force' });
        expect(errorsOf(planned.plan)).toEqual([]);
        expect(normal(playTwice(planned, { ids: 'force' }))).toEqual(normal(source));
      }),
      parameters,
    );
  });

  it('rewrite gives a map that is total, and whose two sides are the same schema', () => {
    let sound = 0;
    fc.assert(
      fc.property(anyState, anyState, (source, target) => {
        const given = { forceRegister: true };
        const planned = planFor(source, target, given);
        if (errorsOf(planned.plan).length > 0) return;
        sound++;
        const restored = playTwice(planned, given);
        const { map, missing } = buildIdMap(planned.plan, givenIds(planned));
        expect(missing).toEqual([]);
        expect(checkIdMap(map, source, restored, () => false)).toEqual([]);
        expect(parseIdMap(formatIdMap(map), 'dr.json')).toEqual(map);
      }),
      parameters,
    );
    expect(sound).toBeGreaterThan(50);
  });

  it('manual gives every schema the id that the mapping says', () => {
    fc.assert(
      fc.property(denseState, fc.integer({ min: -3, max: 200 }), (source, shift) => {
        const idMapping = Object.fromEntries(
          source.contexts.map(({ name, subjects }) => [
            name,
            Object.fromEntries(
              subjects.flatMap(({ versions }) => versions.map(({ id }) => [String(id), 1000 - id + shift])),
            ),
          ]),
        );
        const planned = planFor(source, EMPTY, { ids: 'manual', idMapping });
        expect(errorsOf(planned.plan)).toEqual([]);
        const expected = rowsOf(source).map((row) => row.replace(/ id (\d+) /, (_, id) => ` id ${1000 - id + shift} `));
        expect(rowsOf(playTwice(planned, { ids: 'manual', idMapping }))).toEqual(expected);
      }),
      { ...parameters, numRuns: 100 },
    );
  });

  it('every strategy with every policy does what it says, or says why not', () => {
    let sound = 0;
    fc.assert(
      fc.property(anyState, anyState, options, (source, target, given) => {
        const planned = planFor(source, target, given);
        if (errorsOf(planned.plan).length > 0) {
          if (given.ids === 'force') expect(planned.plan.steps).toEqual([]);
          return;
        }
        sound++;
        checkPromises(source, target, given, playTwice(planned, given));
      }),
      { ...parameters, numRuns: 1000 },
    );
    expect(sound).toBeGreaterThan(200);
  });

  it('a server that drops rule sets, and replaces versions in use, is never led to do so', () => {
    fc.assert(
      fc.property(denseState, denseState, options, (source, target, given) => {
        const planned = planFor(source, targetOf(target, { ruleSets: 'dropped' }), given);
        if (errorsOf(planned.plan).length === 0) checkPromises(source, target, given, playTwice(planned, given));
        else expect(errorsOf(planned.plan).filter((error) => error.includes('after the plan'))).toEqual([]);
      }),
      parameters,
    );
  });

  it('a registry that takes no ids ends with every live schema, and the second plan is empty', () => {
    fc.assert(
      fc.property(denseState, (source) => {
        const planned = planFor(source, targetOf(EMPTY, NO_IMPORT), { forceRegister: true });
        expect(errorsOf(planned.plan)).toEqual([]);
        const restored = playTwice(planned, { forceRegister: true });
        const texts = (snapshot: RegistrySnapshot) =>
          snapshot.contexts.flatMap(({ name, subjects }) =>
            subjects.flatMap((subject) =>
              subject.versions
                .filter(({ deleted }) => !deleted)
                .map(({ schema }) => `${name} ${subject.name} ${schema}`),
            ),
          );
        for (const text of texts(source)) expect(texts(restored)).toContain(text);
      }),
      parameters,
    );
  });
});

function checkPromises(
  source: RegistrySnapshot,
  target: RegistrySnapshot,
  given: Partial<PlanOptions>,
  restored: RegistrySnapshot,
): void {
  const rows = new Set(rowsOf(restored));
  if (given.kind === 'restore' && given.strategy !== 'overwrite') {
    // Nothing goes; what was softly deleted may come back to life.
    for (const row of rowsOf(target)) expect(rows.has(row) || rows.has(row.replace(/ deleted$/, ''))).toBe(true);
  }
  if (given.kind === 'restore' && given.settings === false) {
    expect(normal(restored).levels).toEqual(normal(target).levels);
  }
  if (given.ids === 'force' && given.strategy !== 'skip') {
    for (const row of rowsOf(source)) if (!row.endsWith(' deleted')) expect(rows).toContain(row);
  }
  const isWhole =
    given.kind === 'reconcile' && given.prune === true && given.permanent === true && given.settings === true;
  if (isWhole && given.ids === 'force' && given.includeSoftDeleted === true && given.strategy === 'overwrite') {
    expect(normal(restored)).toEqual(normal(source));
  }
}
