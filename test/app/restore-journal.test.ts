/** The journal of a restore: what it says, and what the next run makes of it. */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readEntries } from '../../src/app/restore/journal-entries.ts';
import { beginJournal, findUnfinished } from '../../src/app/restore/journal-folder.ts';
import { priorSettings, standingSettings } from '../../src/app/restore/prior-settings.ts';
import { resumePlan } from '../../src/app/restore/resume-plan.ts';
import { indexRows } from '../../src/app/restore/snapshot-rows.ts';
import { stateFolderOf } from '../../src/app/restore/state-folder.ts';
import type { SchemaVersion } from '../../src/model/schema-version.ts';
import {
  configStep,
  deleteVersionStep,
  importStep,
  modeStep,
  numbered,
  planOf,
  textOf,
} from '../support/hand-plans.ts';
import { temporaryFolder } from '../support/trees.ts';

const AT = '2026-01-02T03:04:05.000Z';
const URLS = ['http://user:secret@sr-1:8081/', 'http://sr-2:8081'];

function begin(stateFolder: string, steps: Parameters<typeof planOf>[0], at = AT) {
  const plan = planOf(steps);
  return beginJournal({ stateFolder, plan, urls: URLS, prior: priorSettings(plan.steps), at });
}

describe('a journal', () => {
  it('has a line before and after each write, the prior settings first, and no secret', async () => {
    const stateFolder = join(temporaryFolder(), '.srgit');
    const journal = await begin(stateFolder, [modeStep('a', 'IMPORT', 'READONLY', true), importStep('a', 1, 7)]);
    await journal.begin([0, 1], 0);
    journal.note({ event: 'done', step: 0 });
    await journal.begin([0, 1], 1);
    journal.note({ event: 'done', step: 1, id: 7, version: 1 });
    journal.note({ event: 'end', outcome: 'complete', at: AT });
    await journal.close();
    const text = readFileSync(journal.file, 'utf8');
    expect(text.split('\n').map((line) => (line === '' ? '' : JSON.parse(line).event))).toEqual([
      'open',
      'prior',
      'begin',
      'begin',
      'done',
      'done',
      'end',
      '',
    ]);
    expect(text).not.toContain('secret');
    const state = readEntries(text);
    expect(state?.prior).toEqual([{ kind: 'mode', level: 'a', before: 'READONLY' }]);
    expect(state?.done.get(1)).toMatchObject({ id: 7, version: 1 });
    expect(state?.outcome).toBe('complete');
    expect(readFileSync(join(stateFolder, '.gitignore'), 'utf8')).toBe('*\n');
    expect(readdirSync(join(stateFolder, 'journal')).sort()).toEqual([
      expect.stringMatching(/^[0-9a-f]{64}\.ndjson$/),
      expect.stringMatching(/^[0-9a-f]{64}\.plan\.json$/),
    ]);
  });

  it('is found by any URL of its registry, until it is complete or abandoned', async () => {
    const stateFolder = join(temporaryFolder(), '.srgit');
    expect(findUnfinished(stateFolder, URLS)).toEqual([]);
    const journal = await begin(stateFolder, [importStep('a', 1, 7)]);
    await journal.begin([0], 0);
    await journal.sync();
    for (const url of ['http://sr-2:8081/', 'http://other:pw@sr-1:8081']) {
      const [found] = findUnfinished(stateFolder, [url]);
      expect(found?.plan?.steps).toHaveLength(1);
      expect(found?.state.begun).toEqual(new Set([0]));
    }
    expect(findUnfinished(stateFolder, ['http://sr-3:8081'])).toEqual([]);
    journal.note({ event: 'end', outcome: 'stopped', at: AT });
    await journal.sync();
    expect(findUnfinished(stateFolder, URLS)).toHaveLength(1);
    journal.note({ event: 'end', outcome: 'abandoned', at: AT });
    await journal.close();
    expect(findUnfinished(stateFolder, URLS)).toEqual([]);
  });

  it('is read up to where it was cut off, at every byte', async () => {
    const stateFolder = join(temporaryFolder(), '.srgit');
    const journal = await begin(stateFolder, [modeStep('a', 'IMPORT', null, true), importStep('a', 1, 7)]);
    await journal.begin([0, 1], 0);
    journal.note({ event: 'done', step: 0 });
    await journal.close();
    const text = readFileSync(journal.file, 'utf8');
    let last = -1;
    for (let length = 0; length <= text.length; length++) {
      const state = readEntries(text.slice(0, length));
      const known = state === undefined ? 0 : 1 + state.prior.length + state.begun.size + state.done.size;
      expect(known).toBeGreaterThanOrEqual(last);
      last = known;
    }
    expect(last).toBe(5);
  });

  it('that somebody wrote by hand is no journal', () => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, 'journal'));
    const lines = [
      '',
      'x',
      'null',
      '[]',
      '{"event":"open"}',
      '{"event":"__proto__"}',
      '{"event":"prior","settings":[1]}',
    ];
    lines.forEach((line, at) => {
      writeFileSync(join(folder, 'journal', `${at}.ndjson`), `${line}\n{"event":"done","step":1}\n`);
    });
    expect(findUnfinished(folder, URLS)).toEqual([]);
  });

  it('of a plan that was tampered with is not continued', async () => {
    const stateFolder = join(temporaryFolder(), '.srgit');
    const journal = await begin(stateFolder, [importStep('a', 1, 7)]);
    await journal.close();
    const file = journal.file.replace('.ndjson', '.plan.json');
    writeFileSync(file, readFileSync(file, 'utf8').replace('"id":7', '"id":8'));
    expect(findUnfinished(stateFolder, URLS).map(({ plan }) => plan)).toEqual([undefined]);
  });

  it('lies in the repository of the tree, or beside the tree', () => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, 'repository/.git'), { recursive: true });
    expect(stateFolderOf(join(folder, 'repository/deep/schemas'))).toBe(join(folder, 'repository/.srgit'));
    expect(stateFolderOf(join(folder, 'plain/schemas'))).toBe(join(folder, 'plain/.srgit'));
  });
});

