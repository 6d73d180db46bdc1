/** What a record says, for a person. */
import type { JsonValue } from '../model/json.ts';
import type { SchemaType } from '../model/schema-version.ts';
import type { FrameKind } from '../records/decode-frame.ts';
import type { Decoded, Remark } from '../schema/decode/decoded.ts';
import { plural } from './export-report.ts';
import { escapeUnsafe, showName } from './show-name.ts';

interface ReportedSchema {
  readonly context: string;
  readonly id: number;
  readonly guid: string;
  readonly schemaType: SchemaType;
  readonly places: readonly { readonly subject: string; readonly version: number; readonly deleted: boolean }[];
}

export interface DecodeReport {
  readonly bytes: number;
  readonly frame: {
    readonly kind: FrameKind;
    readonly id?: number;
    readonly guid?: string;
    readonly longId?: string;
    readonly payloadAt: number;
  };
  readonly outcome: string;
  readonly schema?: ReportedSchema;
  readonly decoded?: Decoded;
  readonly others?: readonly (ReportedSchema & { readonly complete: boolean })[];
  readonly guesses?: readonly {
    readonly schema: ReportedSchema;
    readonly payloadAt: number;
    readonly decoded: Decoded;
  }[];
  readonly tried?: number;
  readonly payload?: JsonValue;
  readonly hints: readonly string[];
}

const FRAMES: Readonly<Record<FrameKind, string>> = {
  none: 'no frame',
  id: 'schema id',
  guid: 'schema guid',
  'header-id': 'schema id in a header:',
  'header-guid': 'schema guid in a header:',
  'apicurio-id': "Apicurio's 8-byte id",
  'apicurio-header-global-id': "Apicurio's global id in a header:",
  'apicurio-header-content-id': "Apicurio's content id in a header:",
  glue: 'AWS Glue schema version',
};

const MAX_PLACES = 5;
const MAX_GUESSES = 20;
const MAX_REMARKS = 20;

export function renderDecodeReport(report: DecodeReport): string {
  const { frame, schema, decoded, others = [], guesses, hints } = report;
  const id = frame.id ?? frame.guid ?? frame.longId;
  const lines = [
    `${plural(report.bytes, 'byte')}: ${FRAMES[frame.kind]}${id === undefined ? '' : ` ${id}`}${frame.payloadAt > 0 ? `, payload from byte ${frame.payloadAt}` : ''}`,
  ];
  if (schema !== undefined) lines.push(`${schema.schemaType} ${renderSchema(schema)}`);
  if (decoded !== undefined) lines.push(...renderDecoded(decoded));
  for (const other of others) {
    lines.push(
      `  the same id is also ${other.schemaType} ${renderSchema(other)}: ${other.complete ? 'reads it too' : 'does not read it'}`,
    );
  }
  if (guesses !== undefined) lines.push(...renderGuesses(guesses, report.tried ?? 0));
  if (decoded === undefined && (guesses === undefined || guesses.length === 0) && report.payload !== undefined) {
    lines.push('', showJson(report.payload), '');
  }
  lines.push(VERDICTS[report.outcome] ?? '', ...hints.map(escapeUnsafe));
  return lines.filter((line, at) => line !== '' || lines[at - 1] !== '').join('\n');
}

const VERDICTS: Readonly<Record<string, string>> = {
  decoded: '✓ read to the last byte',
  problems: '✗ does not fit its schema',
  guessed: '',
  'unknown-schema': '✗ no schema of this id is known',
  'no-frame': '✗ nothing says which schema this is',
};

function renderSchema({ places, id, context }: ReportedSchema): string {
  const shown = places.slice(0, MAX_PLACES).map(({ subject, version, deleted }) => {
    return `${showName(subject)} version ${version}${deleted ? ' (soft-deleted)' : ''}`;
  });
  if (places.length > MAX_PLACES) shown.push(`${places.length - MAX_PLACES} more`);
  return `${shown.join(', ')} (id ${id}${context === '.' ? '' : ` of context ${showName(context)}`})`;
}

function renderDecoded({ message, value, problems, notes, unknownFields }: Decoded): string[] {
  const lines = message === undefined ? [] : [`message ${message}`];
  if (value !== undefined) lines.push('', showJson(value), '');
  lines.push(...renderRemarks('✗', problems), ...renderRemarks('!', notes));
  for (const { offset, path, number, wireType, value: raw } of unknownFields.slice(0, MAX_REMARKS)) {
    const where = path === '' ? '' : ` in ${path}`;
    lines.push(
      escapeUnsafe(`! byte ${offset}: field ${number}${where} is not in the schema (${wireType}): ${shortJson(raw)}`),
    );
  }
  if (unknownFields.length > MAX_REMARKS) lines.push(`! … and ${unknownFields.length - MAX_REMARKS} more such fields`);
  return lines;
}

function renderRemarks(sign: string, remarks: readonly Remark[]): string[] {
  const lines = remarks.slice(0, MAX_REMARKS).map(({ offset, path, message }) => {
    return escapeUnsafe(`${sign} byte ${offset}${path === '' ? '' : `, ${path}`}: ${message}`);
  });
  if (remarks.length > MAX_REMARKS) lines.push(`${sign} … and ${remarks.length - MAX_REMARKS} more`);
  return lines;
}

function renderGuesses(guesses: NonNullable<DecodeReport['guesses']>, tried: number): string[] {
  const lines = [
    guesses.length === 0
      ? `✗ of ${plural(tried, 'schema')} tried, none reads it to its last byte`
      : `of ${plural(tried, 'schema')} tried, ${guesses.length} read${guesses.length === 1 ? 's' : ''} it to its last byte:`,
  ];
  for (const { schema, decoded, payloadAt } of guesses.slice(0, MAX_GUESSES)) {
    const strange =
      decoded.unknownFields.length === 0 ? '' : `, ${plural(decoded.unknownFields.length, 'unknown field')}`;
    const message = decoded.message === undefined ? '' : `, message ${decoded.message}`;
    lines.push(
      `? ${schema.schemaType} ${renderSchema(schema)}, from byte ${payloadAt}${escapeUnsafe(message)}${strange}`,
    );
  }
  if (guesses.length > MAX_GUESSES) lines.push(`? … and ${guesses.length - MAX_GUESSES} more: see --json`);
  const [first] = guesses;
  if (first?.decoded.value !== undefined) lines.push('', 'By the first of them:', showJson(first.decoded.value), '');
  return lines;
}

/** Indented; what could turn or break a line is escaped inside its strings. */
function showJson(value: JsonValue): string {
  return JSON.stringify(value, null, 2)
    .split('\n')
    .map((line) => escapeUnsafe(line))
    .join('\n');
}

const MAX_RAW = 80;

function shortJson(value: JsonValue): string {
  const text = JSON.stringify(value);
  return text.length > MAX_RAW ? `${text.slice(0, MAX_RAW)}…` : text;
}
