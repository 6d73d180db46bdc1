/** Schemas as the generator thinks of them: types by identity, so that renaming one renames every mention. */

export const PRIMITIVES = ['null', 'boolean', 'int', 'long', 'float', 'double', 'bytes', 'string'] as const;
export type Primitive = (typeof PRIMITIVES)[number];

export type TypeDraft =
  | { kind: 'primitive'; type: Primitive }
  | { kind: 'array'; items: TypeDraft }
  | { kind: 'map'; values: TypeDraft }
  | { kind: 'union'; branches: TypeDraft[] }
  | { kind: 'named'; id: number };

export interface FieldDraft {
  name: string;
  type: TypeDraft;
  hasDefault: boolean;
  aliases: string[];
  attributes: Attributes;
}

/** `doc`, `order` and whatever else changes a text but no verdict. */
export type Attributes = Readonly<Record<string, unknown>>;

export interface NamedDraft {
  kind: 'record' | 'enum' | 'fixed';
  name: string;
  namespace: string | undefined;
  aliases: string[];
  fields: FieldDraft[];
  symbols: string[];
  symbolDefault: string | undefined;
  size: number;
  attributes: Attributes;
}

export interface SchemaDraft {
  root: TypeDraft;
  types: NamedDraft[];
}

export function fullName({ name, namespace }: Pick<NamedDraft, 'name' | 'namespace'>): string {
  return namespace === undefined ? name : `${namespace}.${name}`;
}

/** The schema as JSON text; a type is defined where it comes first. */
export function renderDraft(draft: SchemaDraft): string {
  return JSON.stringify(render(draft.root, draft, new Set(), undefined));
}

function render(type: TypeDraft, draft: SchemaDraft, defined: Set<number>, space: string | undefined): unknown {
  switch (type.kind) {
    case 'primitive':
      return type.type;
    case 'array':
      return { type: 'array', items: render(type.items, draft, defined, space) };
    case 'map':
      return { type: 'map', values: render(type.values, draft, defined, space) };
    case 'union':
      return type.branches.map((branch) => render(branch, draft, defined, space));
    default:
      return renderNamed(type.id, draft, defined, space);
  }
}

function renderNamed(id: number, draft: SchemaDraft, defined: Set<number>, space: string | undefined): unknown {
  const named = draft.types[id];
  if (named === undefined) throw new Error(`no type ${id}`);
  // In another namespace a short name of the null namespace is looked for there first, which is what is wanted of none.
  if (defined.has(id)) return named.namespace === space ? named.name : fullName(named);
  defined.add(id);
  const start = {
    ...named.attributes,
    type: named.kind,
    name: named.name,
    namespace: named.namespace ?? '',
    ...(named.aliases.length > 0 ? { aliases: named.aliases } : {}),
  };
  if (named.kind === 'fixed') return { ...start, size: named.size };
  if (named.kind === 'enum') {
    const symbolDefault = named.symbolDefault;
    return { ...start, symbols: named.symbols, ...(symbolDefault === undefined ? {} : { default: symbolDefault }) };
  }
  const fields = named.fields.map((field) => {
    const value = field.hasDefault ? defaultOf(field.type, draft) : undefined;
    return {
      name: field.name,
      type: render(field.type, draft, defined, named.namespace),
      ...field.attributes,
      ...(value === undefined ? {} : { default: value }),
      ...(field.aliases.length > 0 ? { aliases: field.aliases } : {}),
    };
  });
  return { ...start, fields };
}

/** A default that fits the type, or the first branch of a union; none for records, which may be recursive. */
function defaultOf(type: TypeDraft, draft: SchemaDraft): unknown {
  if (type.kind === 'array') return [];
  if (type.kind === 'map') return {};
  if (type.kind === 'union') return type.branches[0] === undefined ? undefined : defaultOf(type.branches[0], draft);
  if (type.kind === 'primitive') {
    if (type.type === 'null') return null;
    if (type.type === 'boolean') return false;
    return type.type === 'bytes' || type.type === 'string' ? 'x' : 1;
  }
  const named = draft.types[type.id];
  if (named?.kind === 'enum') return named.symbols[0];
  return named?.kind === 'fixed' ? 'f'.repeat(named.size) : undefined;
}
