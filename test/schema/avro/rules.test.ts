/** Rules of Avro 1.12 and of Confluent's normalising that the recordings show once, or that 1.11 has otherwise. */
import { describe, expect, it } from 'vitest';
import { avroLanguage } from '../../../src/schema/avro/avro-language.ts';
import type { ResolvedReference } from '../../../src/schema/language.ts';

function store(schema: string, references: readonly ResolvedReference[] = []): string {
  return answer(schema, references, { normalize: false, validate: true });
}

function normalize(schema: string): string {
  return answer(schema, [], { normalize: true, validate: true });
}

function answer(
  schema: string,
  references: readonly ResolvedReference[],
  options: { readonly normalize: boolean; readonly validate: boolean },
): string {
  const canonical = avroLanguage.canonicalize(schema, references, options);
  return 'text' in canonical ? canonical.text : canonical.error;
}

function record(fields: string, rest = ''): string {
  return `{"type":"record","name":"R","namespace":"x"${rest},"fields":[${fields}]}`;
}

function reference(name: string, schema: string, references: readonly ResolvedReference[] = []): ResolvedReference {
  return { name, schemaType: 'AVRO', schema, references };
}

describe('names', () => {
  it('inlines a type where it is used first, before its definition', () => {
    const late = '{"type":"enum","name":"E","symbols":["A"]}';
    expect(store(record(`{"name":"a","type":["null","E"]},{"name":"b","type":${late}}`))).toBe(
      record(`{"name":"a","type":["null",${late}]},{"name":"b","type":"E"}`),
    );
  });

  it('names the first unknown type that is met, following types where they are used', () => {
    const late = '{"type":"record","name":"B","fields":[{"name":"q","type":"Inner"}]}';
    const fields = `{"name":"a","type":"B"},{"name":"b","type":"Outer"},{"name":"c","type":${late}}`;
    expect(store(record(fields))).toBe('Undefined schema: x.Inner');
    expect(store('["Nope"]')).toBe('Undefined schema: Nope');
    expect(store('["Foo","Bar"]')).toBe('Undefined schema: Bar');
    expect(store('"Nope"')).toBe('Unknown schema: org.apache.avro.compiler.UnresolvedSchema_0');
  });

  it('finds a type of the null namespace from inside of another, once it is defined', () => {
    const top = '{"type":"fixed","name":"F","size":1}';
    const inner = '{"type":"record","name":"I","namespace":"n","fields":[{"name":"f","type":"F"}]}';
    const text = `{"type":"record","name":"R","fields":[{"name":"a","type":${top}},{"name":"b","type":${inner}}]}`;
    expect(store(text)).toBe(text);
    const early = '{"type":"record","name":"I","namespace":"n","fields":[{"name":"r","type":["null","R"]}]}';
    expect(store(`{"type":"record","name":"R","fields":[{"name":"a","type":${early}}]}`)).toBe('Undefined schema: n.R');
  });

  it('tells the first fault that Java meets when it resolves names', () => {
    const lost = '{"name":"m","type":{"type":"map","values":"int","p":123456789012345678901234567890}}';
    expect(store(record(`${lost},{"name":"u","type":"U"}`))).toBe("Can't set a property to null: p");
    expect(store(record(`{"name":"u","type":"U"},${lost}`))).toBe('Undefined schema: x.U');
    // From B, which the name leads to, back into A, of which U1 is the next field.
    const early = '{"type":"record","name":"A","fields":[{"name":"b","type":"B"},{"name":"u","type":"U1"}]}';
    const late = '{"type":"record","name":"B","fields":[{"name":"a","type":"A"},{"name":"u","type":"U2"}]}';
    expect(store(`[{"type":"array","items":${early}},${late}]`)).toBe('Undefined schema: U1');
  });

  it('sees two branches as one when a late name turns out to be the other', () => {
    const late = '{"type":"fixed","name":"F","size":1}';
    expect(store(record(`{"name":"a","type":["F","x.F"]},{"name":"b","type":${late}}`))).toBe('Duplicate in union:x.F');
  });

  it('takes a type twice when both are equal', () => {
    const both = (one: string, other: string) =>
      store(record(`{"name":"a","type":${one}},{"name":"b","type":${other}}`));
    const expectTwice = (type: string, again = type) =>
      expect(both(type, again)).toBe(record(`{"name":"a","type":${type}},{"name":"b","type":"E"}`));
    expectTwice('{"type":"enum","name":"E","symbols":["A"]}');
    expectTwice('{"type":"fixed","name":"E","size":8,"logicalType":"decimal","precision":4}');
    const type = (field: string) => `{"type":"record","name":"E","fields":[{"name":"f","type":"int"${field}}]}`;
    expectTwice(type(',"default":1'));
    expectTwice(type(''), type(',"doc":"d","aliases":["g"],"order":"ascending"'));
    for (const field of [',"default":1', ',"order":"ignore"', ',"p":1']) {
      expect(both(type(''), type(field))).toBe("Can't redefine: x.E");
    }
    expect(store(`[${type('')},${type('')}]`)).toBe('Duplicate in union:E');
  });

  it('does not know a type inside of itself', () => {
    expect(store(record('{"name":"a","type":{"type":"record","name":"R","fields":[]}}'))).toBe("Can't redefine: x.R");
    const list = '{"type":"record","name":"L","fields":[{"name":"l","type":["null","L"]}]}';
    expect(store(record(`{"name":"a","type":${list}},{"name":"b","type":${list}}`))).toBe("Can't redefine: x.L");
  });

  it('checks each part of a namespace', () => {
    expect(store('{"type":"record","name":"a.1b.C","fields":[]}')).toBe(
      'Namespace part "1b" is invalid: Illegal initial character: 1b',
    );
    // Only when all else is well.
    expect(store('{"type":"record","name":"a.1b.C"}')).toContain('Record has no fields');
    expect(store('{"type":"enum","name":"a.1b.C","symbols":["a b"]}')).toBe('Illegal character in: a b');
  });
});

