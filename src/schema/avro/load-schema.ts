/** A schema's text with the texts it refers to, read together. */
import type { ResolvedReference } from '../language.ts';
import { AvroSchemaError } from './avro-error.ts';
import { trimJava } from './java-number.ts';
import { readJson } from './json-reader.ts';
import { createContext, type ParseContext } from './parse-context.ts';
import { parseSchema } from './parse-schema.ts';
import { resolveNames } from './resolve-names.ts';
import { type AvroSchema, fullNameOf } from './schema-model.ts';

export interface LoadedSchema {
  readonly schema: AvroSchema;
  /** The full name of each referenced text's own type: what the stored text writes as a name. */
  readonly referenced: readonly string[];
}

/** Throws an `AvroSchemaError` for whatever the registry refuses. */
export function loadSchema(
  text: string,
  references: readonly ResolvedReference[],
  validateDefaults: boolean,
): LoadedSchema {
  const context = createContext(validateDefaults);
  const referenced = listTexts(references).map((each) => fullNameOf(loadText(each, context)));
  return { schema: loadText(text, context), referenced };
}

/** Referenced texts, each after those that it refers to. Of one name the first is taken, as in Confluent's code. */
function listTexts(references: readonly ResolvedReference[]): readonly string[] {
  const texts: string[] = [];
  const seen = new Set<string>();
  const open: { readonly reference: ResolvedReference; readonly entered: boolean }[] = [];
  const enter = (all: readonly ResolvedReference[]) => {
    for (const reference of all.toReversed()) open.push({ reference, entered: false });
  };
  enter(references);
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { reference, entered } = next;
    if (entered) {
      texts.push(reference.schema);
    } else if (!seen.has(reference.name)) {
      seen.add(reference.name);
      open.push({ reference, entered: true });
      enter(reference.references);
    }
  }
  return texts;
}

function loadText(text: string, context: ParseContext): AvroSchema {
  const { node, end } = readJson(text);
  if (node === undefined) throw new AvroSchemaError('Cannot parse <null> schema');
  const schema = resolveNames(parseSchema(node, context, undefined), context);
  const rest = trimJava(text.slice(end, endOfBuffer(text, end)));
  if (rest !== '') throw new AvroSchemaError(`dangling content after end of schema: ${rest}`);
  return schema;
}

/** Up to this length Jackson reads a text in one piece; a longer one in pieces, of which Avro sees the current one. */
const WHOLE_TEXT = 0x8000;
const PIECE = 4000;

function endOfBuffer(text: string, at: number): number {
  return text.length <= WHOLE_TEXT ? text.length : Math.ceil(at / PIECE) * PIECE;
}
