/** Reads a whole tree: every row with its exact text, as the registry state it stands for. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { SrgitError, throwIfAborted } from '../errors.ts';
import {
  type ContextState,
  type RegistrySnapshot,
  type SubjectState,
  sortSnapshot,
} from '../model/registry-snapshot.ts';
import type { SchemaVersion } from '../model/schema-version.ts';
import { DEFAULT_CONTEXT, formatSubjectName } from '../model/subject-name.ts';
import { formatDocument, type VersionDocument } from './documents.ts';
import { findReferences } from './find-references.ts';
import type { Finding } from './finding.ts';
import { MANIFEST_FILE, METADATA_FILE, parseVersionFileName } from './layout.ts';
import { buildManifest, manifestSubject, memoryOf, salvageMemory } from './manifest.ts';
import { isMissing } from './missing-file.ts';
import type { PendingVersion } from './pending-version.ts';
import { type IndexedContext, type IndexedSubject, readTreeIndex, type TreeIndex } from './read-index.ts';
import { fromConfigDocument, fromVersionDocument, isRegistered, schemaTypeOf } from './rows.ts';
import { readVersionText } from './version-text.ts';

export type { PendingVersion } from './pending-version.ts';

export interface LoadedTree {
  readonly index: TreeIndex;
  readonly snapshot: RegistrySnapshot;
  readonly pending: readonly PendingVersion[];
  /** Highest id ever seen, by context. */
  readonly maxIds: ReadonlyMap<string, number>;
  readonly retiredIds: ReadonlyMap<string, readonly number[]>;
  readonly findings: readonly Finding[];
}

/**
 * Loads the tree at `root`. Damage (edited versions, missing files, broken JSON) is reported as findings, and the rows
 * concerned are left out: whoever needs a sound tree calls `requireSound(findings)`.
 *
 * @throws SrgitError SRGIT_TREE_MISSING when there is no tree, SRGIT_TREE_FORMAT when its layout is newer.
 */
export async function loadTree(root: string, signal?: AbortSignal): Promise<LoadedTree> {
  const index = await readTreeIndex(root, signal);
  if (!index.exists) {
    throw new SrgitError('SRGIT_TREE_MISSING', `there is no schema tree at ${root}`, {
      hint: 'Run `srgit export` first, or point `--tree` at the folder that holds manifest.json.',
    });
  }
  const findings: Finding[] = [...index.findings];
  const pending: PendingVersion[] = [];
  const contexts: ContextState[] = [];
  const modes = new Map((index.settings?.contexts ?? []).map((context) => [context.name, context.mode]));
  for (const context of index.contexts) {
    const subjects: SubjectState[] = [];
    for (const subject of context.subjects) {
      if (subjects.length % 100 === 99) {
        await setImmediate();
        throwIfAborted(signal);
      }
      const state = loadSubject(root, subject, pending, findings);
      if (state) subjects.push(state);
    }
    const mode = context.name === DEFAULT_CONTEXT ? index.settings?.mode : modes.get(context.name);
    contexts.push({
      name: context.name,
      ...fromConfigDocument({ ...context.globalConfig, ...(mode === undefined ? {} : { mode }) }),
      subjects,
    });
    checkManifest(context, findings);
  }
  for (const listed of index.settings?.contexts ?? []) {
    if (contexts.some((context) => context.name === listed.name)) continue;
    contexts.push({ name: listed.name, ...(listed.mode === undefined ? {} : { mode: listed.mode }), subjects: [] });
  }
  const gaps = index.settings?.partial ?? [];
  for (const gap of gaps) {
    findings.push({
      severity: 'warning',
      code: 'PARTIAL_EXPORT',
      message: `the tree does not know ${gap.what}${gap.where === undefined ? '' : ` of ${gap.where}`}: ${gap.why}`,
      hint: 'Where an account lacks a permission, give it and export again.',
    });
  }
  const snapshot = sortSnapshot({
    registry: index.settings?.registry ?? { kind: 'unknown' },
    contexts,
    global: fromConfigDocument(index.settings?.global ?? {}),
    gaps,
  });
  const found = findReferences(snapshot, pending);
  findings.push(...found.findings);
  return {
    index,
    snapshot,
    pending: found.pending,
    maxIds: new Map(index.contexts.map((context) => [context.name, contextMemory(context).maxId])),
    retiredIds: new Map(index.contexts.map((context) => [context.name, contextMemory(context).retiredIds])),
    findings,
  };
}

/** What the context's manifest remembers, even when it is broken. */
export function contextMemory(context: IndexedContext) {
  if (context.manifest || context.manifestText === undefined) return memoryOf(context.manifest);
  return salvageMemory(context.manifestText);
}

