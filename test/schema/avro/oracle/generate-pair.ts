/** Pairs of schemas of which one is the other after a few changes, as schemas evolve and as they are broken. */
import { createRandom, type Random } from './random.ts';
import {
  type Attributes,
  type FieldDraft,
  fullName,
  type NamedDraft,
  PRIMITIVES,
  renderDraft,
  type SchemaDraft,
  type TypeDraft,
} from './schema-draft.ts';

export interface SchemaPair {
  readonly reader: string;
  readonly writer: string;
}

export function generatePair(seed: number): SchemaPair {
  const random = createRandom(seed);
  const draft: SchemaDraft = { root: { kind: 'primitive', type: 'int' }, types: [] };
  draft.root = random.chance(0.9) ? addNamed(draft, random, 0, 'record') : makeType(draft, random, 0);
  const changed = structuredClone(draft);
  for (let changes = random.below(4); changes > 0; changes--) changeDraft(changed, random);
  const texts: [string, string] = [renderDraft(draft), renderDraft(changed)];
  const [reader, writer] = random.chance(0.5) ? texts : [texts[1], texts[0]];
  return { reader, writer };
}

const TYPE_NAMES = ['Alpha', 'Beta', 'Gamma', 'Delta', 'record', 'Omega'] as const;
const FIELD_NAMES = ['a', 'b', 'c', 'd', 'e', 'f'] as const;
const NAMESPACES = ['x', 'x.y', 'z'] as const;
const SYMBOLS = ['A', 'B', 'C', 'D'] as const;

function makeType(draft: SchemaDraft, random: Random, depth: number): TypeDraft {
  const kind = depth > 3 ? 0 : random.below(20);
  if (kind < 9) return makeLeaf(draft, random);
  if (kind < 11) return { kind: 'array', items: makeType(draft, random, depth + 1) };
  if (kind < 13) return { kind: 'map', values: makeType(draft, random, depth + 1) };
  if (kind < 16) return makeUnion(draft, random, depth + 1);
  return addNamed(draft, random, depth + 1, random.pick(['record', 'enum', 'enum', 'fixed']));
}

/** A primitive, or a type that is there already: so recursion and repeated types come about. */
function makeLeaf(draft: SchemaDraft, random: Random): TypeDraft {
  if (draft.types.length > 0 && random.chance(0.25)) return { kind: 'named', id: random.below(draft.types.length) };
  return { kind: 'primitive', type: random.pick(PRIMITIVES) };
}

function makeUnion(draft: SchemaDraft, random: Random, depth: number): TypeDraft {
  const union: TypeDraft = { kind: 'union', branches: [] };
  for (let count = 1 + random.below(4); count > 0; count--)
    addBranch(union.branches, makeType(draft, random, depth), draft);
  return union;
}

/** Unions hold no unions, and no two branches of one kind or name. */
function addBranch(branches: TypeDraft[], branch: TypeDraft, draft: SchemaDraft): void {
  const keyOf = (type: TypeDraft) => {
    const named = type.kind === 'named' ? draft.types[type.id] : undefined;
    return named ? fullName(named) : type.kind === 'primitive' ? type.type : type.kind;
  };
  if (branch.kind === 'union' || branches.some((other) => keyOf(other) === keyOf(branch))) return;
  branches.push(branch);
}

function addNamed(draft: SchemaDraft, random: Random, depth: number, kind: NamedDraft['kind']): TypeDraft {
  const named: NamedDraft = {
    kind,
    ...freeName(draft, random),
    aliases: [],
    fields: [],
    symbols: SYMBOLS.slice(0, 1 + random.below(SYMBOLS.length)),
    symbolDefault: random.chance(0.3) ? 'A' : undefined,
    size: 1 + random.below(3),
    attributes: makeAttributes(random),
  };
  const id = draft.types.push(named) - 1;
  if (kind === 'record') {
    for (let count = random.below(5); count > 0; count--) addField(draft, named, random, depth + 1);
  }
  return { kind: 'named', id };
}

function freeName(draft: SchemaDraft, random: Random): Pick<NamedDraft, 'name' | 'namespace'> {
  const used = new Set(draft.types.map(fullName));
  for (let attempt = 0; attempt < 10; attempt++) {
    const name = { name: random.pick(TYPE_NAMES), namespace: random.pick(NAMESPACES) };
    if (!used.has(fullName(name))) return name;
  }
  return { name: `Type${draft.types.length}`, namespace: random.pick(NAMESPACES) };
}

function addField(draft: SchemaDraft, record: NamedDraft, random: Random, depth: number): void {
  const name = FIELD_NAMES.find((free) => !hasField(record, free));
  if (name === undefined) return;
  const field = {
    name,
    type: makeType(draft, random, depth),
    hasDefault: random.chance(0.4),
    aliases: [],
    attributes: makeAttributes(random),
  };
  // The record may have grown meanwhile: a type inside of it can be the record itself.
  if (!hasField(record, name)) record.fields.splice(random.below(record.fields.length + 1), 0, field);
}

