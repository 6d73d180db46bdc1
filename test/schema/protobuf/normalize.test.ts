import { describe, expect, it } from 'vitest';
import { normalize, referTo } from './language.ts';

/** The normalized text of a proto3 file's declarations. */
function normalized(body: string): string {
  const canonical = normalize(`syntax = "proto3"; ${body}`);
  if (!('text' in canonical)) throw new Error(canonical.error);
  return canonical.text.replace(/^syntax = "proto3";\n\n?/, '');
}

describe('normalized texts', () => {
  it('put names in full, whatever scope they come from', () => {
    const addr = referTo('addr.proto', 'syntax = "proto3"; package x.geo; message Addr { message In {} }');
    const text =
      'syntax = "proto3"; package x.crm; import "addr.proto"; message C { geo.Addr a = 1; map<string, geo.Addr.In> b = 2; D d = 3; message D {} }';
    expect(normalize(text, [addr])).toEqual({
      text: `syntax = "proto3";
package x.crm;

import "addr.proto";

message C {
  .x.geo.Addr a = 1;
  map<string, .x.geo.Addr.In> b = 2;
  .x.crm.C.D d = 3;

  message D {}
}
`,
    });
  });

  it('order by number what has one, and nothing that messages are found by', () => {
    expect(
      normalized(
        'message B { int32 y = 9; oneof p { int32 b = 3; } oneof o { int32 c = 4; int32 a = 1; } message Z {} message A {} } message A {} ' +
          'enum F { B = 0; A = 0; C = -1; } enum E { X = 0; }',
      ),
    ).toBe(`message B {
  int32 y = 9;

  oneof o {
    int32 a = 1;
    int32 c = 4;
  }
  oneof p {
    int32 b = 3;
  }

  message Z {}
  message A {}
}
message A {}
enum F {
  C = -1;
  A = 0;
  B = 0;
}
enum E {
  X = 0;
}
`);
  });

  it('give one value a statement', () => {
    expect(
      normalized(
        'message M { reserved "b", 9 to 11, 2; reserved "a", 2 to 3, 5 to 5; extensions 50 to 50, 20 to 30; }',
      ),
    ).toBe(
      `message M {
  reserved 2;
  reserved 2 to 3;
  reserved 5;
  reserved 9 to 11;
  reserved "a";
  reserved "b";

  extensions 20 to 30;
  extensions 50;
}
`,
    );
  });

  it('join what extends one message, by number', () => {
    expect(
      normalized(
        'message M { extensions 1 to max; } message N { extensions 1 to max; } extend N { int32 z = 1; } extend M { int32 b = 5; } extend .M { int32 a = 4; } extend Nope {}',
      ),
    ).toMatch(/extend \.N \{\n {2}int32 z = 1;\n\}\nextend \.M \{\n {2}int32 a = 4;\n {2}int32 b = 5;\n\}\n$/);
  });

  it('say options in one way', () => {
    expect(
      normalized(
        'message M { int32 a = 1 [(z).b.c = 1, json_name = "j", (z).b.d = [02], (l) = { k: [5] e: [] j: [{ y: 1 x: 2 }] }, deprecated = true]; }',
      ),
    ).toBe(`message M {
  int32 a = 1 [
    deprecated = true,
    json_name = "j",
    (l) = {
      j: {
        x: 2,
        y: 1
      },
      k: 5
    },
    (z).b.c = 1,
    (z).b.d = [2]
  ];
}
`);
  });

  it('make one of options that somebody defines, by what they can hold', () => {
    const text = normalized(
      'extend google.protobuf.FieldOptions { R r = 1; repeated R s = 2; int32 n = 3; } ' +
        'message R { int32 a = 1; R r = 2; repeated R rs = 3; repeated string t = 4; } ' +
        'message M { int32 b = 1 [(r).r.a = 1, (r).t = "x", (r).a = 1, (r).r.a = 2, (r) = { t: ["y", "x"] }, (r).rs.a = 1, (r).rs.a = 2]; ' +
        'int32 c = 2 [(s).a = 1, (n) = 1, (s).a = 1, (n) = 2]; int32 d = 3 [(r) = { [n]: 1 [o]: 2 }]; }',
    );
    expect(/message M \{\n(.*?)\n\}\n/s.exec(text)?.[1]).toBe(`  int32 b = 1 [(r) = {
    a: 1,
    r: {
      a: 2
    },
    rs: [
      {
        a: 1
      },
      {
        a: 2
      }
    ],
    t: [
      "x",
      "y"
    ]
  }];
  int32 c = 2 [
    (n) = 2,
    (s) = {
      a: 1
    },
    (s) = {
      a: 1
    }
  ];
  int32 d = 3 [(r) = {
    [n]: 1,
    [o]: 2
  }];`);
  });

  it('name the extensions inside options in full', () => {
    const canonical = normalize(
      'syntax = "proto3"; package p; extend google.protobuf.FileOptions { int32 n = 3; } option (o) = { [n]: 1 [b]: 2 };',
    );
    expect(canonical).toMatchObject({ text: expect.stringContaining('(o) = {\n  [b]: 2,\n  [p.n]: 1\n};') });
  });

  it('keep the blank line before what they leave out', () => {
    expect(normalized('message M { int32 a = 1; oneof o {} } message N { oneof o {} oneof p { int32 b = 1; } }')).toBe(
      'message M {\n  int32 a = 1;\n\n}\nmessage N {\n  oneof p {\n    int32 b = 1;\n  }\n}\n',
    );
    expect(normalized('message M {} extend M {}')).toBe('message M {}\n\n');
  });

  it('single out imports, and leave services and calls where they are', () => {
    const canonical = normalize(
      'import "b"; import "a"; import "b"; message M {} service T {} service S { rpc B (M) returns (M); rpc A (M) returns (M); }',
    );
    expect(canonical).toEqual({
      text: `
import "a";
import "b";

message M {}

service T {}
service S {
  rpc B (.M) returns (.M);
  rpc A (.M) returns (.M);
}
`,
    });
  });
});

