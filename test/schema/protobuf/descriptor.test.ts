/** Descriptors as input, and as `format=serialized`. */
import { create, fromBinary, type MessageInitShape, toBinary } from '@bufbuild/protobuf';
import {
  FieldDescriptorProto_Label,
  FieldDescriptorProto_Type,
  type FileDescriptorProto,
  FileDescriptorProtoSchema,
} from '@bufbuild/protobuf/wkt';
import { describe, expect, it } from 'vitest';
import { protobufLanguage } from '../../../src/schema/protobuf/protobuf-language.ts';
import { canonicalize, compare, normalize, protobuf, referTo, serialize } from './language.ts';

const { INT32, MESSAGE, STRING } = FieldDescriptorProto_Type;
const { OPTIONAL, REPEATED } = FieldDescriptorProto_Label;

function encode(file: MessageInitShape<typeof FileDescriptorProtoSchema>): string {
  return Buffer.from(toBinary(FileDescriptorProtoSchema, create(FileDescriptorProtoSchema, file))).toString('base64');
}

function decode(text: string): FileDescriptorProto {
  return fromBinary(FileDescriptorProtoSchema, Buffer.from(text, 'base64'));
}

describe('a descriptor as input', () => {
  const withMap = encode({
    name: 'm.proto',
    package: 'p',
    syntax: 'proto3',
    messageType: [
      {
        name: 'M',
        field: [
          { name: 'm', number: 1, label: REPEATED, type: MESSAGE, typeName: '.p.M.MEntry' },
          { name: 'o', number: 2, label: OPTIONAL, type: INT32, oneofIndex: 0, proto3Optional: true },
        ],
        oneofDecl: [{ name: '_o' }],
        nestedType: [
          {
            name: 'MEntry',
            field: [
              { name: 'key', number: 1, label: OPTIONAL, type: STRING },
              { name: 'value', number: 2, label: OPTIONAL, type: INT32 },
            ],
            options: { mapEntry: true },
          },
        ],
      },
    ],
  });

  it('keeps the entries of maps, which only a normalized text writes as maps', () => {
    const plain = canonicalize(withMap);
    expect(plain).toEqual({
      text: `syntax = "proto3";
package p;

message M {
  repeated .p.M.MEntry m = 1;
  optional int32 o = 2;

  message MEntry {
    option map_entry = true;
  
    string key = 1;
    int32 value = 2;
  }
}
`,
    });
    if ('text' in plain) expect(canonicalize(plain.text)).toEqual(plain);
    expect(normalize(withMap)).toEqual({
      text: 'syntax = "proto3";\npackage p;\n\nmessage M {\n  map<string, int32> m = 1;\n  optional int32 o = 2;\n}\n',
    });
  });

  it('is compatible with the same schema in text', () => {
    const text = protobuf(
      'syntax = "proto3"; package p; message M { map<string, int32> m = 1; optional int32 o = 2; }',
    );
    expect(compare(protobuf(withMap), text)).toEqual([]);
    expect(compare(text, protobuf(withMap))).toEqual([]);
    const other = protobuf('syntax = "proto3"; package p; message M { map<string, string> m = 1; }');
    expect(compare(protobuf(withMap), other)).toEqual(['FIELD_SCALAR_KIND_CHANGED #/M/1']);
  });

  it('keeps options, proto2 labels and defaults', () => {
    const text = encode({
      dependency: ['b.proto', 'a.proto'],
      publicDependency: [1],
      messageType: [
        {
          name: 'M',
          field: [
            { name: 's', number: 1, label: OPTIONAL, type: STRING, defaultValue: 'x', options: { deprecated: true } },
          ],
          reservedRange: [{ start: 5, end: 6 }],
        },
      ],
      options: { goPackage: 'g', javaPackage: 'j', optimizeFor: 2 },
    });
    expect(canonicalize(text)).toEqual({
      text: `
import "b.proto";
import public "a.proto";

option java_package = "j";
option optimize_for = CODE_SIZE;
option go_package = "g";

message M {
  reserved 5;

  optional string s = 1 [
    deprecated = true,
    default = "x"
  ];
}
`,
    });
  });

  it.each(['aGVsbG8', 'AAAA====', 'abc', '=', 'Cgd4'])('is not %s', (text) => {
    expect(canonicalize(text)).toEqual({
      error: expect.stringMatching(/^Could not parse Protobuf - Syntax error in :1:/),
    });
  });
});