describe('references', () => {
  const city = reference('City', '{"type":"record","name":"City","namespace":"g","fields":[]}');
  const addr = reference(
    'Addr',
    '{"type":"record","name":"Addr","namespace":"g","fields":[{"name":"c","type":"City"}]}',
    [city],
  );

  it('knows what its references refer to', () => {
    const text = record('{"name":"a","type":"g.Addr"},{"name":"c","type":"g.City"}');
    expect(store(text, [addr])).toBe(text);
    expect(store(text, [addr, city])).toBe(text);
    expect(store(text, [city])).toBe('Undefined schema: g.Addr');
  });

  it('writes out what is inside of a referenced text, as only its own type is known by name', () => {
    const outer = reference(
      'O',
      '{"type":"record","name":"O","fields":[{"name":"e","type":{"type":"enum","name":"E","symbols":[]}}]}',
    );
    const text = '{"type":"record","name":"R","fields":[{"name":"o","type":"O"},{"name":"e","type":"E"}]}';
    expect(store(text, [outer])).toBe(text.replace('"type":"E"', '"type":{"type":"enum","name":"E","symbols":[]}'));
  });

  it('may be written out once more, the same', () => {
    const inlined = (doc: string) =>
      record(`{"name":"c","type":{"type":"record","name":"City","namespace":"g"${doc},"fields":[]}}`);
    expect(store(inlined(',"doc":"d"'), [city])).toBe(record('{"name":"c","type":"g.City"}'));
    expect(store(inlined(',"p":1'), [city])).toBe("Can't redefine: g.City");
    const list = '{"type":"record","name":"L","fields":[{"name":"l","type":["null","L"]}]}';
    expect(
      store(record(`{"name":"l","type":${list.replace('"L"', '"L","namespace":""')}}`), [reference('L', list)]),
    ).toBe(record('{"name":"l","type":"L"}'));
  });

  it('takes the first of two references with one name', () => {
    const other = reference('City', '{"type":"record","name":"Other","fields":[]}');
    expect(store('"g.City"', [city, other])).toBe('"g.City"');
    expect(store('"Other"', [city, other])).toContain('Unknown schema');
  });

  it('does not find itself equal to the same with another default', () => {
    const stored = record('{"name":"c","type":"g.City"}');
    const inlined = record('{"name":"c","type":{"type":"record","name":"City","namespace":"g","fields":[]}}');
    expect(avroLanguage.equalsInlined(inlined, stored, [city])).toBe(true);
    expect(avroLanguage.equalsInlined(inlined.replace('"x"', '"y"'), stored, [city])).toBe(false);
    expect(avroLanguage.equalsInlined('{', stored, [city])).toBe(false);
  });

  it('takes attributes in another order for equal', () => {
    const [one, two] = ['"p":{"b":1,"a":2},"q":1', '"q":1,"p":{"a":2,"b":1}'];
    const schema = (attributes: string) => `{"type":"record","name":"R","fields":[],${attributes}}`;
    expect(avroLanguage.equalsInlined(schema(one), schema(two), [])).toBe(true);
  });
});

