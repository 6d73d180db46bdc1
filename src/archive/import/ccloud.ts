/**
 * What `ccloud-schema-exporter -getLocalCopy` leaves: a flat folder of `SUBJECT-VERSION-ID-TYPE`, the subject as Go's QueryEscape
 * writes it, the body the schema's text, and behind a line `=====References=====` each reference as JSON and a line `|`.
 * Releases before 1.1 wrote neither type nor escapes. Nothing else of the registry is in it.
 */
import { throwIfAborted } from '../../errors.ts';
import { isJsonObject } from '../../model/json.ts';
import { isSchemaType, type Reference, type SchemaType } from '../../model/schema-version.ts';
import { parseSubjectName } from '../../model/subject-name.ts';
import type { ImportedSource, ImportedVersion, SourceNote } from './imported.ts';
import { readText, walkFolder } from './walk-folder.ts';

interface FileName {
  readonly subject: string;
  readonly version: number;
  readonly id: number;
  readonly schemaType: SchemaType;
}

const MAX_NUMBER = 2 ** 31 - 1;
const REFERENCES = '\n=====References=====\n';

/** Undefined for a name that the tool does not write. */
export function parseCcloudName(name: string): FileName | undefined {
  const [, escaped, version, id, type] =
    /^(.*)-([0-9]{1,10})-([0-9]{1,10})(?:-(AVRO|PROTOBUF|JSON)?)?$/s.exec(name) ?? [];
  if (escaped === undefined || Number(version) < 1 || Number(version) > MAX_NUMBER || Number(id) > MAX_NUMBER) {
    return undefined;
  }
  const schemaType = isSchemaType(type) ? type : 'AVRO';
  const subject = type === undefined ? escaped : unescapeQuery(escaped);
  return { subject, version: Number(version), id: Number(id), schemaType };
}

/** Go's url.QueryUnescape; a name that was never escaped stays as it is. */
function unescapeQuery(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    return text;
  }
}

/** @throws SrgitError SRGIT_ARCHIVE_MISSING, SRGIT_ARCHIVE_INVALID */
export async function readCcloudFolder(folder: string, signal?: AbortSignal): Promise<ImportedSource> {
  const walked = walkFolder(folder, { hidden: true, signal });
  const versions: ImportedVersion[] = [];
  const faults: SourceNote[] = [];
  const leftOut: SourceNote[] = [...walked.leftOut];
  for (const { path, file } of walked.files) {
    throwIfAborted(signal);
    const name = parseCcloudName(path.slice(path.lastIndexOf('/') + 1));
    if (name === undefined) {
      leftOut.push({ place: path, why: 'its name is not SUBJECT-VERSION-ID-TYPE' });
      continue;
    }
    const read = await readText(file, signal);
    const body = 'text' in read ? splitReferences(read.text) : read;
    if ('why' in body) {
      faults.push({ place: path, why: body.why });
      continue;
    }
    const { context, subject } = parseSubjectName(name.subject);
    versions.push({ ...name, ...body, context, subject, place: path });
  }
  return { registry: { kind: 'unknown' }, versions, settings: new Map(), faults, leftOut, warnings: [] };
}

type Body = { readonly schema: string; readonly references: readonly Reference[] } | { readonly why: string };

function splitReferences(text: string): Body {
  const at = text.lastIndexOf(REFERENCES);
  if (at < 0) return { schema: text, references: [] };
  const references: Reference[] = [];
  const list = text.slice(at + REFERENCES.length);
  if (!list.endsWith('|\n')) return { why: 'its list of references ends early' };
  for (const part of list.slice(0, -2).split('|\n')) {
    const reference = parseReference(part);
    if (reference === undefined) return { why: `one of its references is none: ${part.slice(0, 60)}` };
    references.push(reference);
  }
  return { schema: text.slice(0, at), references };
}

function parseReference(text: string): Reference | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!isJsonObject(value)) return undefined;
  const { name, subject, version } = value;
  if (typeof name !== 'string' || typeof subject !== 'string' || typeof version !== 'number') return undefined;
  return Number.isInteger(version) && version >= 1 && version <= MAX_NUMBER ? { name, subject, version } : undefined;
}
