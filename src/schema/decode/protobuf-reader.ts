/** Protobuf's wire format, field by field: https://protobuf.dev/programming-guides/encoding/ */
import { isUtf8 } from 'node:buffer';
import type { JsonValue } from '../../model/json.ts';
import type { Scalar } from '../protobuf/elements.ts';
import { ByteReader } from './byte-reader.ts';
import {
  DecodeFault,
  formatPath,
  type OpenObject,
  readItem,
  readMember,
  type Step,
  setMember,
} from './decode-fault.ts';
import type { DecodeLimits, UnknownField } from './decoded.ts';
import { showBytes, showInteger } from './plain-values.ts';
import { isKnownMessage, showKnownMessage } from './protobuf-readable.ts';
import { packedSize, readScalar, wireTypeOf } from './protobuf-scalars.ts';
import type { FieldPlan, FieldType, MessageType, ProtobufTypes } from './protobuf-types.ts';
import { Remarks } from './remarks.ts';

const WIRE_TYPES: readonly (UnknownField['wireType'] | 'end of a group')[] = [
  'varint',
  'fixed64',
  'bytes',
  'group',
  'end of a group',
  'fixed32',
];
const BYTES = 2;
const GROUP = 3;
const END_GROUP = 4;
const MAX_FIELD = 2n ** 29n - 1n;

/** One field's number and wire type, and where it stands. */
interface Tag {
  readonly offset: number;
  readonly number: number;
  readonly wireType: number;
}

export class ProtobufReader {
  readonly remarks = new Remarks();
  readonly #input: ByteReader;
  readonly #types: ProtobufTypes;
  readonly #limits: DecodeLimits;
  readonly #path: Step[] = [];
  #values = 0;

  constructor(input: ByteReader, types: ProtobufTypes, limits: DecodeLimits) {
    this.#input = input;
    this.#types = types;
    this.#limits = limits;
  }

  /**
   * @param end of the message's bytes; those of a group end with its tag.
   * @param group the number of the group that is read.
   * @param merged what an earlier part of the same message held: a message that is written twice is one.
   */
  readMessage(type: MessageType, end: number, group?: number, merged: OpenObject = {}): JsonValue {
    this.#count();
    const input = this.#input;
    const outerEnd = input.end;
    const fields = merged;
    input.end = end;
    try {
      for (;;) {
        if (group === undefined && input.left === 0) break;
        const tag = this.#readTag();
        if (tag.wireType === END_GROUP) {
          if (tag.number === group) break;
          throw new DecodeFault(`the end of group ${tag.number}, which did not begin here`, tag.offset);
        }
        this.#readField(type, fields, tag);
      }
    } catch (error) {
      if (error instanceof DecodeFault) error.partial ??= fields;
      throw error;
    }
    input.end = outerEnd;
    this.#checkRequired(type, fields);
    if (type.fullName === 'google.protobuf.Any') this.#readAny(fields);
    return showKnownMessage(type.fullName, fields);
  }

