/** What a plan takes away is exported first, to a tree from which `srgit restore --tree` puts it back. */
import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import type { RegistrySnapshot } from '../../model/registry-snapshot.ts';
import { formatSubjectName, parseSubjectName } from '../../model/subject-name.ts';
import type { Plan } from '../../plan/plan.ts';
import { applyWritePlan } from '../../tree/apply-write.ts';
import { planTreeWrite } from '../../tree/plan-write.ts';
import { readTreeIndex } from '../../tree/read-index.ts';
import { makeStateFolder } from './state-folder.ts';
import { qualify } from './step-order.ts';

/** What is gone from the registry, or hidden in it, once a plan is carried out. */
export interface Loss {
  readonly subjects: readonly string[];
  /** Versions that are deleted for good. */
  readonly permanent: number;
  /** Versions that are soft-deleted because the source lacks them. */
  readonly hidden: number;
}

/** Deletions that make room or prune; those that the source itself has are no loss. */
export function lossOf(plan: Plan): Loss {
  const permanent = new Set<string>();
  const hidden = new Set<string>();
  const subjects = new Set<string>();
  for (const step of plan.steps) {
    if (step.action !== 'delete-version' && step.action !== 'delete-subject') continue;
    if (step.why === 'soft-deleted') continue;
    subjects.add(step.subject);
    for (const version of step.action === 'delete-version' ? [step.version] : step.versions) {
      (step.permanent ? permanent : hidden).add(`${version} ${step.subject}`);
    }
  }
  // Before a version is deleted for good it is soft-deleted.
  return {
    subjects: [...subjects],
    permanent: permanent.size,
    hidden: [...hidden].filter((key) => !permanent.has(key)).length,
  };
}

export interface UndoOptions {
  readonly stateFolder: string;
  /** The registry before the plan. */
  readonly snapshot: RegistrySnapshot;
  readonly subjects: readonly string[];
  /** ISO 8601. */
  readonly now: string;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Exports the subjects with all their versions, settings and what they refer to.
 *
 * Values that the registry calls sensitive are written too, since without them nothing could be put back: the folder is
 * its owner's alone, and never in git.
 *
 * @returns the tree's folder.
 */
export async function exportForUndo(options: UndoOptions): Promise<string> {
  const { stateFolder, snapshot, now, signal } = options;
  const root = join(makeStateFolder(stateFolder, 'undo'), now.replaceAll(/[-:]/g, '').replace(/\.\d+/, ''));
  const part = withReferences(snapshot, new Set(options.subjects));
  const plan = await planTreeWrite(await readTreeIndex(root, signal), part, {
    covers: () => true,
    retiresIds: false,
    includeSensitive: true,
    now,
    signal,
  });
  await applyWritePlan(root, plan, { signal });
  chmodSync(root, 0o700);
  return root;
}

function withReferences(snapshot: RegistrySnapshot, wanted: Set<string>): RegistrySnapshot {
  const targets = new Map<string, Set<string>>();
  for (const context of snapshot.contexts) {
    for (const { name, versions } of context.subjects) {
      const refersTo = versions.flatMap(({ references }) =>
        references.map((one) => qualify(one.subject, context.name)),
      );
      targets.set(formatSubjectName({ context: context.name, subject: name }), new Set(refersTo));
    }
  }
  const queue = [...wanted];
  for (let subject = queue.pop(); subject !== undefined; subject = queue.pop()) {
    for (const target of targets.get(subject) ?? []) {
      if (wanted.has(target) || !targets.has(target)) continue;
      wanted.add(target);
      queue.push(target);
    }
  }
  const contexts = new Set([...wanted].map((subject) => parseSubjectName(subject).context));
  return {
    ...snapshot,
    contexts: snapshot.contexts
      .filter(({ name }) => name === '.' || contexts.has(name))
      .map((context) => ({
        ...context,
        subjects: context.subjects.filter(({ name }) => {
          return wanted.has(formatSubjectName({ context: context.name, subject: name }));
        }),
      })),
  };
}