describe('defaults', () => {
  it('fits any branch of a union, at every level', () => {
    const fields = '{"name":"a","type":["null","int"],"default":5}';
    expect(store(record(fields))).toBe(record(fields));
    const nested = '{"name":"a","type":{"type":"array","items":["null","int"]},"default":[null,1]}';
    expect(store(record(nested))).toBe(record(nested));
    expect(store(record('{"name":"a","type":["null","int"],"default":"x"}'))).toBe(
      'Invalid default for field a: "x" not a ["null","int"]',
    );
  });

  it('must be an object while its type is not known, and is asked again when it is', () => {
    const late = '{"type":"record","name":"E","fields":[{"name":"v","type":"int"}]}';
    const fields = (value: string) => `{"name":"a","type":"E","default":${value}},{"name":"b","type":${late}}`;
    expect(store(record(fields('{"v":1}')))).toContain('"default":{"v":1}');
    expect(store(record(fields('{}')))).toBe(
      `Invalid default for field a: {} not a ${late.replace('"E"', '"E","namespace":"x"')}`,
    );
    expect(store(record('{"name":"a","type":["null","R"],"default":1}'))).toBe(
      'Invalid default for field a: 1 not a ["null",{"type":"record","name":"UnresolvedSchema_0",' +
        '"namespace":"org.apache.avro.compiler","doc":"unresolved schema","fields":[],' +
        '"org.apache.avro.idl.unresolved.name":"x.R"}]',
    );
  });

  it('is taken as it is for imports', () => {
    const text = record('{"name":"a","type":"int","default":"x"}');
    expect(answer(text, [], { normalize: false, validate: false })).toBe(text);
  });

  it('does not fit a record that is not complete', () => {
    expect(store(record('{"name":"a","type":"R","default":{}}'))).toBe('Schema fields not set yet');
    const late = (value: string) => `{"type":"record","name":"B","fields":[{"name":"b","type":["null","A"]${value}}]}`;
    const early = '{"type":"record","name":"A","fields":[{"name":"a","type":"B","default":{}}]}';
    expect(store(`[${early},${late(',"default":null')}]`)).toBe('Schema fields not set yet');
    // What is shown of such a record has no fields either.
    const fields = `{"name":"a","type":["E"],"default":{}},{"name":"b","type":${late('').replace('"B"', '"E"').replace('"A"', '"R"')}}`;
    expect(store(record(fields))).toBe(
      'Invalid default for field a: {} not a ' +
        '[{"type":"record","name":"E","namespace":"x","fields":[{"name":"b","type":["null",{"type":"record","name":"R"}]}]}]',
    );
  });
});

describe('attributes', () => {
  const big = '123456789012345678901234567890';

  it('keeps whole numbers beyond 64 bits only where Java does not copy the schema', () => {
    expect(store(`{"type":"int","p":${big}}`)).toBe(`{"type":"int","p":${big}}`);
    expect(store(`{"type":"map","values":"int","p":${big}}`)).toBe("Can't set a property to null: p");
    expect(store(`{"type":"array","items":"int","p":[${big}]}`)).toContain('"datum" is null');
  });

  it('drops those beside the name of another type', () => {
    const fixed = '{"type":"fixed","name":"F","size":1}';
    expect(store(`[${fixed},{"type":"array","items":{"type":"F","p":1}}]`)).toBe(
      `[${fixed},{"type":"array","items":"F"}]`,
    );
  });

  it('sorts a valid logical type first when normalising, and one that does not fit like any other', () => {
    const rest = '"zz":1,"aa":2';
    expect(normalize(`{"type":"long",${rest},"logicalType":"timestamp-nanos"}`)).toBe(
      '{"type":"long","logicalType":"timestamp-nanos","aa":2,"zz":1}',
    );
    expect(normalize(`{"type":"int",${rest},"logicalType":"timestamp-nanos"}`)).toBe(
      '{"type":"int","aa":2,"logicalType":"timestamp-nanos","zz":1}',
    );
    expect(normalize(`{"type":"fixed","name":"D","size":12,${rest},"logicalType":"duration"}`)).toBe(
      '{"type":"fixed","name":"D","size":12,"logicalType":"duration","aa":2,"zz":1}',
    );
  });
});

describe('the text', () => {
  it('ends with the schema, as far as Jackson has read a long one', () => {
    const [start, end] = ['{"type":"record","name":"R","doc":"', '","fields":[]}'];
    const text = (length: number) => start + 'd'.repeat(length - start.length - end.length) + end;
    expect(store(`${text(100)} x y \n`)).toBe('dangling content after end of schema: x y');
    expect(store(`${text(40_000)}x`)).toBe(text(40_000));
    expect(store(`${text(39_990)}${' '.repeat(8)}yzw`)).toBe('dangling content after end of schema: yz');
  });

  it('may hold only a comment', () => {
    expect(store('/* nothing */ // at all')).toBe('Cannot parse <null> schema');
  });

  it('is told at a place where lines end as they like', () => {
    expect(store('{\r\n"a"\r:\n tru}')).toMatch(/^.*Unrecognized token 'tru'.*\n.*line: 4, column: 2\]$/s);
  });
});
