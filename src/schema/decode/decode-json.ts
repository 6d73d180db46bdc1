/** Reads a record of JSON text, and holds it against its JSON Schema. */
import type { JsonValue } from '../../model/json.ts';
import type { ResolvedSchema } from '../language.ts';
import { DecodeFault, toRemark } from './decode-fault.ts';
import { DECODE_LIMITS, type Decoded, type DecodeLimits } from './decoded.ts';
import { JsonRecordReader } from './json-record.ts';
import { compileJsonSchema, type JsonCheck, type JsonViolation } from './json-validation.ts';
import { Remarks } from './remarks.ts';

export function decodeJson(
  schema: Pick<ResolvedSchema, 'schema' | 'references'>,
  bytes: Buffer,
  start = 0,
  limits: DecodeLimits = DECODE_LIMITS,
): Decoded {
  return decodeChecked(compileJsonSchema(schema), bytes, start, limits);
}

/** @param check undefined: the text is read and held against nothing. */
export function decodeChecked(
  check: JsonCheck | undefined,
  bytes: Buffer,
  start = 0,
  limits: DecodeLimits = DECODE_LIMITS,
): Decoded {
  const remarks = new Remarks();
  const reader = new JsonRecordReader(bytes, start, limits, remarks);
  let value: JsonValue;
  try {
    value = reader.read();
  } catch (error) {
    if (!(error instanceof DecodeFault)) throw error;
    remarks.problem(toRemark(error));
    return remarks.toDecoded(error.partial);
  }
  const end = reader.at;
  reader.skipSpace();
  const left = bytes.length - reader.at;
  if (left > 0) {
    const count = `${left} byte${left === 1 ? '' : 's'}`;
    remarks.problem({ offset: reader.at, path: '', message: `${count} left over behind the value` });
  }
  if (check !== undefined) addViolations(check, bytes, start, end, limits, remarks);
  return remarks.toDecoded(value);
}

function addViolations(
  check: JsonCheck,
  bytes: Buffer,
  start: number,
  end: number,
  limits: DecodeLimits,
  remarks: Remarks,
): void {
  if ('error' in check) {
    remarks.note({ offset: start, path: '', message: `not held against the schema: ${check.error}` });
    return;
  }
  const found = check.validate(JSON.parse(bytes.toString('utf8', start, end)));
  if ('error' in found) {
    remarks.note({ offset: start, path: '', message: `not held against the schema: ${found.error}` });
    return;
  }
  if (found.violations.length === 0) return;
  const places = new Map(found.violations.map(({ path }: JsonViolation) => [path, start]));
  new JsonRecordReader(bytes, start, limits, undefined, places).read();
  const located = found.violations.map(({ path, message }) => ({ offset: places.get(path) ?? start, path, message }));
  for (const violation of located.sort((a, b) => a.offset - b.offset)) remarks.problem(violation);
}
