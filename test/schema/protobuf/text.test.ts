/** What is accepted and refused, with the place, and how it is printed. */
import { describe, expect, it } from 'vitest';
import { canonicalize, parseOnly } from './language.ts';

describe('refusals name the place', () => {
  it.each([
    ['edition = "2023";', ':1:8: edition is not currently supported'],
    ['syntax = "proto4";', ':1:1: unexpected syntax: proto4'],
    ['message M {', ':1:12: unexpected end of file'],
    ['message {}', ':1:9: expected a word'],
    ['message M { int32 a = 1; }', ':1:13: unexpected label: int32'],
    [
      'syntax = "proto3"; message M { required int32 a = 1; }',
      ":1:32: 'required' label forbidden in proto3 field declarations",
    ],
    ['syntax = "proto3"; message M { int32 a = one; }', ':1:45: expected an integer but was one'],
    ['syntax = "proto3"; message M { int32 a = 2147483648; }', ':1:52: expected an integer but was 2147483648'],
    ['syntax = "proto3"; message M { int32 a 1; }', ":1:41: expected '=' but was '1'"],
    ['syntax = "proto3"; message M { int32 a = 1 [b]; }', ":1:47: expected '=' in option"],
    ['syntax = "proto3"; message M { int32 a = 1 [b = 2; }', ":1:50: Expected ',' or ']'"],
    ['message M { reserved a; }', ':1:23: expected an integer but was a'],
    ['message M { extensions 1 / 2; }', ":1:28: unexpected '/'"],
    ['option a = "x;', ':1:15: unterminated string'],
    ['/* x\n/ *', ':2:4: unterminated comment'],
    ['import "a"; syntax = "proto3";', ":1:13: 'syntax' element must be the first declaration in a file"],
    ['syntax = "proto3"; syntax = "proto3";', ':1:20: too many syntax or edition definitions'],
    ['package a; package b;', ':1:12: too many package names'],
    ['option (a).b.(c) = 1;', ":1:15: expected '=' in option"],
    ['syntax = "proto3";\nmessage M { int32 1a = 1; }', ':2:18: field and constant names cannot start with a digit'],
    ['message M { oneof o { int32 (1a) = 1; } }', ':1:29: field and constant names cannot start with a digit'],
    ['enum E {\n  1A = 0; }', ':2:2: field and constant names cannot start with a digit'],
    ['enum E { A = 0; /* a */ B = 1; }', ':1:26: no syntax may follow trailing comment'],
    ['enum E { A = 0; / }', ":1:17: expected '//' or '/*'"],
  ])('%j', (text, error) => {
    expect(parseOnly(text)).toEqual({ error: `Could not parse Protobuf - Syntax error in ${error}` });
  });

  it('also behind comments and strings of several lines', () => {
    expect(parseOnly('// a\n/* b\n c */ nope')).toEqual({
      // Inside a block comment the line break itself is counted as a column (see the reader).
      error: 'Could not parse Protobuf - Syntax error in :3:8: unexpected label: nope',
    });
    expect(parseOnly('option a = "b\\\nc";\n nope')).toEqual({
      error: 'Could not parse Protobuf - Syntax error in :3:2: unexpected label: nope',
    });
  });

  it('refuses names that come twice at the top, not below', () => {
    expect(parseOnly('message M {}\nenum M {}')).toEqual({
      error: 'Could not parse Protobuf - M (:2:1) is already defined at :1:1',
    });
    expect(parseOnly('service M {} message M { message N {} message N {} }')).toHaveProperty('text');
  });
});

