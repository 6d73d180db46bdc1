/**
 * How a file of a plain folder says its subject. A rule is a text with `{file}` (name without extension and version), `{folder}`
 * (the folder that it is in), `{path}` (the whole path, with `/`) and `{record}` (full name of the type that it defines), or the name
 * of a strategy that Confluent's serializers have.
 */
import type { SchemaFile } from '../../archive/import/schema-files.ts';
import { SrgitError } from '../../errors.ts';
import type { SchemaType } from '../../model/schema-version.ts';
import { namesInText } from '../../tree/outside-names.ts';

/** By their names in `--subject-rule`. */
const STRATEGIES: Readonly<Record<string, string>> = {
  file: '{file}',
  path: '{path}',
  topic: '{file}-value',
  record: '{record}',
  'topic-record': '{folder}-{record}',
};

const PLACEHOLDERS = ['file', 'folder', 'path', 'record'] as const;
type Placeholder = (typeof PLACEHOLDERS)[number];

export type SubjectRule = (file: SchemaFile) => { readonly subject: string } | { readonly why: string };

/** @throws SrgitError SRGIT_USAGE */
export function parseSubjectRule(text: string = 'file'): SubjectRule {
  const template = Object.hasOwn(STRATEGIES, text) ? (STRATEGIES[text] ?? text) : text;
  const names = [...template.matchAll(/\{([^{}]*)\}/g)].map(([, name = '']) => name);
  const unknown = names.find((name) => !isPlaceholder(name));
  if (unknown !== undefined || names.length === 0) {
    const what =
      unknown === undefined ? 'has no placeholder, so that every file would be one subject' : `has {${unknown}}`;
    throw new SrgitError('SRGIT_USAGE', `--subject-rule ${JSON.stringify(text)} ${what}`, {
      hint: `Give ${Object.keys(STRATEGIES).join(', ')}, or a text with {file}, {folder}, {path} or {record}.`,
    });
  }
  return (file) => {
    let why: string | undefined;
    const subject = template.replace(/\{([^{}]*)\}/g, (_, name: Placeholder) => {
      const value = placeholderValue(name, file);
      if (value === undefined) why ??= REASONS[name];
      return value ?? '';
    });
    return why === undefined ? { subject } : { why };
  };
}

const REASONS: Readonly<Record<Placeholder, string>> = {
  file: 'it has no name of its own',
  path: 'it has no name of its own',
  folder: 'it is in no folder, which its subject is to be named by',
  record: 'it defines no type with a name, which its subject is to be named by',
};

function isPlaceholder(name: string): name is Placeholder {
  return (PLACEHOLDERS as readonly string[]).includes(name);
}

function placeholderValue(name: Placeholder, { stem, schemaType, schema }: SchemaFile): string | undefined {
  switch (name) {
    case 'file':
      return stem.at(-1);
    case 'path':
      return stem.join('/');
    case 'folder':
      return stem.at(-2);
    case 'record':
      return recordName(schemaType, schema);
  }
}

/** As Confluent's RecordNameStrategy has it: Avro's full name, Protobuf's first message, a JSON Schema's title. */
function recordName(schemaType: SchemaType, schema: string): string | undefined {
  if (schemaType === 'AVRO') return namesInText('AVRO', schema)?.defined[0];
  if (schemaType === 'JSON') return titleOf(schema);
  const plain = schema.replace(/\/\*[\s\S]*?\*\/|\/\/[^\n]*/g, ' ');
  const message = /^[ \t]*message[ \t]+([A-Za-z_]\w*)/m.exec(plain)?.[1];
  const space = /^[ \t]*package[ \t]+([\w.]+)[ \t]*;/m.exec(plain)?.[1];
  return message === undefined || space === undefined ? message : `${space}.${message}`;
}

function titleOf(schema: string): string | undefined {
  try {
    const { title } = JSON.parse(schema) as { readonly title?: unknown };
    return typeof title === 'string' && title !== '' ? title : undefined;
  } catch {
    return undefined;
  }
}
