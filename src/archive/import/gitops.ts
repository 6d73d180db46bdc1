/**
 * State files of schema-registry-gitops: `compatibility`, `normalize` and `subjects` with the latest schema of each, in the file or
 * beside it. Several files are one state; of a subject that two of them have the later file counts.
 */
import { realpathSync, statSync } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';
import { LineCounter, parseDocument } from 'yaml';
import { throwIfAborted } from '../../errors.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../../model/json.ts';
import type { LevelSettings } from '../../model/registry-snapshot.ts';
import { COMPATIBILITY_LEVELS, isSchemaType, type Reference } from '../../model/schema-version.ts';
import { formatSubjectName, parseSubjectName } from '../../model/subject-name.ts';
import type { ImportedSource, ImportedVersion, SourceNote } from './imported.ts';
import { isBelow, readText, unreadable, walkFolder } from './walk-folder.ts';

/** A state that is longer is something else. */
const MAX_BYTES = 16 * 1024 * 1024;

interface Reading {
  readonly versions: Map<string, ImportedVersion>;
  readonly settings: Map<string, LevelSettings>;
  readonly faults: SourceNote[];
  readonly warnings: string[];
  readonly signal: AbortSignal | undefined;
  /** Files that a state names must be below it. */
  readonly root: string;
}

/**
 * @param path a state file, or the folder of several: then files may be anywhere below it.
 * @throws SrgitError SRGIT_ARCHIVE_MISSING, SRGIT_ARCHIVE_INVALID
 */
export async function readGitopsState(path: string, signal?: AbortSignal): Promise<ImportedSource> {
  const isFolder = isDirectory(path);
  const files = isFolder
    ? walkFolder(path, { signal })
        .files.filter((found) => /\.ya?ml$/i.test(found.path))
        .map(({ file, path: place }) => ({ file, place }))
    : [{ file: path, place: basename(path) }];
  const reading: Reading = {
    versions: new Map(),
    settings: new Map(),
    faults: [],
    warnings: [],
    signal,
    root: realpathSync(isFolder ? path : dirname(path)),
  };
  for (const { file, place } of files) await readState(file, place, reading);
  const { versions, settings, faults, warnings } = reading;
  const none = [...settings].filter(([name, { config }]) => name !== '' && config?.compatibility === 'NONE').length;
  if (none > 0) {
    warnings.push(
      `${none} of the subjects have compatibility NONE: \`dump\` of schema-registry-gitops writes that also for those that have no level of their own. Take it out of their metadata.json where it was not meant`,
    );
  }
  const found = [...versions.values()];
  return { registry: { kind: 'unknown' }, versions: found, settings, faults, leftOut: [], warnings };
}

async function readState(file: string, place: string, reading: Reading): Promise<void> {
  throwIfAborted(reading.signal);
  const read = await readText(file, reading.signal);
  if ('why' in read || read.text.length > MAX_BYTES) {
    reading.faults.push({ place, why: 'why' in read ? read.why : 'it is too long for a state' });
    return;
  }
  const lines = new LineCounter();
  const document = parseDocument(read.text, { lineCounter: lines, prettyErrors: false });
  const [error] = document.errors;
  if (error !== undefined) {
    const line = lines.linePos(error.pos[0]).line;
    reading.faults.push({ place: `${place}:${line}`, why: `it is no YAML: ${error.message}` });
    return;
  }
  let state: JsonValue;
  try {
    // Aliases are not needed, and could be made to fill the memory.
    state = document.toJS({ maxAliasCount: 100 });
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    reading.faults.push({ place, why: `it is no state: ${why}` });
    return;
  }
  if (!isJsonObject(state)) {
    reading.faults.push({ place, why: 'it is no state of schema-registry-gitops: no mapping with `subjects`' });
    return;
  }
  const { compatibility, normalize, subjects } = state;
  readGlobal(compatibility, normalize, place, reading);
  if (subjects === undefined || subjects === null) return;
  if (!Array.isArray(subjects)) {
    reading.faults.push({ place, why: '`subjects` is no list' });
    return;
  }
  for (const [at, subject] of subjects.entries()) {
    const where = `${place}: subjects[${at}]`;
    if (isJsonObject(subject)) await readSubject(subject, file, where, reading);
    else reading.faults.push({ place: where, why: 'it is no mapping' });
  }
}

