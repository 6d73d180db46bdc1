/** A plain folder of schemas as an import's source: subjects by a rule, versions by the files' names, imports by their paths. */
import type { ImportedSource, ImportedVersion, SourceNote } from '../../archive/import/imported.ts';
import { readSchemaFolder, type SchemaFile } from '../../archive/import/schema-files.ts';
import type { Reference } from '../../model/schema-version.ts';
import { formatSubjectName, parseSubjectName } from '../../model/subject-name.ts';
import { namesInText } from '../../tree/outside-names.ts';
import type { SourceOptions } from './source-options.ts';
import { parseSubjectRule } from './subject-rule.ts';

interface NamedFile {
  readonly file: SchemaFile;
  readonly context: string;
  readonly subject: string;
  readonly version: number;
}

/** @throws SrgitError SRGIT_USAGE, SRGIT_ARCHIVE_MISSING, SRGIT_ARCHIVE_INVALID */
export async function readFiles(folder: string, { subjectRule, signal }: SourceOptions): Promise<ImportedSource> {
  const rule = parseSubjectRule(subjectRule);
  const { files, faults: unreadable, leftOut, warnings } = await readSchemaFolder(folder, signal);
  const faults: SourceNote[] = [...unreadable];
  const bySubject = new Map<string, SchemaFile[]>();
  for (const file of files) {
    const named = rule(file);
    if ('why' in named) {
      faults.push({ place: file.path, why: named.why });
      continue;
    }
    const all = bySubject.get(named.subject) ?? [];
    bySubject.set(named.subject, [...all, file]);
  }
  const named = [...bySubject].flatMap(([subject, all]) => numberFiles(subject, all, faults));
  const paths = new ImportPaths(named);
  const versions = named.map(({ file, context, subject, version }): ImportedVersion => {
    const references = paths.referencesOf(file, context);
    return {
      context,
      subject,
      version,
      schemaType: file.schemaType,
      schema: file.schema,
      ...(references === undefined ? {} : { references }),
      place: file.path,
    };
  });
  return { registry: { kind: 'unknown' }, versions, settings: new Map(), faults, leftOut, warnings };
}

/** Which version each file is: what its name says; a single file without one is the first. */
function numberFiles(name: string, files: readonly SchemaFile[], faults: SourceNote[]): readonly NamedFile[] {
  const { context, subject } = parseSubjectName(name);
  const byVersion = Map.groupBy(files, ({ version }) => version ?? 0);
  const unnumbered = byVersion.get(0) ?? [];
  if (unnumbered.length > 1 || (unnumbered.length > 0 && byVersion.size > 1)) {
    for (const { path } of unnumbered) {
      faults.push({
        place: path,
        why: `${files.length} files are subject ${name}, and the name of this one does not say which version: v2.avsc, orders.v2.avsc`,
      });
    }
    byVersion.delete(0);
  }
  for (const [version, same] of byVersion) {
    if (same.length < 2) continue;
    const [first, ...others] = same.map(({ path }) => path);
    for (const path of others)
      faults.push({ place: path, why: `it is ${name} version ${version}, which ${first} is too` });
  }
  return [...byVersion].flatMap(([version, [file]]) => {
    return file === undefined ? [] : [{ file, context, subject, version: Math.max(1, version) }];
  });
}

/** Files by the paths that other files import them by. */
class ImportPaths {
  readonly #byPath = new Map<string, NamedFile>();

  constructor(files: readonly NamedFile[]) {
    // Of a path without a version the latest counts.
    for (const named of [...files].sort((a, b) => a.version - b.version)) this.#byPath.set(named.file.plainPath, named);
    for (const named of files) this.#byPath.set(named.file.path, named);
  }

  /** Undefined where not every name is a path of the folder: then they are found by what schemas define. */
  referencesOf(file: SchemaFile, context: string): readonly Reference[] | undefined {
    if (file.schemaType === 'AVRO') return undefined;
    const outside = namesInText(file.schemaType, file.schema)?.outside ?? [];
    const references: Reference[] = [];
    for (const names of outside) {
      const found = names.flatMap((name) => {
        const target = this.#find(name, file);
        return target === undefined || target.file === file ? [] : [{ name, target }];
      })[0];
      if (found !== undefined) {
        const { target } = found;
        const subject =
          target.context === context
            ? target.subject
            : formatSubjectName({ context: target.context, subject: target.subject });
        references.push({ name: found.name, subject, version: target.version });
      } else if (file.schemaType === 'JSON') return undefined;
    }
    return references.length === 0 ? undefined : references;
  }

  /** From the folder itself, as protoc has it; beside the file, as JSON Schema has it; else the only path that ends so. */
  #find(name: string, { path, schemaType }: SchemaFile): NamedFile | undefined {
    const fits = (found: NamedFile | undefined) => (found?.file.schemaType === schemaType ? found : undefined);
    const plain = name.replace(/^\.\//, '');
    const beside = [...path.split('/').slice(0, -1), ...plain.split('/')];
    const direct = fits(this.#byPath.get(plain)) ?? fits(this.#byPath.get(normalize(beside)));
    if (direct !== undefined) return direct;
    const ending = [...this.#byPath].filter(([known]) => known.endsWith(`/${plain}`)).map(([, found]) => found);
    const subjects = new Set(ending.map(({ subject, context }) => formatSubjectName({ context, subject })));
    return subjects.size === 1 ? fits(ending[0]) : undefined;
  }
}

function normalize(parts: readonly string[]): string {
  const path: string[] = [];
  for (const part of parts) {
    if (part === '..') path.pop();
    else if (part !== '.') path.push(part);
  }
  return path.join('/');
}