  #readTag(): Tag {
    const offset = this.#input.at;
    const tag = this.#input.varint('a field');
    const number = tag >> 3n;
    const wireType = Number(tag & 7n);
    if (number === 0n || number > MAX_FIELD) throw new DecodeFault(`${number} is no field number`, offset);
    if (wireType >= WIRE_TYPES.length) {
      throw new DecodeFault(`field ${number} has the wire type ${wireType}, which does not exist`, offset);
    }
    return { offset, number: Number(number), wireType };
  }

  #readField(type: MessageType, fields: OpenObject, tag: Tag): void {
    const plan = type.field(tag.number);
    if (plan === undefined || !fits(plan, tag.wireType)) {
      this.#readUnknown(tag, plan);
      return;
    }
    for (const member of plan.oneOf ?? []) if (member !== plan.name) delete fields[member];
    if (plan.type.kind === 'map') this.#readEntry(plan.name, plan.type, fields);
    else if (plan.isRepeated) this.#readRepeated(plan, fields, tag);
    else {
      const before = Object.hasOwn(fields, plan.name) ? fields[plan.name] : undefined;
      readMember(fields, plan.name, plan.name, () =>
        this.#inside(plan.name, () => this.#readValue(plan.type, tag, before)),
      );
    }
  }

  #readRepeated(plan: FieldPlan, fields: OpenObject, tag: Tag): void {
    const list = listIn(fields, plan.name);
    const readNext = (read: () => JsonValue): void => readItem(list, () => this.#inside(list.length, read));
    this.#within(plan.name, fields, () => {
      if (tag.wireType !== BYTES || packedSize(plan.type) === undefined) {
        readNext(() => this.#readValue(plan.type, tag, undefined));
        return;
      }
      const input = this.#input;
      const outerEnd = input.end;
      input.end = this.#endOf('a packed list');
      while (input.left > 0) readNext(() => this.#readNumber(plan.type));
      input.end = outerEnd;
    });
  }

  /** A map is a repeated message of a key (1) and a value (2), of which either may be missing. */
  #readEntry(name: string, types: Extract<FieldType, { kind: 'map' }>, fields: OpenObject): void {
    const map = mapIn(fields, name);
    this.#within(name, fields, () => {
      this.#count();
      const input = this.#input;
      const outerEnd = input.end;
      input.end = this.#endOf('an entry of a map');
      let key: JsonValue = defaultOf(types.key);
      let value: JsonValue | undefined;
      while (input.left > 0) {
        const tag = this.#readTag();
        if (tag.number === 1 && fitsType(types.key, tag.wireType)) key = this.#readValue(types.key, tag, undefined);
        else if (tag.number === 2 && fitsType(types.value, tag.wireType)) {
          const name = `${key}`;
          // Held under its name already, so that it is seen if its reading fails.
          readMember(map, name, { key: name }, () =>
            this.#inside({ key: name }, () => this.#readValue(types.value, tag, value)),
          );
          value = map[name];
          delete map[name];
        } else this.#readUnknown(tag, undefined);
      }
      input.end = outerEnd;
      // A key that is written twice has the later value.
      setMember(map, `${key}`, value ?? defaultOf(types.value));
    });
  }

  #readValue(type: FieldType, tag: Tag, before: JsonValue | undefined): JsonValue {
    switch (type.kind) {
      case 'message':
        return this.readMessage(
          type.type,
          this.#endOf(`message ${type.type.fullName}`),
          undefined,
          isKnownMessage(type.type.fullName) ? {} : partsOf(before),
        );
      case 'group':
        return this.readMessage(type.type, this.#input.end, tag.number, partsOf(before));
      case 'scalar':
        if (tag.wireType === BYTES) return this.#readText(type.scalar);
        return this.#readNumber(type);
      case 'missing':
        this.#remark('note', tag.offset, `nothing defines the type ${type.name}: shown as it was written`);
        return this.#readRaw(tag);
      default:
        return this.#readNumber(type);
    }
  }

  #readNumber(type: FieldType): JsonValue {
    this.#count();
    const offset = this.#input.at;
    if (type.kind === 'scalar') return readScalar(this.#input, type.scalar);
    const number = Number(BigInt.asIntN(32, this.#input.varint('an enum')));
    if (type.kind !== 'enum') return number;
    const name = type.values.get(number);
    if (name === undefined) this.#remark('note', offset, `enum ${type.name} has no value ${number}`);
    return name ?? number;
  }

  #readText(scalar: Scalar): JsonValue {
    this.#count();
    const offset = this.#input.at;
    const bytes = this.#take(scalar === 'string' ? 'a string' : 'bytes');
    if (scalar !== 'string') return showBytes(bytes);
    if (!isUtf8(bytes)) this.#remark('problem', offset, 'a string is not UTF-8');
    return bytes.toString('utf8');
  }

  #readUnknown(tag: Tag, plan: FieldPlan | undefined): void {
    const { offset, number, wireType } = tag;
    const path = formatPath(this.#path);
    const value = this.#readRaw(tag);
    const called = WIRE_TYPES[wireType];
    if (called === undefined || called === 'end of a group') return;
    this.remarks.unknownField({ offset, path, number, wireType: called, value });
    if (plan !== undefined) {
      this.#remark(
        'note',
        offset,
        `field ${number} is ${plan.name} of another type in the schema: it has the wire type ${called}`,
      );
    }
  }

  /** A value of which nothing is known but its wire type. */
  #readRaw({ wireType, number }: Tag): JsonValue {
    this.#count();
    const input = this.#input;
    switch (wireType) {
      case 0:
        return showInteger(input.varint('a number'));
      case 1:
        return showInteger(input.take(8, 'a number').readBigUInt64LE());
      case BYTES:
        return showBytes(this.#take('a field'));
      case GROUP:
        this.#skipGroup(number);
        return null;
      default:
        return input.take(4, 'a number').readUInt32LE();
    }
  }

  /** Groups in groups are counted, not followed by calls. */
  #skipGroup(number: number): void {
    const open = [number];
    while (open.length > 0) {
      const tag = this.#readTag();
      if (tag.wireType === GROUP) {
        this.#count();
        open.push(tag.number);
      } else if (tag.wireType === END_GROUP) {
        if (open.pop() !== tag.number) {
          throw new DecodeFault(`the end of group ${tag.number}, which did not begin here`, tag.offset);
        }
      } else this.#readRaw(tag);
    }
  }

  /** What an Any holds, where the schema knows its type. */
  #readAny(fields: OpenObject): void {
    const { type_url: url, value } = fields;
    const base64 = typeof value === 'object' && value !== null && 'base64' in value ? value['base64'] : undefined;
    if (typeof url !== 'string' || typeof base64 !== 'string') return;
    const type = this.#types.messageNamed(url.slice(url.lastIndexOf('/') + 1));
    if (type === undefined) return;
    const inner = new ProtobufReader(new ByteReader(Buffer.from(base64, 'base64'), 0), this.#types, {
      values: this.#limits.values - this.#values,
      depth: this.#limits.depth - this.#path.length - 1,
    });
    try {
      fields['message'] = inner.readMessage(type, inner.#input.end);
    } catch (error) {
      if (!(error instanceof DecodeFault)) throw error;
      this.#remark('note', this.#input.at, `its bytes are no ${type.fullName}: ${error.message}`);
    } finally {
      this.#values += inner.#values;
    }
  }

  #checkRequired({ required, fullName }: MessageType, fields: OpenObject): void {
    for (const name of required) {
      if (Object.hasOwn(fields, name)) continue;
      this.#remark('problem', this.#input.at, `${fullName} has no ${name}, which is required`);
    }
  }

  #take(what: string): Buffer {
    const input = this.#input;
    const end = this.#endOf(what);
    return input.take(end - input.at, what);
  }

  /** Where something that begins with its length ends. */
  #endOf(what: string): number {
    const input = this.#input;
    const offset = input.at;
    const length = input.varint(`the length of ${what}`);
    if (length > BigInt(input.left)) {
      throw new DecodeFault(`${what} should have ${length} bytes, and ${input.left} are left`, offset);
    }
    return input.at + Number(length);
  }

  #count(): void {
    if (++this.#values > this.#limits.values) {
      throw new DecodeFault(`more than ${this.#limits.values} values`, this.#input.at);
    }
    if (this.#path.length > this.#limits.depth) {
      throw new DecodeFault(`nested deeper than ${this.#limits.depth} levels`, this.#input.at);
    }
  }

  #remark(kind: 'problem' | 'note', offset: number, message: string): void {
    this.remarks[kind]({ offset, path: formatPath(this.#path), message });
  }

  /** Reads into a list or map that the field holds already. */
  #within(name: string, fields: OpenObject, read: () => void): void {
    try {
      this.#inside(name, read);
    } catch (error) {
      if (error instanceof DecodeFault) {
        error.partial = fields;
        error.path.unshift(name);
      }
      throw error;
    }
  }

  #inside<T>(step: Step, read: () => T): T {
    this.#path.push(step);
    const value = read();
    this.#path.pop();
    return value;
  }
}

