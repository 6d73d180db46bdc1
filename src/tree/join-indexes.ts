/**
 * What several trees know together. After a rebase the files are a mixture of two exports: which of them some export
 * wrote (and not a person), and which ids existed, is known only by both sides together.
 */
import type { VersionDocument } from './documents.ts';
import { contextMemory } from './load-tree.ts';
import { buildManifest } from './manifest.ts';
import type { IndexedContext, IndexedSubject, TreeIndex } from './read-index.ts';
import { isRegistered } from './rows.ts';

/**
 * The index of the tree as it stands, with what the others know added: registered versions of the same subject, highest
 * and retired ids. A plan made from it removes whatever is not in its snapshot and was not added by hand.
 */
export function joinIndexes(tree: TreeIndex, others: readonly TreeIndex[]): TreeIndex {
  return {
    ...tree,
    contexts: tree.contexts.map((context) =>
      joinContexts(
        context,
        others.flatMap((other) => other.contexts.filter((known) => known.name === context.name)),
      ),
    ),
  };
}

function joinContexts(context: IndexedContext, others: readonly IndexedContext[]): IndexedContext {
  const memories = [context, ...others].map(contextMemory);
  const ids = others.flatMap((other) =>
    other.subjects.flatMap((subject) => (subject.document?.versions ?? []).flatMap(({ id }) => id ?? [])),
  );
  const memory = {
    ...memories[0],
    maxId: Math.max(0, ...memories.map(({ maxId }) => maxId), ...ids),
    retiredIds: [...new Set([...memories.flatMap(({ retiredIds }) => retiredIds), ...ids])],
  };
  return {
    ...context,
    manifest: context.manifest
      ? { ...context.manifest, max_id: memory.maxId, retired_ids: memory.retiredIds }
      : buildManifest([], memory),
    subjects: context.subjects.map((subject) =>
      joinSubjects(
        subject,
        others.flatMap((other) => other.subjects.filter((known) => known.name === subject.name)),
      ),
    ),
  };
}

function joinSubjects(subject: IndexedSubject, others: readonly IndexedSubject[]): IndexedSubject {
  const document = subject.document ?? others.find((other) => other.document)?.document;
  if (!document) return subject;
  const listed = new Set(document.versions.map((entry) => entry.schema_file));
  const more: VersionDocument[] = [];
  for (const entry of others.flatMap((other) => other.document?.versions ?? [])) {
    if (listed.has(entry.schema_file) || !isRegistered(entry)) continue;
    listed.add(entry.schema_file);
    more.push(entry);
  }
  return { ...subject, document: { ...document, versions: [...document.versions, ...more] } };
}
