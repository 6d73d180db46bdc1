/** A schema's text as Avro 1.12 writes it: what the registry stores and answers. */
import { checkWrittenDepth, writeNode, writeString } from './json-node.ts';
import type { SchemaName } from './schema-model.ts';
import {
  type AvroSchema,
  type Field,
  type NamedSchema,
  type Properties,
  UNRESOLVED_NAMESPACE,
  unresolvedName,
} from './schema-model.ts';
import { qualifyName } from './schema-name.ts';

/**
 * Compact JSON. A named type is written out where it comes first, and by name from then on.
 *
 * @param known full names that are written as names from the start. Throws when the text would nest too deep for
 * Jackson, as names that lead to names can.
 */
export function writeSchema(schema: AvroSchema, known: Iterable<string> = []): string {
  return writeInside(schema, { known: new Set(known), namespace: undefined, depth: 0 });
}

interface Place {
  /** Full names that are written already. */
  readonly known: Set<string>;
  readonly namespace: string | undefined;
  /** Containers that are open around. */
  readonly depth: number;
}

function writeInside(schema: AvroSchema, place: Place): string {
  switch (schema.type) {
    case 'record':
    case 'enum':
    case 'fixed':
      return writeNamed(schema, place);
    case 'array':
    case 'map': {
      const inner = schema.type === 'array' ? schema.items : schema.values;
      const key = schema.type === 'array' ? 'items' : 'values';
      checkWrittenDepth(place.depth + 1);
      const text = writeInside(inner, { ...place, depth: place.depth + 1 });
      return `{"type":"${schema.type}","${key}":${text}${writeProperties(schema.props, place.depth + 1)}}`;
    }
    case 'union': {
      checkWrittenDepth(place.depth + 1);
      const inside = { ...place, depth: place.depth + 1 };
      return `[${schema.branches.map((branch) => writeInside(branch, inside)).join(',')}]`;
    }
    case 'unresolved':
      return (
        `{"type":"record","name":"${unresolvedName(schema)}","namespace":"${UNRESOLVED_NAMESPACE}",` +
        `"doc":"unresolved schema","fields":[],"org.apache.avro.idl.unresolved.name":${writeString(schema.target)}}`
      );
    default: {
      if (schema.props.size === 0) return `"${schema.type}"`;
      checkWrittenDepth(place.depth + 1);
      return `{"type":"${schema.type}"${writeProperties(schema.props, place.depth + 1)}}`;
    }
  }
}

function writeNamed(schema: NamedSchema, place: Place): string {
  const { name, doc, aliases, props } = schema;
  if (place.known.has(name.full)) return writeString(qualifyName(name, place.namespace));
  place.known.add(name.full);
  const depth = place.depth + 1;
  checkWrittenDepth(depth);
  const word = schema.type === 'record' && schema.isError ? 'error' : schema.type;
  const parts = [`{"type":"${word}","name":${writeString(name.short)}`, writeNamespace(name, place.namespace)];
  if (doc !== undefined) parts.push(`,"doc":${writeString(doc)}`);
  parts.push(writeBody(schema, { ...place, namespace: name.namespace, depth }));
  parts.push(writeProperties(props, depth));
  if (aliases.length > 0) {
    const texts = aliases.map((alias) => writeString(qualifyName(alias, name.namespace)));
    parts.push(`,"aliases":[${texts.join(',')}]`);
  }
  parts.push('}');
  return parts.join('');
}

function writeNamespace({ namespace }: SchemaName, around: string | undefined): string {
  if (namespace === around) return '';
  return `,"namespace":${writeString(namespace ?? '')}`;
}

function writeBody(schema: NamedSchema, place: Place): string {
  switch (schema.type) {
    case 'enum': {
      const symbols = `,"symbols":[${schema.symbols.map(writeString).join(',')}]`;
      return schema.default === undefined ? symbols : `${symbols},"default":${writeString(schema.default)}`;
    }
    case 'fixed':
      return `,"size":${schema.size}`;
    default: {
      if (schema.fields === undefined) return '';
      checkWrittenDepth(place.depth + 1);
      const inside = { ...place, depth: place.depth + 2 };
      return `,"fields":[${schema.fields.map((field) => writeField(field, inside)).join(',')}]`;
    }
  }
}

function writeField(field: Field, place: Place): string {
  checkWrittenDepth(place.depth);
  const parts = [`{"name":${writeString(field.name)},"type":${writeInside(field.type, place)}`];
  if (field.doc !== undefined) parts.push(`,"doc":${writeString(field.doc)}`);
  if (field.default !== undefined) parts.push(`,"default":${writeNode(field.default, place.depth)}`);
  if (field.order !== 'ascending') parts.push(`,"order":"${field.order}"`);
  if (field.aliases.length > 0) parts.push(`,"aliases":[${field.aliases.map(writeString).join(',')}]`);
  parts.push(writeProperties(field.props, place.depth), '}');
  return parts.join('');
}

function writeProperties(props: Properties, depth: number): string {
  let text = '';
  for (const [key, value] of props) text += `,${writeString(key)}:${writeNode(value, depth)}`;
  return text;
}
