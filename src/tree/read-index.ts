/**
 * Reads what a tree says about itself: its JSON files and which version files are there, but no schema text. Enough
 * for an export to know what it would change, and for `describe`.
 */
import { lstatSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { SrgitError, throwIfAborted } from '../errors.ts';
import { DEFAULT_CONTEXT, formatSubjectName } from '../model/subject-name.ts';
import { sha256Of } from '../model/text-bytes.ts';
import {
  type GlobalConfigDocument,
  type ManifestDocument,
  type MetadataDocument,
  parseDocument,
  type SettingsDocument,
} from './documents.ts';
import { type Finding, findingOf } from './finding.ts';
import { decodeFolderName } from './folder-name.ts';
import {
  CONTEXTS_FOLDER,
  GLOBAL_CONFIG_FILE,
  MANIFEST_FILE,
  METADATA_FILE,
  SETTINGS_FILE,
  SUBJECTS_FOLDER,
} from './layout.ts';
import { isMissing } from './missing-file.ts';
import { hasInterruptedWrite } from './write-journal.ts';

export interface IndexedSubject {
  readonly context: string;
  readonly name: string;
  /** Relative to the tree's root: `subjects/orders-value`. */
  readonly folder: string;
  /** Absent for a folder added by hand, or one whose metadata.json cannot be read (then there is a finding). */
  readonly document?: MetadataDocument;
  /** SHA-256 of metadata.json as it stands on disk; absent where there is none. */
  readonly metadataSha256?: string;
  /** Names of the plain files in the folder. */
  readonly files: ReadonlySet<string>;
}

export interface IndexedContext {
  readonly name: string;
  /** `''` or `contexts/<folder>/`. */
  readonly prefix: string;
  readonly manifest?: ManifestDocument;
  /** Text of manifest.json as it stands on disk, even when it cannot be parsed. */
  readonly manifestText?: string;
  readonly globalConfig?: GlobalConfigDocument;
  readonly subjects: readonly IndexedSubject[];
}

export interface TreeIndex {
  readonly root: string;
  /** False when there is no tree at this place yet. */
  readonly exists: boolean;
  readonly settings?: SettingsDocument;
  /** Default context first. */
  readonly contexts: readonly IndexedContext[];
  readonly findings: readonly Finding[];
}

/** Reads the index of the tree at `root`. Problems become findings; only an unreadable file system throws. */
export async function readTreeIndex(root: string, signal?: AbortSignal): Promise<TreeIndex> {
  const reader = new IndexReader(root, signal);
  return reader.read();
}

class IndexReader {
  readonly #root: string;
  readonly #signal: AbortSignal | undefined;
  readonly #findings: Finding[] = [];
  readonly #seen = new Map<string, string>();
  /** Whether a path, relative to the root, is a link or lies behind one; each link is reported once. */
  readonly #links = new Map<string, boolean>();

  constructor(root: string, signal: AbortSignal | undefined) {
    this.#root = root;
    this.#signal = signal;
  }

  async read(): Promise<TreeIndex> {
    const entries = this.#list('');
    const names = new Set(entries.map((entry) => entry.name));
    const exists = names.has(MANIFEST_FILE) || names.has(SETTINGS_FILE) || names.has(SUBJECTS_FOLDER);
    if (!exists) return { root: this.#root, exists, contexts: [], findings: [] };
    if (hasInterruptedWrite(this.#root)) {
      this.#findings.push({
        severity: 'error',
        code: 'SRGIT_TREE_INVALID',
        message: 'the last write of this tree was cut off while files were moved into place',
        hint: 'Run `srgit export` or `srgit index`: either completes it.',
      });
    }

    const settings = this.#document('settings', SETTINGS_FILE)?.value;
    const contexts = [await this.#context(DEFAULT_CONTEXT, '')];
    const listed = new Map((settings?.contexts ?? []).map((context) => [context.folder, context.name]));
    for (const entry of this.#list(CONTEXTS_FOLDER)) {
      if (this.#isLink(`${CONTEXTS_FOLDER}/${entry.name}`) || !entry.isDirectory()) continue;
      const decoded = decodeFolderName(entry.name);
      const name = listed.get(entry.name) ?? (decoded === undefined ? undefined : `.${decoded}`);
      if (name === undefined) {
        this.#problem(
          'SRGIT_TREE_INVALID',
          `${CONTEXTS_FOLDER}/${entry.name} is not a context's folder`,
          SETTINGS_FILE,
        );
        continue;
      }
      contexts.push(await this.#context(name, `${CONTEXTS_FOLDER}/${entry.name}/`));
    }
    return {
      root: this.#root,
      exists,
      ...(settings ? { settings } : {}),
      contexts,
      findings: this.#findings,
    };
  }

  async #context(name: string, prefix: string): Promise<IndexedContext> {
    const manifest = this.#document('manifest', prefix + MANIFEST_FILE);
    const globalConfig = this.#document('global', prefix + GLOBAL_CONFIG_FILE)?.value;
    const subjects: IndexedSubject[] = [];
    for (const entry of this.#list(prefix + SUBJECTS_FOLDER)) {
      if (this.#isLink(`${prefix}${SUBJECTS_FOLDER}/${entry.name}`) || !entry.isDirectory()) continue;
      if (subjects.length % 250 === 249) {
        await setImmediate();
        throwIfAborted(this.#signal);
      }
      const subject = this.#subject(name, `${prefix}${SUBJECTS_FOLDER}/${entry.name}`, entry.name);
      if (subject) subjects.push(subject);
    }
    return {
      name,
      prefix,
      ...(manifest?.value ? { manifest: manifest.value } : {}),
      ...(manifest ? { manifestText: manifest.text } : {}),
      ...(globalConfig ? { globalConfig } : {}),
      subjects,
    };
  }

  #subject(context: string, folder: string, folderName: string): IndexedSubject | undefined {
    const files = new Set<string>();
    for (const entry of this.#list(folder)) if (entry.isFile()) files.add(entry.name);
    // A version that is a link counts as missing, and is written anew; what a link says of a subject is not believed.
    if (!files.has(METADATA_FILE)) this.#isLink(`${folder}/${METADATA_FILE}`);
    const metadata = files.has(METADATA_FILE) ? this.#document('metadata', `${folder}/${METADATA_FILE}`) : undefined;
    const document = metadata?.value;
    const name = document?.subject ?? decodeFolderName(folderName);
    if (name === undefined) {
      if (files.size > 0) {
        this.#problem('SRGIT_TREE_INVALID', `${folder} has no metadata.json and its name was cut`, folder);
      }
      return undefined;
    }
    if (document && document.context !== context) {
      this.#problem(
        'SRGIT_TREE_INVALID',
        `${folder}/${METADATA_FILE} says context ${document.context}, but lies in the folder of ${context}`,
        `${folder}/${METADATA_FILE}`,
      );
      return undefined;
    }
    if (!document && files.size === 0) return undefined;
    const qualified = formatSubjectName({ context, subject: name });
    const other = this.#seen.get(qualified);
    if (other !== undefined) {
      this.#problem('SRGIT_TREE_DUPLICATE_SUBJECT', `${other} and ${folder} both hold subject ${qualified}`, folder);
      return undefined;
    }
    this.#seen.set(qualified, folder);
    return {
      context,
      name,
      folder,
      ...(document ? { document } : {}),
      ...(metadata ? { metadataSha256: sha256Of(metadata.text) } : {}),
      files,
    };
  }

  #document<K extends 'metadata' | 'manifest' | 'global' | 'settings'>(kind: K, file: string) {
    const text = this.#readText(file);
    if (text === undefined) return undefined;
    try {
      return { text, value: parseDocument(kind, text, file) };
    } catch (error) {
      if (!(error instanceof SrgitError)) throw error;
      // A newer layout is not damage to work around: nothing of it may be touched.
      if (error.code === 'SRGIT_TREE_FORMAT') throw error;
      this.#findings.push(findingOf(error));
      return { text, value: undefined };
    }
  }

  #readText(file: string): string | undefined {
    if (this.#isLink(file)) return undefined;
    try {
      return readFileSync(join(this.#root, file), 'utf8');
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw unreadable(file, error);
    }
  }

  #list(folder: string) {
    if (folder !== '' && this.#isLink(folder)) return [];
    try {
      const entries = readdirSync(join(this.#root, folder), { withFileTypes: true });
      // The listing tells already what is no link: a look at each would cost a large tree a tenth of a second.
      for (const entry of entries) {
        const plain = entry.isDirectory() || (entry.isFile() && entry.name.endsWith('.json'));
        if (plain) this.#links.set(folder === '' ? entry.name : `${folder}/${entry.name}`, false);
      }
      // Sorted, so that findings come in the same order everywhere.
      return entries.sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
    } catch (error) {
      if (isMissing(error)) return [];
      throw unreadable(folder === '' ? this.#root : folder, error);
    }
  }

  /** A link could lead out of the tree, and a write after it: a tree has plain files and folders only. */
  #isLink(path: string): boolean {
    const known = this.#links.get(path);
    if (known !== undefined) return known;
    const above = dirname(path);
    let link = above !== '.' && this.#isLink(above);
    if (!link && lstatSync(join(this.#root, path), { throwIfNoEntry: false })?.isSymbolicLink()) {
      link = true;
      this.#problem('SRGIT_TREE_INVALID', `${path} is a symbolic link: a tree has plain files and folders only`, path);
    }
    this.#links.set(path, link);
    return link;
  }

  #problem(code: 'SRGIT_TREE_INVALID' | 'SRGIT_TREE_DUPLICATE_SUBJECT', message: string, file: string): void {
    const hint =
      code === 'SRGIT_TREE_DUPLICATE_SUBJECT'
        ? 'Keep one of the folders: move its versions together, then run `srgit index`.'
        : 'Correct it, or take the last good state from git.';
    this.#findings.push({ severity: 'error', code, message, hint, file });
  }
}

function unreadable(path: string, error: unknown): SrgitError {
  const reason = error instanceof Error && 'code' in error ? String(error.code) : String(error);
  return new SrgitError('SRGIT_TREE_INVALID', `${path} cannot be read: ${reason}`, {
    hint: 'Check the permissions of the folder.',
    cause: error,
    details: { file: path },
  });
}