const ATTRIBUTES: readonly Attributes[] = [
  { doc: '' },
  { doc: 'tab\tquote" é \u{1f600} \u007f' },
  { zz: 1, aa: { c: 2.5, b: [{ z: null, y: 1e-7 }], 10: true, 9: 1e15 } },
  { logicalType: 'decimal', precision: 4, scale: 2, first: -0.001 },
  { logicalType: 'other', precision: 12345678901 },
  { order: 'descending' },
  { order: 'IGNORE', items: 'dropped' },
];

function makeAttributes(random: Random): Attributes {
  return random.chance(0.15) ? (random.pickAny(ATTRIBUTES) ?? {}) : {};
}

function hasField(record: NamedDraft, name: string): boolean {
  return record.fields.some((field) => field.name === name);
}

function changeDraft(draft: SchemaDraft, random: Random): void {
  const named = random.pickAny(draft.types);
  if (named === undefined || random.chance(0.1)) {
    draft.root = changeType(draft.root, draft, random);
    return;
  }
  if (random.chance(0.15)) changeName(draft, named, random);
  else if (named.kind === 'record') changeRecord(draft, named, random);
  else if (named.kind === 'enum') changeEnum(named, random);
  else named.size = 1 + random.below(3);
}

function changeName(draft: SchemaDraft, named: NamedDraft, random: Random): void {
  const before = fullName(named);
  if (random.chance(0.3)) {
    const moved = { ...named, namespace: random.pick(NAMESPACES) };
    if (!draft.types.some((other) => fullName(other) === fullName(moved))) named.namespace = moved.namespace;
  } else {
    Object.assign(named, freeName(draft, random));
  }
  if (random.chance(0.5)) named.aliases = [before];
}

function changeRecord(draft: SchemaDraft, record: NamedDraft, random: Random): void {
  const field = random.pickAny(record.fields);
  const change = field === undefined ? 0 : random.below(10);
  if (field === undefined || change < 2) addField(draft, record, random, 2);
  else if (change < 3) record.fields.splice(record.fields.indexOf(field), 1);
  else if (change < 4) record.fields.reverse();
  else if (change < 5) renameField(record, field, random);
  else if (change < 6) field.hasDefault = !field.hasDefault;
  else if (change < 7) field.aliases = [random.pick(FIELD_NAMES)];
  else field.type = changeType(field.type, draft, random);
}

function renameField(record: NamedDraft, field: FieldDraft, random: Random): void {
  const name = random.pick(FIELD_NAMES);
  if (hasField(record, name)) return;
  field.aliases = random.chance(0.5) ? [field.name] : [];
  field.name = name;
}

function changeEnum(named: NamedDraft, random: Random): void {
  const symbol = random.pick(SYMBOLS);
  const change = random.below(4);
  if (change === 0) named.symbolDefault = named.symbolDefault === undefined ? named.symbols[0] : undefined;
  else if (change === 1) named.symbols.reverse();
  else if (!named.symbols.includes(symbol)) named.symbols.push(symbol);
  else if (named.symbols.length > 1 && symbol !== named.symbolDefault) {
    named.symbols.splice(named.symbols.indexOf(symbol), 1);
  }
  if (named.symbolDefault !== undefined && !named.symbols.includes(named.symbolDefault)) {
    named.symbolDefault = named.symbols[0];
  }
}

function changeType(type: TypeDraft, draft: SchemaDraft, random: Random): TypeDraft {
  switch (type.kind) {
    case 'array':
      return random.chance(0.8) ? { ...type, items: changeType(type.items, draft, random) } : wrap(type, draft, random);
    case 'map':
      return random.chance(0.8)
        ? { ...type, values: changeType(type.values, draft, random) }
        : wrap(type, draft, random);
    case 'union':
      return changeUnion(type.branches, draft, random);
    case 'primitive':
      return random.chance(0.6) ? { kind: 'primitive', type: random.pick(PRIMITIVES) } : wrap(type, draft, random);
    default:
      return random.chance(0.5) ? wrap(type, draft, random) : makeType(draft, random, 2);
  }
}

function wrap(type: TypeDraft, draft: SchemaDraft, random: Random): TypeDraft {
  const branches = [type];
  addBranch(branches, makeLeaf(draft, random), draft);
  if (random.chance(0.5)) branches.reverse();
  return { kind: 'union', branches };
}

function changeUnion(branches: readonly TypeDraft[], draft: SchemaDraft, random: Random): TypeDraft {
  const changed = [...branches];
  const change = random.below(5);
  const [only] = changed;
  if (change === 0 && only !== undefined && changed.length === 1) return only;
  if (change === 1 && changed.length > 1) changed.splice(random.below(changed.length), 1);
  else if (change === 2) changed.reverse();
  else if (change === 3) addBranch(changed, makeType(draft, random, 3), draft);
  else {
    const at = random.below(changed.length);
    const [branch] = changed.splice(at, 1);
    if (branch !== undefined) addBranch(changed, changeType(branch, draft, random), draft);
  }
  return { kind: 'union', branches: changed.length === 0 ? [{ kind: 'primitive', type: 'null' }] : changed };
}