describe('numbers in normalized texts', () => {
  /** As Java 17 with commons-lang 3.18 writes them. */
  it.each([
    ['0x1F', '31'],
    ['-0XfF', '-255'],
    ['010', '8'],
    ['08', '08'],
    ['-0', '0'],
    ['-0.0', '-0'],
    ['1.50', '1.5'],
    ['5.', '5'],
    ['1e3', '1000'],
    ['3.14159', '3.142'],
    ['0.0625', '0.062'],
    ['0.1875', '0.188'],
    ['0.0025', '0.002'],
    ['2.0025', '2.003'],
    ['360578.62', '360578.625'],
    ['123456789.12345', '123456789.123'],
    ['1e22', '9999999778196308000000'],
    ['1e-400', '0'],
    ['12345678901234567890', '12345678901234567890'],
    ['16777217f', '16777216'],
    ['5L', '5'],
    ['-inf', '-inf'],
    ['1e', '1e'],
    ['1.2.3', '1.2.3'],
    ['1e999999999', '1e999999999'],
  ])('%s', (written, shown) => {
    expect(normalized(`option (a) = ${written}; option (b) = { c: [${written}, 1] };`)).toBe(
      `\noption (a) = ${shown};\noption (b) = {\n  c: [\n    ${shown},\n    1\n  ]\n};\n`.slice(1),
    );
  });

  it('are also defaults, of bytes too', () => {
    const canonical = normalize(
      'message M { optional bytes b = 1 [default = "1.50"]; optional string s = 2 [default = "1.50"]; optional double d = 3 [default = inf]; }',
    );
    expect(canonical).toEqual({
      text: '\nmessage M {\n  optional bytes b = 1 [default = 1.5];\n  optional string s = 2 [default = "1.50"];\n  optional double d = 3 [default = inf];\n}\n',
    });
  });
});
