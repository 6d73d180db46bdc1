/** What Apicurio's import cannot take although any registry could: told before the archive is written. */
import { MAX_ID } from '../choose-ids.ts';
import type { Problem, RegisterStep } from '../plan.ts';
import type { ArchiveRow, ArchiveRows } from './archive-rows.ts';

/** Width of the columns for artifact ids and for names of references (DDL of 3.3.3); the import skips what is longer. */
const MAX_NAME = 512;

export interface IdsOnceGiven {
  /** Of the default context: highest id ever given, and ids that were given once and are in use no more. */
  readonly maxId?: number | undefined;
  readonly retired: readonly number[];
}

/** @param textOf exact text that a step registers. */
export function checkArchiveRows(
  { rows, withoutId, levels }: ArchiveRows,
  textOf: (step: RegisterStep) => string,
  ids: IdsOnceGiven,
): readonly Problem[] {
  return [
    ...withoutId.map(describeUnregistered),
    ...checkSubjects(rows),
    ...rows.flatMap((row) => checkRow(row, textOf)),
    ...checkLevels(rows, levels),
    ...checkNextIds(rows, ids),
  ];
}

function describeUnregistered({ from }: RegisterStep): Problem {
  return {
    severity: 'error',
    reason: 'ID_UNMAPPED',
    subject: from.subject,
    version: from.version,
    message: `${from.subject} version ${from.version} was added by hand and has no id yet`,
    hint: 'Register it first, or after the import, and leave it out here with --exclude.',
  };
}

function checkSubjects(rows: readonly ArchiveRow[]): readonly Problem[] {
  const types = new Map<string, { readonly from: string; readonly types: Set<string> }>();
  for (const { subject, schemaType, step } of rows) {
    const known = types.get(subject);
    if (known === undefined) types.set(subject, { from: step.from.subject, types: new Set([schemaType]) });
    else known.types.add(schemaType);
  }
  return [...types].flatMap(([subject, { from, types: found }]): Problem[] => {
    const problems: Problem[] = [];
    if ([...subject].length > MAX_NAME) {
      problems.push({
        severity: 'error',
        reason: 'INVALID_SUBJECT',
        subject: from,
        message: `${subject} has more than ${MAX_NAME} characters: Apicurio has no room for the name`,
        hint: 'Give it a shorter one with --map or subject_mapping, or leave it out.',
      });
    }
    if (found.size > 1) {
      problems.push({
        severity: 'error',
        reason: 'CONTENT_CONFLICT',
        subject: from,
        // Observed in 3.3.3 and 2.6.13: such a version is answered as Avro, by its id too.
        message: `${subject} has versions of several types (${[...found].sort().join(', ')}): Apicurio would answer some under the wrong one`,
        hint: 'Leave it out with --exclude, and register its versions under a subject for each type.',
      });
    }
    return problems;
  });
}

function checkRow({ subject, version, references, step }: ArchiveRow, textOf: (step: RegisterStep) => string) {
  const problems: Problem[] = [];
  const about = { subject: step.from.subject, version: step.from.version } as const;
  const names = references.map(({ name }) => name);
  const twice = names.find((name, at) => names.indexOf(name) !== at);
  if (twice !== undefined) {
    problems.push({
      ...about,
      severity: 'error',
      reason: 'CONTENT_CONFLICT',
      message: `${subject} version ${version} has two references named ${twice}: Apicurio keeps one of a name`,
      hint: 'Leave the version out.',
    });
  }
  const long = names.find((name) => [...name].length > MAX_NAME);
  if (long !== undefined) {
    problems.push({
      ...about,
      severity: 'error',
      reason: 'CONTENT_CONFLICT',
      message: `${subject} version ${version} has a reference whose name has more than ${MAX_NAME} characters: Apicurio has no room for it`,
      hint: 'Leave the version out.',
    });
  }
  if (!textOf(step).isWellFormed()) {
    problems.push({
      ...about,
      severity: 'error',
      reason: 'TEXT_CHANGED',
      message: `the text of ${subject} version ${version} has half a surrogate pair, which an archive's UTF-8 cannot say`,
      hint: 'Leave the version out.',
    });
  }
  return problems;
}

function checkLevels(rows: readonly ArchiveRow[], levels: ArchiveRows['levels']): readonly Problem[] {
  const subjects = new Set(rows.map(({ subject }) => subject));
  const bare = [...levels.keys()].filter((subject) => subject !== '' && !subjects.has(subject));
  return bare.map((subject) => ({
    severity: 'warning',
    reason: 'CONFIG_UNSUPPORTED',
    subject,
    message: `${subject} has a compatibility level and no version: Apicurio would list it as a subject that it cannot find`,
    hint: 'Its level is left out; set it when the subject has its first version.',
  }));
}

/** After an import Apicurio goes on with the id after the highest (observed), whatever was given before. */
function checkNextIds(rows: readonly ArchiveRow[], { maxId = 0, retired }: IdsOnceGiven): readonly Problem[] {
  const highest = rows.reduce((max, { id }) => Math.max(max, id), 0);
  const given = retired.reduce((max, id) => Math.max(max, id), maxId);
  const problems: Problem[] = [];
  if (given > highest) {
    problems.push({
      severity: 'warning',
      reason: 'RETIRED_ID',
      message: `ids up to ${given} have been given before, but Apicurio goes on with ${highest + 1} after the import`,
      hint: `Records that were written with ids from ${highest + 1} to ${given} would be read with schemas that are registered later.`,
    });
  }
  if (highest >= MAX_ID) {
    problems.push({
      severity: 'warning',
      reason: 'ID_TAKEN',
      message: `${highest} is the highest id that a record can carry: Apicurio can register nothing after the import`,
    });
  }
  return problems;
}
