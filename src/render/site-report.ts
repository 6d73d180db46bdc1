/** What `srgit site` wrote, for a person. */
import { plural } from './export-report.ts';

export interface SiteReport {
  readonly page: string;
  readonly counts: { readonly subjects: number; readonly versions: number; readonly findings: number };
  readonly files: number;
  readonly bytes: number;
  readonly upToDate: boolean;
}

export function renderSiteReport({ page, counts, files, bytes, upToDate }: SiteReport): string {
  const what = `${plural(counts.subjects, 'subject')}, ${plural(counts.versions, 'version')}`;
  const size = bytes < 1e6 ? `${Math.ceil(bytes / 1e3)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
  const lines = [
    upToDate ? `${page} is up to date: ${what}.` : `${page}: ${what} in ${plural(files, 'file')}, ${size}.`,
  ];
  if (counts.findings > 0) lines.push(`${plural(counts.findings, 'finding')}: shown on the first page.`);
  return lines.join('\n');
}