describe('serialized', () => {
  it('carries Confluent meta data, however it is written', () => {
    const forms = [
      '[(confluent.field_meta) = { tags: ["A", "B"], params: [{ key: "k", value: "v" }] }]',
      '[(confluent.field_meta).tags = "A", (confluent.field_meta).tags = "B", (confluent.field_meta).params = { key: "k", value: "v" }]',
    ].map((options) => serialize(protobuf(`syntax = "proto3"; message M { int32 a = 1 ${options}; }`)));
    expect(forms[0]).toBe(forms[1]);
    const text = canonicalize(forms[0] ?? '');
    expect(text).toMatchObject({ text: expect.stringContaining('tags: [\n      "A",\n      "B"\n    ]') });
  });

  it('names the entries of maps as Confluent does', () => {
    const file = decode(
      serialize(
        protobuf('syntax = "proto3"; message M { map<string, int32> fooBar = 1; map<string, int32> foo_barBaz = 2; }'),
      ),
    );
    expect(file.messageType[0]?.nestedType.map(({ name }) => name)).toEqual(['fooBarEntry', 'FooBarbazEntry']);
  });

  it('lists what it imports, public ones by number too', () => {
    const other = referTo('o.proto', 'syntax = "proto3"; import public "google/protobuf/any.proto";');
    const schema =
      'syntax = "proto3"; import public "o.proto"; import "gone.proto"; import "google/protobuf/empty.proto"; message M { google.protobuf.Any a = 1; }';
    const file = decode(serialize(protobuf(schema, [other])));
    expect(file.dependency).toEqual(['google/protobuf/empty.proto', 'o.proto']);
    expect(file.publicDependency).toEqual([1]);
  });

  it.each([
    'message M { optional int32 a = 0; }',
    'message M { optional int32 a = 1; optional int32 b = 1; }',
    'message M { optional int32 a = 1; optional int32 a = 2; }',
    'message M { optional int32 a-b = 1; }',
    'enum E {}',
    'message M {} extend M { optional int32 a = 1; }',
    'message M { optional google.protobuf.Any a = 1; }',
    'message a { message b {} optional a.b c = 1; message a {} }',
    'enum E { A = 0; } message M { optional E e = 1 [default = B]; }',
    'message M { optional int32 a = 1 [default = "x"]; }',
    'message M { optional string a = 1 [packed = true]; }',
    'option optimize_for = NOPE;',
  ])('is refused for %s', (schema) => {
    expect(canonicalize(schema)).toHaveProperty('text');
    expect(protobufLanguage.format(protobuf(schema), 'serialized')).toEqual({ error: expect.any(String) });
  });
});

describe('other formats', () => {
  it('leaves out extensions', () => {
    const schema =
      'syntax = "proto2"; option (a) = 1; message M { extensions 5; optional int32 x = 1 [(b) = 2, deprecated = true]; extend M { optional int32 y = 5; } }';
    expect(protobufLanguage.format(protobuf(schema), 'ignore_extensions')).toEqual({
      text: 'syntax = "proto2";\n\nmessage M {\n  optional int32 x = 1 [deprecated = true];\n\n  extensions 5;\n}\n',
    });
  });

  it.each(['resolved', 'nope', '__proto__'])('does not know %s', (format) => {
    expect(protobufLanguage.format(protobuf('message M {}'), format)).toBeUndefined();
  });
});
