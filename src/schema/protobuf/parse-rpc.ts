/** `rpc Name (stream Request) returns (stream Response);` */
import type { OptionElement, RpcElement } from './elements.ts';
import type { Position, SyntaxReader } from './syntax-reader.ts';

/**
 * Behind the word `rpc`.
 *
 * @param readOptions reads up to the closing brace.
 */
export function readRpc(
  reader: SyntaxReader,
  position: Position,
  readOptions: () => readonly OptionElement[],
): RpcElement {
  const name = reader.readName();
  const request = readMessageType(reader);
  if (reader.readWord() !== 'returns') reader.fail("expected 'returns'", position);
  const response = readMessageType(reader);
  let options: readonly OptionElement[] = [];
  if (reader.tryRead('{')) options = readOptions();
  else reader.require(';');
  return {
    kind: 'rpc',
    name,
    requestType: request.type,
    requestStreaming: request.streaming,
    responseType: response.type,
    responseStreaming: response.streaming,
    options,
  };
}

function readMessageType(reader: SyntaxReader): { readonly type: string; readonly streaming: boolean } {
  reader.require('(');
  const word = reader.readWord();
  // A message may be called `stream`.
  const streaming = word === 'stream' && reader.peek() !== ')';
  const type = streaming ? reader.readDataType() : reader.readDataType(word);
  reader.require(')');
  return { type, streaming };
}
