/** What is wrong with a Protobuf schema, in Confluent's words. Never leaves this folder. */
export class ProtobufFault extends Error {
  override readonly name = 'ProtobufFault';
}

/** Nesting that a parser follows by calling itself: far above every real schema, far below the stack's end. */
export const MAX_DEPTH = 500;

export function checkDepth(depth: number): void {
  if (depth > MAX_DEPTH) throw new ProtobufFault(`nested deeper than ${MAX_DEPTH} levels`);
}
