import { describe, expect, it } from 'vitest';
import type { TreeChange } from '../../src/model/tree-change.ts';
import { renderChange, renderCommitMessage, summarise } from '../../src/render/commit-message.ts';
import { renderDescription } from '../../src/render/description.ts';
import { type ExportReport, renderExportReport } from '../../src/render/export-report.ts';
import { renderVerifyReport, type VerifyReport } from '../../src/render/verify-report.ts';

const version = (kind: 'version-added' | 'version-replaced', at: number): TreeChange => ({
  kind,
  subject: 'orders-value',
  version: at,
  id: 10 + at,
});

describe('a change', () => {
  const row = { subject: 'a', version: 2, id: 7 };
  it.each<[TreeChange, string]>([
    [{ kind: 'subject-added', subject: 'a', versions: 1 }, '+ a (1 version)'],
    [{ kind: 'subject-removed', subject: ':.s:a', versions: 3 }, '- :.s:a (3 versions)'],
    [{ kind: 'version-added', ...row }, '+ a v2 (id 7)'],
    [{ kind: 'version-removed', ...row }, '- a v2 (id 7)'],
    [{ kind: 'version-soft-deleted', ...row }, '~ a v2 (id 7) soft-deleted'],
    [{ kind: 'version-undeleted', ...row }, '~ a v2 (id 7) no longer deleted'],
    [{ kind: 'version-replaced', ...row }, '! a v2 (id 7) REPLACED by other content'],
    [{ kind: 'version-amended', ...row }, '~ a v2 (id 7) details changed'],
    [{ kind: 'context-added', context: '.s' }, '+ context .s'],
    [{ kind: 'context-removed', context: '.s' }, '- context .s'],
    [{ kind: 'config', subject: '' }, '~ global config'],
    [{ kind: 'compatibility', subject: 'a', from: 'FULL' }, '~ a compatibility FULL → inherited'],
    [{ kind: 'mode', subject: '', to: 'READONLY' }, '~ global mode inherited → READONLY'],
  ])('%j is %s', (change, text) => {
    expect(renderChange(change)).toBe(text);
  });

  it('cannot forge a line, whatever the subject is called', () => {
    for (const name of ['a\nb', 'a\u2028b', 'a b', 'a\u202eb', '\u001b[31m', '', 'a\rb', '\u0000']) {
      const text = renderChange({ kind: 'subject-added', subject: name, versions: 1 });
      expect(text).toMatch(/^\+ ".*" \(1 version\)$/);
    }
    expect(renderChange({ kind: 'subject-added', subject: 'é/日本', versions: 1 })).toBe('+ é/日本 (1 version)');
  });
});

describe('a commit message', () => {
  const title = (changes: readonly TreeChange[], registry?: string): string =>
    renderCommitMessage(changes, registry).split('\n')[0] ?? '';
  const settings = (count: number): TreeChange[] =>
    Array.from({ length: count }, (_, at) => ({ kind: 'config', subject: `subject-${at}` }));

  it('tells what changed in its title, with the registry as its scope, and every change below', () => {
    expect(renderCommitMessage([version('version-added', 4)])).toBe(
      'schemas: orders-value v4\n\n+ orders-value v4 (id 14)\n',
    );
    const changes: TreeChange[] = [
      version('version-added', 3),
      { kind: 'subject-removed', subject: 'payments-value', versions: 2 },
    ];
    expect(renderCommitMessage(changes, 'prod')).toBe(
      'schemas(prod): orders-value v3, payments-value deleted\n\n+ orders-value v3 (id 13)\n- payments-value (2 versions)\n',
    );
    expect(renderCommitMessage([], 'prod')).toBe('schemas(prod): tree completed');
  });

  it('joins the versions of a subject, and begins with what must not have happened', () => {
    const changes = [1, 2, 3, 5].map((at) => version('version-added', at));
    expect(title(changes)).toBe('schemas: orders-value v1-v3+v5');
    expect(title([...changes, version('version-replaced', 4)])).toBe(
      'schemas: orders-value v4 REPLACED, orders-value v1-v3+v5',
    );
    expect(title([{ kind: 'compatibility', subject: '', from: 'BACKWARD', to: 'FULL' }])).toBe(
      'schemas: global compatibility FULL',
    );
    expect(title([{ kind: 'mode', subject: 'a', from: 'READONLY' }])).toBe('schemas: a mode inherited');
  });

  it('counts where names would be too long, and is never too long itself', () => {
    expect(title([...settings(3), version('version-added', 1)], 'prod')).toBe(
      'schemas(prod): 3 settings changed, 1 version added',
    );
    const long: TreeChange = { kind: 'subject-added', subject: 's'.repeat(300), versions: 1 };
    for (const changes of [[long], [long, long], [long, version('version-added', 1)]]) {
      expect(title(changes, 'r'.repeat(300)).length).toBeLessThanOrEqual(100);
    }
    expect(title([{ ...long, subject: 'a\nb: c' }], 'x\ny')).toBe('schemas("x\\ny"): "a\\nb: c" added');
  });

  it('counts by kind', () => {
    const changes: TreeChange[] = [
      version('version-added', 1),
      version('version-added', 2),
      version('version-replaced', 3),
      { kind: 'mode', subject: '' },
      { kind: 'config', subject: '' },
    ];
    expect(summarise(changes)).toBe('2 versions added, 1 version REPLACED, 2 settings changed');
  });

  it('lists all, as far as one argument of a program can hold it', () => {
    const lines = (changes: readonly TreeChange[]): string[] => renderCommitMessage(changes).split('\n');
    expect(lines(settings(3_000))).toHaveLength(3_003);
    const wide: TreeChange = { kind: 'config', subject: '日'.repeat(200) };
    const many = Array.from({ length: 1_000 }, () => wide);
    const message = renderCommitMessage(many);
    expect(Buffer.byteLength(message)).toBeLessThan(128 * 1024);
    const listed = lines(many).filter((line) => line.startsWith('~ ')).length;
    expect(listed).toBeGreaterThan(100);
    expect(message).toContain(`\n… and ${1_000 - listed} more\n`);
  });
});