function readGlobal(level: JsonValue | undefined, normalize: JsonValue | undefined, place: string, reading: Reading) {
  const compatibility = readLevel(level, place, reading);
  const isSwitch = typeof normalize === 'boolean';
  if (normalize !== undefined && normalize !== null && !isSwitch) {
    reading.faults.push({ place, why: '`normalize` is neither true nor false' });
  }
  if (compatibility === undefined && !isSwitch) return;
  const before = reading.settings.get('')?.config;
  reading.settings.set('', {
    config: {
      ...(before?.compatibility === undefined ? {} : { compatibility: before.compatibility }),
      ...(compatibility === undefined ? {} : { compatibility }),
      fields: { ...before?.fields, ...(isSwitch ? { normalize } : {}) },
    },
  });
}

function readLevel(level: JsonValue | undefined, place: string, { faults }: Reading): string | undefined {
  if (level === undefined || level === null) return undefined;
  if (typeof level === 'string' && (COMPATIBILITY_LEVELS as readonly string[]).includes(level)) return level;
  faults.push({ place, why: `${JSON.stringify(level)} is no compatibility level` });
  return undefined;
}

async function readSubject(subject: JsonObject, file: string, where: string, reading: Reading): Promise<void> {
  const { name, type, schema, file: beside, compatibility, references } = subject;
  const { faults, warnings, versions, settings } = reading;
  const fault = (place: string, why: string): void => void faults.push({ place, why });
  if (typeof name !== 'string') return fault(where, 'it has no `name`');
  const place = `${where} ${name}`;
  if (type !== undefined && type !== null && !isSchemaType(type))
    return fault(place, `${JSON.stringify(type)} is no type`);
  const level = readLevel(compatibility, place, reading);
  const listed = readReferences(references);
  if (listed === 'broken') return fault(place, 'one of its references lacks name, subject or version');
  const text = await textOf(schema, beside, file, reading);
  if ('why' in text) return fault(place, text.why);
  const parsed = parseSubjectName(name);
  const qualified = formatSubjectName(parsed);
  if (versions.has(qualified)) warnings.push(`${name} is in the state more than once: ${place} counts`);
  versions.set(qualified, {
    ...parsed,
    schemaType: isSchemaType(type) ? type : 'AVRO',
    schema: text.text,
    ...(listed === undefined ? {} : { references: listed }),
    place,
  });
  if (level !== undefined) settings.set(qualified, { config: { compatibility: level, fields: {} } });
}

function readReferences(value: JsonValue | undefined): readonly Reference[] | undefined | 'broken' {
  if (value === undefined || value === null) return undefined;
  if (!Array.isArray(value)) return 'broken';
  const references: Reference[] = [];
  for (const item of value as readonly JsonValue[]) {
    const { name, subject, version } = isJsonObject(item) ? item : {};
    if (typeof name !== 'string' || typeof subject !== 'string' || !Number.isInteger(version)) return 'broken';
    references.push({ name, subject, version: Number(version) });
  }
  return references;
}

async function textOf(
  schema: JsonValue | undefined,
  beside: JsonValue | undefined,
  state: string,
  { root, signal }: Reading,
): Promise<{ readonly text: string } | { readonly why: string }> {
  if (typeof schema === 'string') return { text: schema };
  if (typeof beside !== 'string') return { why: 'it has neither `schema` nor `file`' };
  const file = resolve(dirname(state), beside);
  let real: string;
  try {
    real = realpathSync(file);
  } catch {
    return { why: `its file ${beside} is not there` };
  }
  if (!isBelow(real, root)) {
    return { why: `its file ${beside} is outside ${root}: give the folder that holds both as the source` };
  }
  if (isDirectory(real)) return { why: `its file ${beside} is a folder` };
  const read = await readText(real, signal);
  return 'why' in read ? { why: `its file ${beside}: ${read.why}` } : { text: read.text.replace(/^\uFEFF/, '') };
}

function isDirectory(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch (cause) {
    throw unreadable(path, cause);
  }
}

/** Whether a text looks like a state: for telling sources apart. */
export function looksLikeState(text: string): boolean {
  return /^(subjects|compatibility|normalize)\s*:/m.test(text);
}
