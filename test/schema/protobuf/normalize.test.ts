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
    expect(normalized('message M { reserved "b", 9 to 11, 2; reserved "a", 2 to 3; extensions 50, 20 to 30; }')).toBe(
      `message M {
  reserved 2;
  reserved 2 to 3;
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
        'message M { int32 a = 1 [(z).b.c = 1, json_name = "j", (z).a = "x", (z).b.d = 2, (l) = { k: [5] j: [{ y: 1 x: 2 }] }, deprecated = true]; }',
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
    (z) = {
      a: "x",
      b: {
        c: 1,
        d: 2
      }
    }
  ];
}
`);
  });

  it('sort and single out imports, services and calls', () => {
    const canonical = normalize(
      'import "b"; import "a"; import "b"; message M {} service T {} service S { rpc B (M) returns (M); rpc A (M) returns (M); }',
    );
    expect(canonical).toEqual({
      text: `
import "a";
import "b";

message M {}

service S {
  rpc A (.M) returns (.M);
  rpc B (.M) returns (.M);
}
service T {}
`,
    });
  });
});