describe('texts', () => {
  /** The declarations in a message of a proto2 file, as printed. */
  const inMessage = (body: string): string | undefined => {
    const canonical = canonicalize(`syntax = "proto2";\nmessage M { ${body} }`);
    if (!('text' in canonical)) throw new Error(canonical.error);
    return /message M \{\n(.*)\n\}\n$/s.exec(canonical.text)?.[1];
  };

  it.each([
    ['optional string s = 1 [default = "a\\"b"];', '  optional string s = 1 [default = "a\\"b"];'],
    ['optional bytes b = 1 [default = "abc"];', '  optional bytes b = 1 [default = abc];'],
    [
      'optional int32 i = 1 [json_name = "j", default = -1];',
      '  optional int32 i = 1 [\n    default = -1,\n    json_name = "j"\n  ];',
    ],
    ['optional float f = 0X1f [deprecated = true];', '  optional float f = 31 [deprecated = true];'],
    ['option (a).b.c = "x\\ty\\x41\\101é";', '  option (a).b.c = "x\\tyAAé";'],
    ['option (a) = {};', '  option (a) = {\n  };'],
    [
      'option (a).b = ["c"]; option (d) = [{ e: [1] }];',
      '  option (a).b = ["c"];\n  option (d) = [{\n    e: [\n      1\n    ]\n  }];',
    ],
    [
      "option (a) = { b: 'c' 'd'; [e.f]: 1, g { h: -inf } b: [x, y] };",
      '  option (a) = {\n    b: [\n      "cd",\n      x,\n      y\n    ],\n    [e.f]: 1,\n    g: {\n      h: -inf\n    }\n  };',
    ],
    [
      'option (a) = { [b].c: 1 [b].d: 2, e.f: 3 };',
      '  option (a) = {\n    [b]: {\n      c: 1,\n      d: 2\n    },\n    e.f: 3\n  };',
    ],
    ['reserved 1, 3 to 4, 9 to 536870911; reserved "a", "b";', '  reserved 1, 3 to 4, 9 to max;\n  reserved "a", "b";'],
    ['repeated group G = 1 { required int32 a = 2; }', '  repeated group G = 1 {\n    required int32 a = 2;\n  }'],
    [
      'enum E { option (a) = B; reserved 3; A = 0 [(b) = true]; }',
      '  enum E {\n    reserved 3;\n    option (a) = B;\n    A = 0 [(b) = true];\n  }',
    ],
    ['enum E {} oneof o {}', '  oneof o {}\n\n  enum E {}'],
    [
      'message N {} extensions 5; extend N { optional int32 a = 5; }',
      '  extensions 5;\n\n  extend N {\n    optional int32 a = 5;\n  }\n\n  message N {}',
    ],
    [
      'message A { message B {} optional int32 x = 1; }',
      '  message A {\n    optional int32 x = 1;\n  \n    message B {}\n  }',
    ],
  ])('%s', (body, printed) => {
    expect(inMessage(body)).toBe(printed);
  });

  it('prints files in sections', () => {
    const text =
      'service S { option a = 1; rpc A (stream M) returns (stream); } extend M { optional int32 e = 5; } enum E { Z = 0; } ' +
      'message stream {} message M { extensions 5; } option b = c; import weak "w"; import public "p"; import "i"; package k.l;';
    expect(canonicalize(text)).toEqual({
      text: `package k.l;

import "i";
import public "p";

option b = c;

message stream {}
message M {
  extensions 5;
}
enum E {
  Z = 0;
}

extend M {
  optional int32 e = 5;
}

service S {
  option a = 1;

  rpc A (stream M) returns (stream);
}
`,
    });
  });

  it('takes what protoc would refuse', () => {
    const text = 'syntax = "proto3";\n\nmessage M {\n  int32 a = 0;\n  int32 a = -5;\n  int32 x-9.y = 0;\n}\n';
    expect(canonicalize(text)).toEqual({ text });
  });
});

describe('names', () => {
  it.each([
    ['message M { optional Nope n = 1; }', 'Could not resolve type: Nope'],
    ['message M { optional .M.N n = 1; }', 'Could not resolve type: .M.N'],
    ['message M { map<bytes, int32> n = 1; }', 'map key must be non-byte, non-floating point scalar: bytes'],
    ['message M {} service S { rpc A (M) returns (Nope); }', 'Could not resolve type: Nope'],
    ['message M { optional Second b = 2; optional First a = 1; }', 'Could not resolve type: First'],
  ])('must resolve in %s', (text, error) => {
    expect(canonicalize(text)).toEqual({ error, phase: 'validate' });
    expect(parseOnly(text)).toHaveProperty('text');
  });

  it.each([
    'package a.b.c; message M { optional M m = 1; optional c.M n = 2; optional b.c.M o = 3; optional .a.b.c.M p = 4; }',
    'message M { optional google.protobuf.Timestamp unimported = 1; optional confluent.type.Decimal d = 2; }',
    'message M { map<string, Nope> n = 1; }',
    'message M { optional google.type.PhoneNumber.ShortCode c = 1; extend google.protobuf.FieldOptions { optional M m = 9; } }',
  ])('resolve in %s', (text) => {
    expect(canonicalize(text)).toHaveProperty('text');
  });
});