describe('an export report', () => {
  const report: ExportReport = {
    tree: '/srv/repo/schemas',
    registry: { kind: 'confluent', version: '8.3.1' },
    counts: { subjects: 1, versions: 1234, deleted: 0, contexts: 1 },
    upToDate: true,
    changes: [],
    files: { written: 0, removed: 0 },
    partial: [],
    requests: { requests: 1 },
    durations: { a: 1_000, b: 260 },
  };

  it('of nothing new is two lines', () => {
    expect(renderExportReport(report, '/srv/repo')).toBe(
      'schemas: 1 subject, 1,234 versions (confluent 8.3.1, 1 request, 1.3 s)\nUp to date: no file changed.',
    );
    expect(renderExportReport(report, '/srv/re')).toMatch(/^\/srv\/repo\/schemas: /);
  });

  it('tells changes, commit and push, and that it is partial', () => {
    const text = renderExportReport(
      {
        ...report,
        counts: { subjects: 2, versions: 30, deleted: 3, contexts: 2 },
        upToDate: false,
        changes: Array.from({ length: 30 }, (_, at) => version('version-added', at)),
        files: { written: 31, removed: 1 },
        commit: 'a'.repeat(40),
        pushed: { remote: 'origin', branch: 'main' },
        partial: [{}],
      },
      '/srv/repo',
    );
    expect(text).toMatch(/^PARTIAL: schemas: 2 subjects, 30 versions, 3 soft-deleted, 2 contexts \(/);
    expect(text.split('\n').slice(-5)).toEqual([
      '  + orders-value v19 (id 29)',
      '  … and 10 more',
      '31 files written, 1 removed.',
      'Committed aaaaaaaaaaaa.',
      'Pushed to origin/main.',
    ]);
  });
});

describe('a verify report', () => {
  const report: VerifyReport = {
    counts: { subjects: 1, versions: 2, deleted: 0, contexts: 1 },
    findings: [],
    sound: true,
  };

  it('of a sound tree is one line, and one of the registry', () => {
    expect(renderVerifyReport(report)).toBe('✓ the tree is sound: 1 subject, 2 versions');
    expect(renderVerifyReport({ ...report, differences: [] })).toMatch(/\n✓ the registry holds the same, by content$/);
  });

  it('tells findings, differences and what was not compared', () => {
    const text = renderVerifyReport({
      ...report,
      sound: false,
      findings: [
        { severity: 'error', message: 'e', hint: 'do e' },
        { severity: 'warning', message: 'w' },
        { severity: 'notice', message: 'n', hint: 'never shown' },
      ],
      differences: [
        { kind: 'id', subject: 'a', version: 1, message: 'm' },
        { kind: 'mode', subject: '', message: 'm' },
      ],
      partial: [
        { what: 'config', why: 'HTTP 403' },
        { what: 'mode', where: 'a', why: 'HTTP 403' },
      ],
    });
    expect(text.split('\n')).toEqual([
      '✗ e',
      '    do e',
      '! w',
      '· n',
      '✗ the tree is damaged',
      '≠ a version 1: m',
      '≠ global: m',
      '! not compared: config: HTTP 403',
      '! not compared: mode of a: HTTP 403',
      '✗ 2 differences between tree and registry',
    ]);
  });

  it('cuts long lists', () => {
    const differences = Array.from({ length: 60 }, () => ({ kind: 'id', subject: 'a', message: 'm' }) as const);
    const findings = Array.from({ length: 60 }, () => ({ severity: 'notice', message: 'n' }));
    const lines = renderVerifyReport({ ...report, findings, differences }).split('\n');
    expect(lines.filter((line) => line === '… and 10 more')).toHaveLength(2);
    expect(lines).toHaveLength(104);
  });

  it('cannot be forged by a subject', () => {
    const differences = [{ kind: 'id', subject: 'a\n✓ fine', message: 'm' } as const];
    expect(renderVerifyReport({ ...report, differences })).toContain('≠ "a\\n✓ fine": m');
  });
});

describe('a description', () => {
  it('is a table', () => {
    const text = renderDescription({
      tree: 't',
      description: {
        subjects_count: 2,
        schemas_count: 3,
        subjects: [
          { name: 'a', versions: 2, latest_id: 10 },
          { name: 'a\u001b[2J', versions: 1, latest_id: null },
        ],
      },
      registryVersion: '8.3.1',
      backupTimestamp: '2026-01-01T00:00:00Z',
      contexts: ['.'],
    });
    expect(text.split('\n')).toEqual([
      '2 subjects, 3 versions, 1 context',
      'registry version 8.3.1',
      'last change 2026-01-01T00:00:00Z',
      '',
      'subject       versions  latest id',
      'a                    2         10',
      '"a\\u001b[2J"         1          -',
    ]);
  });
});