describe('prior settings', () => {
  it('put back what was there, and unset what was not', () => {
    const steps = numbered([
      configStep('a', { compatibility: 'NONE' }, { normalize: true }, true),
      modeStep('a', 'IMPORT', null, true),
      configStep('b', { compatibility: 'NONE' }, null, true),
    ]);
    expect(priorSettings(steps)).toEqual([
      { kind: 'config', level: 'a', before: { normalize: true, compatibility: null } },
      { kind: 'mode', level: 'a', before: null },
      { kind: 'config', level: 'b', before: null },
    ]);
  });

  it('stand from when they may have been set until a lasting one is known to be', () => {
    const steps = numbered([
      modeStep('a', 'IMPORT', 'READONLY', true),
      importStep('a', 1, 1),
      modeStep('a', 'READONLY', 'IMPORT'),
    ]);
    const standing = (begun: number, done: number) =>
      standingSettings(
        steps,
        (step) => step < begun,
        (step) => step < done,
      ).length;
    expect([standing(0, 0), standing(1, 0), standing(1, 1), standing(3, 2), standing(3, 3)]).toEqual([0, 1, 1, 1, 0]);
  });
});

describe('going on with a plan', () => {
  const steps = [
    modeStep('a', 'IMPORT', null, true),
    importStep('a', 1, 1),
    importStep('a', 2, 2),
    deleteVersionStep('a', 1),
    modeStep('a', null, 'IMPORT'),
  ];
  const plan = planOf(steps);
  const rowOf = (version: number, id: number, deleted = false): SchemaVersion => {
    const step = plan.steps.find((one) => one.action === 'register' && one.version === version);
    if (step?.action !== 'register') throw new Error('no such step');
    const { schemaType, guid } = step;
    return { version, id, guid, schemaType, schema: textOf(step), references: [], deleted };
  };
  const resume = (done: readonly number[], rows: readonly SchemaVersion[]) => {
    const contexts = [{ name: '.', subjects: rows.length === 0 ? [] : [{ name: 'a', versions: rows }] }];
    const snapshot = { registry: { kind: 'srgit' as const }, contexts, global: {}, gaps: [] };
    const found = resumePlan(plan, { done: new Map(done.map((step) => [step, {}])) }, indexRows(snapshot));
    return found && [...found.keys()];
  };

  it('leaves out what is done, by the journal or by a look at the registry', () => {
    expect(resume([], [])).toEqual([]);
    expect(resume([0], [])).toEqual([]);
    expect(resume([0, 1], [rowOf(1, 1)])).toEqual([1]);
    expect(resume([0], [rowOf(1, 1), rowOf(2, 2)])).toEqual([1, 2]);
    expect(resume([0, 1, 2, 3], [rowOf(1, 1, true), rowOf(2, 2)])).toEqual([1, 2, 3]);
    // Registered and deleted, and killed before either line was written.
    expect(resume([0], [rowOf(1, 1, true), rowOf(2, 2)])).toEqual([1, 2]);
    expect(resume([0, 1, 2, 3, 4], [rowOf(1, 1, true), rowOf(2, 2)])).toEqual([0, 1, 2, 3, 4]);
  });

  it('is given up where the registry is elsewhere', () => {
    expect(resume([0, 1], [])).toBeUndefined();
    expect(resume([0, 1], [rowOf(1, 9)])).toBeUndefined();
    expect(resume([0], [rowOf(1, 9)])).toBeUndefined();
    expect(resume([0], [rowOf(1, 1), rowOf(2, 2, true)])).toBeUndefined();
    expect(resume([0, 1, 2, 3], [rowOf(1, 1), rowOf(2, 2)])).toBeUndefined();
  });
});
