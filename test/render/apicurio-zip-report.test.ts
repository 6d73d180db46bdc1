import { describe, expect, it } from 'vitest';
import type { Plan } from '../../src/plan/plan.ts';
import { importUrl, renderApicurioZipReport } from '../../src/render/apicurio-zip-report.ts';

const PLAN: Plan = {
  format: 1,
  source: { kind: 'tree', name: 'schemas', fingerprint: '' },
  target: { name: 'apicurio-3', kind: 'apicurio', fingerprint: '' },
  options: {
    kind: 'restore',
    strategy: 'preserve',
    strategyBySubject: [],
    ids: 'force',
    subjectMapping: [],
    forceRegister: false,
    includeSoftDeleted: true,
    settings: true,
    prune: false,
    permanent: false,
  },
  steps: [],
  problems: [{ severity: 'error', reason: 'REFERENCE_MISSING', message: '' }],
  subjects: [],
  ids: [],
};

const COUNTS = { plan: PLAN, layout: '3' as const, subjects: 2, versions: 5, softDeleted: 1, ids: 4 };
const SIZE = { entries: 20, unpacked: 9000, bytes: 4321, largest: { path: 'x', bytes: 1 } };

describe('the report on an archive for Apicurio', () => {
  it('ends in commands to copy', () => {
    const report = { ...COUNTS, outcome: 'written' as const, file: '/home/me/out/a.zip', size: SIZE };
    const shown = renderApicurioZipReport(report, {
      cwd: '/home/me',
      url: 'https://user:secret@host:8443/apis/ccompat/v7',
    });
    expect(shown.split('\n')).toEqual([
      'out/a.zip: 2 subjects, 5 versions, 1 soft-deleted, 4 ids; 20 entries, 4,321 bytes.',
      'Import it into an empty Apicurio 3:',
      "  curl --fail-with-body -X POST -H 'Content-Type: application/zip' --data-binary @out/a.zip https://host:8443/apis/registry/v3/admin/import",
      'It answers 204 and no more; what it could not store is in its log alone. Then see that every live version is there,',
      'under the same id (with the same source and selection as here):',
      '  srgit plan --url https://host:8443/apis/ccompat/v7 --ids force --no-soft-deleted --no-settings --detailed-exitcode',
    ]);
  });

  it('quotes what a shell would take for something else', () => {
    const report = { ...COUNTS, outcome: 'written' as const, file: "/x/it's $(rm).zip", size: SIZE };
    expect(renderApicurioZipReport(report, { cwd: '/home/me' })).toContain(
      "--data-binary '@/x/it'\\''s $(rm).zip' http://APICURIO:8080/apis/registry/v3/admin/import",
    );
  });

  it('says that nothing was written, or would be what', () => {
    expect(renderApicurioZipReport({ ...COUNTS, outcome: 'refused' }, { cwd: '/' })).toBe(
      '✗ 1 problem: no archive was written.',
    );
    expect(renderApicurioZipReport({ ...COUNTS, outcome: 'planned' }, { cwd: '/' })).toBe(
      'Would hold 2 subjects, 5 versions, 1 soft-deleted, 4 ids.',
    );
  });

  it.each([
    ['http://h:8080', 'http://h:8080/apis/registry/v2/admin/import'],
    ['http://h:8080/', 'http://h:8080/apis/registry/v2/admin/import'],
    ['http://h/apis/ccompat/v6/', 'http://h/apis/registry/v2/admin/import'],
    ['http://h/prefix/apis/registry/v2?x=1', 'http://h/prefix/apis/registry/v2/admin/import'],
    [undefined, 'http://APICURIO:8080/apis/registry/v2/admin/import'],
  ])('finds the import beside %s', (url, expected) => {
    expect(importUrl('2', url)).toBe(expected);
  });
});
