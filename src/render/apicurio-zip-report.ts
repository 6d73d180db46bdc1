/** What an archive for Apicurio holds, and how it is imported, for a person. */
import type { ArchiveSize } from '../plan/apicurio/import-limits.ts';
import type { Plan } from '../plan/plan.ts';
import { plural } from './export-report.ts';

export interface ApicurioZipReport {
  readonly outcome: 'written' | 'refused' | 'planned';
  readonly plan: Plan;
  readonly layout: '2' | '3';
  readonly file?: string;
  readonly size?: ArchiveSize;
  readonly subjects: number;
  readonly versions: number;
  readonly softDeleted: number;
  readonly ids: number;
}

export interface ApicurioZipReportOptions {
  /** Paths are shown relative to it where they lie below. */
  readonly cwd: string;
  /** Any base URL of the registry that is to import it; a placeholder is shown without one. */
  readonly url?: string | undefined;
}

/** The last lines are a command to copy. */
export function renderApicurioZipReport(report: ApicurioZipReport, { cwd, url }: ApicurioZipReportOptions): string {
  const { outcome, plan, layout, file, size, subjects, versions, softDeleted, ids } = report;
  if (outcome === 'refused') {
    const errors = plan.problems.filter(({ severity }) => severity === 'error').length;
    return `✗ ${plural(errors, 'problem')}: no archive was written.`;
  }
  const parts = [plural(subjects, 'subject'), plural(versions, 'version')];
  if (softDeleted > 0) parts.push(`${softDeleted} soft-deleted`);
  parts.push(plural(ids, 'id'));
  if (file === undefined || size === undefined) return `Would hold ${parts.join(', ')}.`;
  const shown = file.startsWith(`${cwd}/`) ? file.slice(cwd.length + 1) : file;
  return [
    `${shown}: ${parts.join(', ')}; ${size.entries} entries, ${plural(size.bytes, 'byte')}.`,
    `Import it into an empty Apicurio ${layout}:`,
    `  ${importCommand(shown, importUrl(layout, url))}`,
    'It answers 204 and no more; what it could not store is in its log alone. Then see that every live version is there,',
    'under the same id (with the same source and selection as here):',
    `  srgit plan --url ${quote(`${rootOf(url)}/apis/ccompat/v7`)} ${PROOF}`,
  ].join('\n');
}

/** Of a subject whose versions are all soft-deleted, and of the level NONE, Apicurio tells nothing that could be compared. */
const PROOF = '--ids force --no-soft-deleted --no-settings --detailed-exitcode';

const PLACEHOLDER = 'http://APICURIO:8080';

/** From the base URL of the ccompat API, or the host's, to that of the import. */
export function importUrl(layout: '2' | '3', url?: string): string {
  return `${rootOf(url)}/apis/registry/v${layout}/admin/import`;
}

/** Without the credentials that a URL may carry. */
function rootOf(text: string | undefined): string {
  const url = text === undefined ? null : URL.parse(text);
  if (url === null) return PLACEHOLDER;
  return url.origin + url.pathname.replace(/\/apis(\/.*)?$/s, '').replace(/\/+$/, '');
}

function importCommand(file: string, url: string): string {
  return `curl --fail-with-body -X POST -H 'Content-Type: application/zip' --data-binary ${quote(`@${file}`)} ${quote(url)}`;
}

/** For a POSIX shell; as it is where nothing needs it. */
function quote(text: string): string {
  return /^[A-Za-z0-9@%+=:,./_-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