function fits(plan: FieldPlan, wireType: number): boolean {
  if (fitsType(plan.type, wireType)) return true;
  // Lists of numbers are read in both forms, whatever the schema says.
  return plan.isRepeated && wireType === BYTES && packedSize(plan.type) !== undefined;
}

function fitsType(type: FieldType, wireType: number): boolean {
  return type.kind === 'missing' || wireType === wireTypeOf(type);
}

function listIn(fields: OpenObject, name: string): JsonValue[] {
  const known = Object.hasOwn(fields, name) ? fields[name] : undefined;
  if (Array.isArray(known)) return known;
  const list: JsonValue[] = [];
  setMember(fields, name, list);
  return list;
}

function mapIn(fields: OpenObject, name: string): OpenObject {
  const known = Object.hasOwn(fields, name) ? fields[name] : undefined;
  if (known !== undefined) return partsOf(known);
  const map: OpenObject = {};
  setMember(fields, name, map);
  return map;
}

function partsOf(value: JsonValue | undefined): OpenObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as OpenObject) : {};
}

function defaultOf(type: FieldType): JsonValue {
  if (type.kind === 'enum') return type.values.get(0) ?? 0;
  if (type.kind !== 'scalar') return {};
  if (type.scalar === 'string') return '';
  if (type.scalar === 'bool') return false;
  return type.scalar === 'bytes' ? { base64: '' } : 0;
}
