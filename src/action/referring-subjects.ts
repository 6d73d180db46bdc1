/** Who is concerned by a change besides the subject itself: what refers to it, directly or through others. */
import type { RegistrySnapshot } from '../model/registry-snapshot.ts';
import { formatSubjectName, parseSubjectName } from '../model/subject-name.ts';
import { plural } from '../render/export-report.ts';
import { code } from './markdown.ts';

const MAX_SUBJECTS = 50;
const MAX_REFERRERS = 20;

/** @returns qualified names of the subjects with a live version that refers to each, by qualified name. */
export function referringSubjects({ contexts }: RegistrySnapshot): ReadonlyMap<string, ReadonlySet<string>> {
  const referrers = new Map<string, Set<string>>();
  for (const { name: context, subjects } of contexts) {
    for (const { name, versions } of subjects) {
      const subject = formatSubjectName({ context, subject: name });
      for (const { deleted, references } of versions) {
        if (deleted) continue;
        for (const reference of references) {
          const parsed = parseSubjectName(reference.subject);
          // A name without a context is of the context that it is used in.
          const isQualified = reference.subject.startsWith(':.');
          const target = isQualified ? reference.subject : formatSubjectName({ context, subject: parsed.subject });
          const known = referrers.get(target) ?? new Set();
          referrers.set(target, known.add(subject));
        }
      }
    }
  }
  return referrers;
}

/** A list of those subjects that others refer to; '' where there are none. */
export function renderReferring(
  changed: readonly string[],
  referrers: ReadonlyMap<string, ReadonlySet<string>>,
): string {
  const lines = changed.flatMap((subject) => {
    const all = [...closure(subject, referrers)].sort();
    if (all.length === 0) return [];
    const shown = all.slice(0, MAX_REFERRERS).map(code).join(', ');
    const more = all.length > MAX_REFERRERS ? ` and ${plural(all.length - MAX_REFERRERS, 'other')}` : '';
    return [`- ${code(subject)} ← ${shown}${more}`];
  });
  if (lines.length === 0) return '';
  const rest = lines.length > MAX_SUBJECTS ? [`- … and ${plural(lines.length - MAX_SUBJECTS, 'more subject')}`] : [];
  return [...lines.slice(0, MAX_SUBJECTS), ...rest].join('\n');
}

function closure(subject: string, referrers: ReadonlyMap<string, ReadonlySet<string>>): ReadonlySet<string> {
  const found = new Set<string>();
  const queue = [subject];
  for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
    for (const referrer of referrers.get(next) ?? []) {
      if (found.has(referrer) || referrer === subject) continue;
      found.add(referrer);
      queue.push(referrer);
    }
  }
  return found;
}
