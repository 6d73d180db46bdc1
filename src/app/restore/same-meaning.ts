/** Whether two texts say the same in their language, however a registry has written them. */
import type { SchemaType } from '../../model/schema-version.ts';
import { canonicalJson } from '../../plan/canonical-json.ts';
import type { SchemaPort } from '../../schema/schema-port.ts';

interface Text {
  readonly schemaType: SchemaType;
  readonly schema: string;
}

/** Equal once each is put in the registry's own form. What the texts refer to is not looked into. */
export function sameMeaning(a: Text, b: Text, port: SchemaPort): boolean {
  if (a.schemaType !== b.schemaType) return false;
  if (a.schema === b.schema) return true;
  const [left, right] = [a, b].map(({ schemaType, schema }) =>
    port.canonicalize(schemaType, schema, [], { normalize: true, validate: false }),
  );
  if (left !== undefined && right !== undefined && 'text' in left && 'text' in right && left.text === right.text) {
    return true;
  }
  return a.schemaType !== 'PROTOBUF' && sameJson(a.schema, b.schema);
}

function sameJson(a: string, b: string): boolean {
  try {
    return canonicalJson(JSON.parse(a)) === canonicalJson(JSON.parse(b));
  } catch {
    return false;
  }
}
