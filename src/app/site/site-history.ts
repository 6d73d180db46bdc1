/** Commits as the catalogue tells them: by subject and version instead of by file. */
import { isSrgitError } from '../../errors.ts';
import { type HistoryCommit, type PathHistory, readHistory } from '../../git/read-history.ts';
import { formatSubjectName } from '../../model/subject-name.ts';
import { type SiteHistory, versionKey } from '../../site/build-site.ts';
import { CHANGE_SUBJECTS, type SiteCommit } from '../../site/model.ts';
import { parseVersionFileName } from '../../tree/layout.ts';
import type { TreeIndex } from '../../tree/read-index.ts';

/** Commits that the overview tells of. */
const SHOWN_CHANGES = 20;

/** @returns undefined where the tree lies in no repository, or has never been committed. */
export async function readPast(
  folder: string,
  ref: string | undefined,
  options: { readonly env: NodeJS.ProcessEnv; readonly signal?: AbortSignal | undefined },
): Promise<PathHistory | undefined> {
  try {
    return await readHistory(folder, ref, options);
  } catch (error) {
    if (isSrgitError(error, 'SRGIT_GIT_NO_REPOSITORY')) return undefined;
    throw error;
  }
}

/** @param shownCommit full hash; undefined for the work tree. */
export function siteHistory(
  history: PathHistory | undefined,
  index: TreeIndex,
  shownCommit: string | undefined,
): SiteHistory | undefined {
  if (history === undefined || history.commits.length === 0) return undefined;
  const subjects = new Map<string, string>();
  const versions = new Map<string, string>();
  for (const context of index.contexts) {
    for (const { name, folder: place, document } of context.subjects) {
      const qualified = formatSubjectName({ context: context.name, subject: name });
      subjects.set(place, qualified);
      for (const { schema_file: file, version } of document?.versions ?? []) {
        versions.set(`${place}/${file}`, versionKey(qualified, version));
      }
    }
  }
  const added = new Map<string, SiteCommit>();
  const touched = new Map<string, number>();
  for (const commit of history.commits) {
    const shown = shortCommit(commit);
    for (const { change, path } of commit.files) {
      const subject = subjects.get(path.slice(0, path.lastIndexOf('/')));
      if (subject === undefined) continue;
      if (!touched.has(subject)) touched.set(subject, commit.time);
      const version = change === 'added' ? versions.get(path) : undefined;
      // The latest one that added it: before that the file was another, and was removed.
      if (version !== undefined && !added.has(version)) added.set(version, shown);
    }
  }
  return {
    ...(shownCommit === undefined ? {} : { commit: shownCommit }),
    shallow: history.shallow,
    commits: history.commits.length,
    added,
    touched,
    changes: history.commits.slice(0, SHOWN_CHANGES).map((commit) => describeChange(commit, subjects)),
  };
}

function describeChange(commit: HistoryCommit, subjects: ReadonlyMap<string, string>): SiteHistory['changes'][number] {
  const names = new Set<string>();
  let added = 0;
  let removed = 0;
  for (const { change, path } of commit.files) {
    const slash = path.lastIndexOf('/');
    const folder = path.slice(0, slash);
    if (!/(^|\/)subjects\/[^/]+$/.test(folder)) continue;
    names.add(subjects.get(folder) ?? `\0${folder}`);
    if (parseVersionFileName(path.slice(slash + 1)) === undefined) continue;
    if (change === 'added') added++;
    if (change === 'removed') removed++;
  }
  return {
    commit: shortCommit(commit),
    subjects: [...names].filter((name) => !name.startsWith('\0')).slice(0, CHANGE_SUBJECTS),
    subjectCount: names.size,
    added,
    removed,
  };
}

function shortCommit({ hash, author, time, title }: HistoryCommit): SiteCommit {
  return { hash, author, time, title: title.length > 200 ? `${title.slice(0, 199)}…` : title };
}
