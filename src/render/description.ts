/** What a tree holds, for a person. */
import { plural } from './export-report.ts';
import { showName } from './show-name.ts';

export interface DescriptionReport {
  readonly tree: string;
  readonly description: {
    readonly subjects_count: number;
    readonly schemas_count: number;
    readonly subjects: readonly {
      readonly name: string;
      readonly versions: number;
      readonly latest_id: number | null;
    }[];
  };
  readonly registryVersion?: string;
  readonly backupTimestamp?: string;
  readonly contexts: readonly string[];
}

export function renderDescription(report: DescriptionReport): string {
  const { description } = report;
  const subjects = description.subjects.map((subject) => ({ ...subject, name: showName(subject.name) }));
  const width = Math.min(
    60,
    subjects.reduce((widest, { name }) => Math.max(widest, name.length), 'subject'.length),
  );
  const head = [
    `${plural(description.subjects_count, 'subject')}, ${plural(description.schemas_count, 'version')}, ${plural(report.contexts.length, 'context')}`,
    ...(report.registryVersion === undefined ? [] : [`registry version ${report.registryVersion}`]),
    ...(report.backupTimestamp === undefined ? [] : [`last change ${report.backupTimestamp}`]),
  ];
  const rows = subjects.map(
    ({ name, versions, latest_id }) =>
      `${name.padEnd(width)}  ${String(versions).padStart(8)}  ${String(latest_id ?? '-').padStart(9)}`,
  );
  return [...head, '', `${'subject'.padEnd(width)}  versions  latest id`, ...rows].join('\n');
}
