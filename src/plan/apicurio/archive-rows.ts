/** What an archive for Apicurio holds, taken from the plan of filling an empty registry. */
import { COMPATIBILITY_LEVELS, type Reference, type SchemaType } from '../../model/schema-version.ts';
import { compareCodeUnits, parseSubjectName } from '../../model/subject-name.ts';
import type { Plan, RegisterStep } from '../plan.ts';

export interface ArchiveRow {
  /** Artifact's name in the default group: the subject, as the registry spells it. */
  readonly subject: string;
  readonly version: number;
  readonly id: number;
  readonly schemaType: SchemaType;
  readonly references: readonly Reference[];
  /** Soft-deleted. */
  readonly deleted: boolean;
  /** It is the whole content: no metadata and no rule set is left out. */
  readonly whole: boolean;
  readonly step: RegisterStep;
}

export interface ArchiveRows {
  /** By subject in code unit order, then by version. Steps without an id are not among them. */
  readonly rows: readonly ArchiveRow[];
  /** Versions that no registry has given an id yet. */
  readonly withoutId: readonly RegisterStep[];
  /** Compatibility level by subject; that of the registry under the empty name. */
  readonly levels: ReadonlyMap<string, string>;
}

export function collectRows(plan: Plan): ArchiveRows {
  const registered: RegisterStep[] = [];
  const withoutId: RegisterStep[] = [];
  const deleted = new Set<string>();
  const levels = new Map<string, string>();
  for (const step of plan.steps) {
    switch (step.action) {
      case 'register':
        if (step.id === undefined || step.from.id === undefined) withoutId.push(step);
        else registered.push(step);
        break;
      case 'delete-version':
        deleted.add(`${step.version} ${step.subject}`);
        break;
      case 'delete-subject':
        for (const version of step.versions) deleted.add(`${version} ${step.subject}`);
        break;
      case 'set-config':
        setLevel(levels, step.subject, step.config);
        break;
      case 'set-mode':
        break;
    }
  }
  const changed = new Set(
    plan.ids.flatMap(({ context, from, fromGuid, toGuid }) => (fromGuid === toGuid ? [] : [`${context} ${from}`])),
  );
  const rows = registered.flatMap((step): ArchiveRow[] => {
    const { subject, version, id, schemaType, references } = step;
    if (id === undefined) return [];
    const whole = !changed.has(`${parseSubjectName(step.from.subject).context} ${id}`);
    return [
      { subject, version, id, schemaType, references, deleted: deleted.has(`${version} ${subject}`), whole, step },
    ];
  });
  rows.sort((a, b) => compareCodeUnits(a.subject, b.subject) || a.version - b.version);
  return { rows, withoutId, levels };
}

/** PUT /config merges: what is not named stays, null unsets. */
function setLevel(levels: Map<string, string>, subject: string, config: Readonly<Record<string, unknown>> | null) {
  if (config === null) levels.delete(subject);
  else if (Object.hasOwn(config, 'compatibility')) {
    const level = config['compatibility'];
    if (typeof level === 'string' && (COMPATIBILITY_LEVELS as readonly string[]).includes(level)) {
      levels.set(subject, level);
    } else levels.delete(subject);
  }
}
