/** The numbers of Protobuf's wire format. */
import type { JsonValue } from '../../model/json.ts';
import type { Scalar } from '../protobuf/elements.ts';
import type { ByteReader } from './byte-reader.ts';
import { showDouble, showFloat, showInteger } from './plain-values.ts';
import type { FieldType } from './protobuf-types.ts';

/** Throws a `DecodeFault` where the bytes end; `string` and `bytes` are not read here. */
export function readScalar(input: ByteReader, scalar: Scalar): JsonValue {
  switch (scalar) {
    case 'double':
      return showDouble(input.take(8, 'a double').readDoubleLE());
    case 'float':
      return showFloat(input.take(4, 'a float').readFloatLE());
    case 'fixed32':
      return input.take(4, 'a fixed32').readUInt32LE();
    case 'sfixed32':
      return input.take(4, 'an sfixed32').readInt32LE();
    case 'fixed64':
      return showInteger(input.take(8, 'a fixed64').readBigUInt64LE());
    case 'sfixed64':
      return showInteger(input.take(8, 'an sfixed64').readBigInt64LE());
    case 'int32':
      return Number(BigInt.asIntN(32, input.varint('an int32')));
    case 'uint32':
      return Number(BigInt.asUintN(32, input.varint('a uint32')));
    case 'sint32':
      return Number(BigInt.asIntN(32, zigzag(BigInt.asUintN(32, input.varint('an sint32')))));
    case 'int64':
      return showInteger(BigInt.asIntN(64, input.varint('an int64')));
    case 'sint64':
      return showInteger(input.zigzag('an sint64'));
    case 'bool':
      return input.varint('a bool') !== 0n;
    default:
      return showInteger(input.varint('a uint64'));
  }
}

function zigzag(value: bigint): bigint {
  return (value >> 1n) ^ -(value & 1n);
}

const WIRE_TYPES: Readonly<Record<Scalar, number>> = {
  double: 1,
  fixed64: 1,
  sfixed64: 1,
  float: 5,
  fixed32: 5,
  sfixed32: 5,
  string: 2,
  bytes: 2,
  ...{ int32: 0, int64: 0, uint32: 0, uint64: 0, sint32: 0, sint64: 0, bool: 0 },
};

export function wireTypeOf(type: Exclude<FieldType, { kind: 'missing' }>): number {
  if (type.kind === 'scalar') return WIRE_TYPES[type.scalar];
  if (type.kind === 'enum') return 0;
  return type.kind === 'group' ? 3 : 2;
}

/** Bytes of an item of a packed list, 1 where they vary; undefined for what is never packed. */
export function packedSize(type: FieldType): number | undefined {
  if (type.kind === 'enum') return 1;
  if (type.kind !== 'scalar') return undefined;
  const wireType = WIRE_TYPES[type.scalar];
  if (wireType === 2) return undefined;
  return wireType === 0 ? 1 : wireType === 1 ? 8 : 4;
}
