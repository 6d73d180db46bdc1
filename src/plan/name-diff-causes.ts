/** The likely causes of the differences between a tree and a registry, version by version and setting by setting. */
import type { SubjectDiff } from './diff-snapshots.ts';
import type { DriftExplainer } from './drift-cause.ts';

/** @param subjects differences between the two sides that the explainer was made of, in either direction. */
export function nameDiffCauses(subjects: readonly SubjectDiff[], explain: DriftExplainer): readonly SubjectDiff[] {
  return subjects.map((subject) => ({
    ...subject,
    versions: subject.versions.map((version) => {
      const cause = explain.version(subject.subject, version.version);
      return cause === undefined ? version : { ...version, cause };
    }),
    settings: subject.settings.map((setting) => ({
      ...setting,
      cause: setting.setting === 'mode' ? ('mode-changed' as const) : ('config-changed' as const),
    })),
  }));
}
