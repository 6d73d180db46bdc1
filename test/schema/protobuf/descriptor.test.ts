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
import { canonicalize, compare, normalize, parseOnly, protobuf, referTo, serialize } from './language.ts';

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

  it('has maps where its messages for entries are used', () => {
    const plain = canonicalize(withMap);
    expect(plain).toEqual({
      text: `syntax = "proto3";
package p;

message M {
  map<string, int32> m = 1;
  optional int32 o = 2;
}
`,
    });
    expect(normalize(withMap)).toEqual(plain);
    expect(parseOnly(withMap)).toEqual(plain);
  });

  it('has maps of messages by the names it gives them', () => {
    const entry = (value: string) =>
      `message B { repeated AEntry a = 1; message AEntry { option map_entry = true; string key = 1; ${value} value = 2; } message V {} }`;
    const [relative, full] = ['V', '.p.B.V'].map((value) =>
      canonicalize(`syntax = "proto3"; package p; ${entry(value)}`),
    );
    expect(relative).toMatchObject({ text: expect.stringContaining('  map<string, V> a = 1;\n\n  message V {}\n') });
    expect(full).toMatchObject({ text: expect.stringContaining('  map<string, .p.B.V> a = 1;\n\n  message V {}\n') });
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

  it('carries options that are messages or lists, and back', () => {
    const text = `syntax = "proto2";

option features = {
  field_presence: IMPLICIT
};

message M {
  optional string s = 1 [
    debug_redact = true,
    retention = RETENTION_SOURCE,
    targets = TARGET_TYPE_FILE,
    targets = TARGET_TYPE_FIELD,
    edition_defaults = {
      edition: EDITION_2023,
      value: "x"
    },
    feature_support = {
      edition_introduced: EDITION_2023,
      deprecation_warning: "w"
    }
  ];

  oneof o {
    option features = {
      enum_type: OPEN
    };
  
    int32 x = 9;
  }

  extensions 100 to 199 [
    declaration = {
      number: 100,
      full_name: ".a",
      reserved: true
    },
    verification = DECLARATION
  ];
}
enum E {
  A = 0 [debug_redact = false];
}
`;
    expect(canonicalize(serialize(protobuf(text)))).toEqual({ text });
  });

  it('has the last of an option said twice, and nothing for unknown values of some', () => {
    const schema =
      'option java_package = "a"; option java_package = "b"; ' +
      'message M { extensions 5 [verification = NOPE]; optional int32 a = 1 [retention = NOPE, features = { enum_type: NOPE }]; }';
    const text = canonicalize(serialize(protobuf(schema)));
    expect(text).toMatchObject({ text: expect.stringMatching(/^\noption java_package = "b";\n\n/) });
    expect(text).toMatchObject({
      text: expect.stringMatching(/retention = RETENTION_UNKNOWN,.*enum_type: ENUM_TYPE_UNKNOWN/s),
    });
    expect(text).toMatchObject({ text: expect.stringContaining('  extensions 5;\n') });
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
    'message M { optional int32 a = 1 [targets = NOPE]; }',
    'message M { optional int32 a = 1 [features = NOPE]; }',
    'message M { map<string, Nope> a = 1; }',
  ])('is refused for %s', (schema) => {
    expect(canonicalize(schema)).toHaveProperty('text');
    expect(protobufLanguage.format(protobuf(schema), 'serialized')).toEqual({ error: expect.any(String) });
  });
});

describe('other formats', () => {
  it('leaves out extensions, but for those of Confluent', () => {
    const schema =
      'syntax = "proto2"; option (a) = 1; message M { extensions 5; optional int32 x = 1 [(b) = 2, deprecated = true, (confluent.field_meta).doc = "d"]; extend M { optional int32 y = 5; } }';
    expect(protobufLanguage.format(protobuf(schema), 'ignore_extensions')).toEqual({
      text: 'syntax = "proto2";\n\nmessage M {\n  optional int32 x = 1 [\n    deprecated = true,\n    (confluent.field_meta).doc = "d"\n  ];\n}\n',
    });
  });

  it.each(['resolved', 'nope', '__proto__'])('does not know %s', (format) => {
    expect(protobufLanguage.format(protobuf('message M {}'), format)).toBeUndefined();
  });
});
