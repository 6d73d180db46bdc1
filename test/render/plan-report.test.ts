import { describe, expect, it } from 'vitest';
import type { Plan, Problem, SubjectPlan } from '../../src/plan/plan.ts';
import { renderPlanMarkdown, renderPlanText } from '../../src/render/plan-report.ts';
import { listVersions } from '../../src/render/plan-words.ts';
import { EMPTY, planFor, RESTORE, record, snapshotOf, withSettings } from '../plan/support.ts';

const SHOP = snapshotOf([
  { subject: 'orders-value', version: 1, id: 1, schema: record('A') },
  { subject: 'orders-value', version: 2, id: 5, schema: record('B') },
  { subject: 'payments-value', version: 1, id: 2, schema: record('C') },
]);
const { plan } = planFor(withSettings(SHOP, '', { compatibility: 'FULL' }), EMPTY);
const none: Plan = { ...plan, steps: [], problems: [], subjects: [], ids: [], options: RESTORE };
const subject = (name: string, more: Partial<SubjectPlan> = {}): SubjectPlan => ({
  from: name,
  subject: name,
  outcome: 'create',
  adds: [1],
  keeps: [],
  deletes: [],
  changesConfig: false,
  changesMode: false,
  ...more,
});
const problem = (more: Partial<Problem> = {}): Problem => ({
  severity: 'error',
  reason: 'ID_TAKEN',
  message: 'id 5 is taken',
  hint: 'take another',
  file: 'subjects/a/v1.avsc',
  ...more,
});

describe('a plan as text', () => {
  it('has a line for each subject, the ids that change, and a summary', () => {
    expect(renderPlanText(plan).split('\n')).toEqual([
      '+ orders-value: adds v1–v2',
      '+ payments-value: adds v1',
      '~ the registry: config {"compatibility":"FULL"}',
      'Ids that change (2 of 3):',
      '  2 → 3',
      '  5 → 2',
      'Plan for dr: 2 subjects created, 3 versions registered, 6 steps.',
    ]);
  });

  it('of nothing to do is one line', () => {
    expect(renderPlanText(none)).toBe('✓ dr is as asked for.');
  });

  it('tells problems first, and that nothing is done', () => {
    const text = renderPlanText({ ...none, problems: [problem(), problem({ severity: 'warning' })] });
    expect(text.split('\n')).toEqual([
      '✗ ID_TAKEN id 5 is taken (subjects/a/v1.avsc)',
      '    take another',
      '! ID_TAKEN id 5 is taken (subjects/a/v1.avsc)',
      '    take another',
      '✗ 1 error: nothing can be done to dr: 1 warning.',
    ]);
  });

  it('names what is renamed, deleted and left alone', () => {
    const subjects = [
      subject('a', { subject: 'b', outcome: 'replace', adds: [1, 2, 3, 7], deletes: [2] }),
      subject('c', { outcome: 'skip', adds: [] }),
      subject('d', { outcome: 'settings', adds: [], changesConfig: true, changesMode: true }),
      subject('e', { outcome: 'same', adds: [] }),
      subject('f\n✓ fine', { outcome: 'prune', adds: [], deletes: [1] }),
    ];
    expect(
      renderPlanText({ ...none, subjects })
        .split('\n')
        .slice(0, -1),
    ).toEqual([
      '! a → b: adds v1–v3, v7, deletes v2',
      '· c: left alone',
      '~ d: sets config, sets mode',
      '- "f\\n✓ fine": deletes v1',
    ]);
  });

  it('cuts long lists', () => {
    const many = Array.from({ length: 250 }, (_, at) => at);
    const text = renderPlanText({
      ...none,
      problems: many.map(() => problem()),
      subjects: many.map((at) => subject(`s${at}`)),
      ids: many.map((at) => ({ context: '.x', from: at, toContext: '.x', fromGuid: '', toGuid: '', how: 'assigned' })),
    });
    expect(text).toMatch(/… and 200 more problems\n/);
    expect(text).toMatch(/… and 150 more subjects\n/);
    expect(text).toMatch(/ {2}\.x 29 → \.x given by the registry\n… and 220 more ids\n/);
    expect(listVersions(many.map((at) => 2 * at))).toBe('v0, v2, v4, v6, v8, v10, v12, v14, … (250)');
  });
});

describe('a plan as markdown', () => {
  it('has a table, and what is long behind a fold', () => {
    expect(
      renderPlanMarkdown({ ...plan, problems: [problem(), problem({ severity: 'warning', message: 'mind' })] }),
    ).toBe(
      [
        '**✗ 1 error: nothing can be done to dr: 2 subjects created, 3 versions registered, 6 steps, 1 warning.**',
        '',
        '- ❌ `ID_TAKEN` id 5 is taken (`subjects/a/v1.avsc`)<br>take another',
        '',
        '| subject | | what |',
        '|---|---|---|',
        '| `orders-value` | create | adds v1–v2 |',
        '| `payments-value` | create | adds v1 |',
        '',
        '- the registry: config \\{"compatibility":"FULL"\\}',
        '',
        '<details><summary>1 to know</summary>',
        '',
        '- ⚠️ `ID_TAKEN` mind (`subjects/a/v1.avsc`)<br>take another',
        '',
        '</details>',
        '',
        '<details><summary>2 of 3 ids change</summary>',
        '',
        '- 2 → 3',
        '- 5 → 2',
        '',
        '</details>',
        '',
      ].join('\n'),
    );
  });

  it('cannot be forged by a name or a message', () => {
    const text = renderPlanMarkdown({
      ...none,
      subjects: [subject('a`|b'), subject('``')],
      problems: [problem({ message: '<script>@everyone | *x* [y](z)\n# h' })],
    });
    expect(text).toContain('| ``a`\\|b`` |');
    expect(text).toContain('| ``` `` ``` |');
    expect(text).not.toMatch(/<script>|@everyone|\n# h/);
  });

  it('stays below what a comment may have', () => {
    const long = 'x'.repeat(1000);
    const text = renderPlanMarkdown({
      ...none,
      problems: Array.from({ length: 1000 }, () => problem({ message: long, hint: long })),
      subjects: Array.from({ length: 1000 }, () => subject(long)),
    });
    expect(text.length).toBeLessThan(60_000);
    expect(text).toContain('too long to be shown here');
  });
});