/** One version's row, or the finding why it cannot be had. */
export function readRow(root: string, subject: IndexedSubject, entry: VersionDocument): SchemaVersion | Finding {
  const file = `${subject.folder}/${entry.schema_file}`;
  const what = `${formatSubjectName({ context: subject.context, subject: subject.name })} version ${entry.version}`;
  if (!isRegistered(entry)) throw new SrgitError('SRGIT_INTERNAL', `${what} is not registered`);
  const bytes = readBytes(root, subject, entry.schema_file);
  if (!bytes) {
    return {
      severity: 'error',
      code: 'SRGIT_TREE_FILE_MISSING',
      message: `${file} is missing: it holds the text of ${what}`,
      hint: `Take it back from git (git checkout -- ${file}), or export again.`,
      file,
    };
  }
  const text = readVersionText(schemaTypeOf(entry), bytes, entry.sha256);
  if (text.ok) return fromVersionDocument(entry, text.text);
  return text.reason === 'line-endings'
    ? {
        severity: 'error',
        code: 'SRGIT_TREE_LINE_ENDINGS',
        message: `${file} was converted to CRLF line endings, so it is no longer the text of ${what}`,
        hint: 'Add `* -text` to .gitattributes in the tree, then check the file out again.',
        file,
      }
    : {
        severity: 'error',
        code: 'SRGIT_TREE_EDITED_VERSION',
        message: `${file} was edited, but ${what} is registered as id ${entry.id}: versions are immutable`,
        hint: `Restore it (git checkout -- ${file}) and add the change as a new version beside it.`,
        file,
      };
}

function loadSubject(
  root: string,
  subject: IndexedSubject,
  pending: PendingVersion[],
  findings: Finding[],
): SubjectState | undefined {
  // A folder whose metadata.json is broken has its finding already; its files are not "added by hand".
  if (!subject.document && subject.metadataSha256 !== undefined) return undefined;
  const versions: SchemaVersion[] = [];
  const listed = new Map<string, VersionDocument>();
  const numbers = new Set<number>();
  for (const entry of subject.document?.versions ?? []) {
    listed.set(entry.schema_file, entry);
    if (!isRegistered(entry)) continue;
    if (numbers.has(entry.version)) {
      findings.push(twoTexts(subject, entry.version));
      continue;
    }
    numbers.add(entry.version);
    const row = readRow(root, subject, entry);
    if ('severity' in row) findings.push(row);
    else versions.push(row);
  }
  const byHand = new Map<string, VersionDocument>();
  for (const [file, entry] of listed) if (!isRegistered(entry)) byHand.set(file, entry);
  for (const file of subject.files) {
    const parsed = parseVersionFileName(file);
    if (parsed && !listed.has(file)) byHand.set(file, { version: parsed.version, schema_file: file });
  }
  for (const entry of [...byHand.values()].sort((a, b) => a.version - b.version)) {
    const bytes = readBytes(root, subject, entry.schema_file);
    const file = `${subject.folder}/${entry.schema_file}`;
    if (!bytes) {
      findings.push({
        severity: 'error',
        code: 'SRGIT_TREE_FILE_MISSING',
        message: `${file} is listed in ${METADATA_FILE} but is not there`,
        hint: 'Add the file or remove its entry.',
        file,
      });
    } else if (numbers.has(entry.version)) {
      findings.push(twoTexts(subject, entry.version));
    } else {
      numbers.add(entry.version);
      pending.push({
        context: subject.context,
        subject: subject.name,
        version: entry.version,
        schemaType: schemaTypeOf(entry),
        schema: bytes.toString('utf8'),
        ...(entry.references === undefined ? {} : { references: entry.references }),
        file,
      });
      findings.push({
        severity: 'notice',
        code: 'PENDING_VERSION',
        message: `${file} was added by hand and is not registered yet`,
        file,
      });
    }
  }
  if (!subject.document) return undefined;
  return { name: subject.name, ...fromConfigDocument(subject.document), versions };
}

function twoTexts(subject: IndexedSubject, version: number): Finding {
  return {
    severity: 'error',
    code: 'SRGIT_TREE_INVALID',
    message: `${subject.folder} has two texts for version ${version}`,
    hint: 'Keep one; give the other the next free version number.',
    file: `${subject.folder}/${METADATA_FILE}`,
  };
}

function readBytes(root: string, subject: IndexedSubject, file: string): Buffer | undefined {
  if (!subject.files.has(file)) return undefined;
  try {
    return readFileSync(join(root, subject.folder, file));
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw new SrgitError('SRGIT_TREE_INVALID', `${subject.folder}/${file} cannot be read`, {
      hint: 'Check its permissions.',
      cause: error,
    });
  }
}

/** The manifest is an index: when it disagrees with the metadata.json files, they are right. */
function checkManifest(context: IndexedContext, findings: Finding[]): void {
  const file = context.prefix + MANIFEST_FILE;
  if (context.manifestText === undefined) {
    findings.push({
      severity: 'warning',
      code: 'MANIFEST_MISSING',
      message: `${file} is missing`,
      hint: 'Run `srgit index` to build it.',
      file,
    });
    return;
  }
  if (!context.manifest) return;
  const subjects = context.subjects.flatMap((subject) =>
    subject.document ? [manifestSubject(subject.folder.slice(context.prefix.length), subject.document)] : [],
  );
  const rebuilt = buildManifest(subjects, memoryOf(context.manifest));
  if (formatDocument(rebuilt) === formatDocument(context.manifest)) return;
  findings.push({
    severity: 'warning',
    code: 'MANIFEST_STALE',
    message: `${file} disagrees with the metadata.json files`,
    hint: 'Run `srgit index` to rebuild it.',
    file,
  });
}
