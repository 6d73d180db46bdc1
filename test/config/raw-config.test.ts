import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseRawConfig } from '../../src/config/raw-config.ts';
import { configError } from './support.ts';

const parse = (text: string, env: NodeJS.ProcessEnv = {}) => parseRawConfig(text, 'srgit.yaml', env);
const messageOf = (text: string, env: NodeJS.ProcessEnv = {}) => configError(() => parse(text, env)).message;

describe('variables', () => {
  it('are replaced in values, several in one, with defaults', () => {
    // biome-ignore-start lint/suspicious/noTemplateCurlyInString: variables as the file has them
    const text = 'tree: "${A}/${B:-b}/${C:-}"\nregistries: { "${A}": { url: ["http://${A}", "${D:-http://d:1}"] } }\n';
    expect(parse(text, { A: 'a', B: '', C: 'c' }).raw).toEqual({
      tree: 'a/b/c',
      registries: { '${A}': { url: ['http://a', 'http://d:1'] } },
    });
    // biome-ignore-end lint/suspicious/noTemplateCurlyInString: variables as the file has them
  });

  it('are not replaced within what they are replaced by', () => {
    // biome-ignore lint/suspicious/noTemplateCurlyInString: variables as the file has them
    expect(parse('tree: "${A}"', { A: '${B} $& $1', B: 'no' }).raw.tree).toBe('${B} $& $1');
  });

  it('become numbers and booleans where such are wanted, and only there', () => {
    const text =
      // biome-ignore lint/suspicious/noTemplateCurlyInString: variables as the file has them
      'registries: { a: { url: http://a, concurrency: "${N}", timeout_seconds: "${T:-1.5}", auth: { password: "${P}" } } }\nbackup: { include_sensitive: "${S}" }';
    expect(parse(text, { N: '8', P: '0123', S: 'true' }).raw).toMatchObject({
      registries: { a: { concurrency: 8, timeout_seconds: 1.5, auth: { password: '0123' } } },
      backup: { include_sensitive: true },
    });
    expect(messageOf(text, { N: 'many', P: 'x', S: 'yes' })).toBe(
      'srgit.yaml:1:48 registries.a.concurrency must be integer\nsrgit.yaml:2:30 backup.include_sensitive must be boolean',
    );
    expect(messageOf(text, { N: '0', P: 'x', S: 'true' })).toContain('concurrency must be >= 1');
  });

  it('without a value are told with their place', () => {
    // biome-ignore lint/suspicious/noTemplateCurlyInString: variables as the file has them
    const { unset } = parse('tree: x\nregistries:\n  a: { url: [http://x, "${U}"], concurrency: "${N}" }\n');
    expect(unset).toEqual([
      { name: 'U', path: ['registries', 'a', 'url', '1'], place: '3:24' },
      { name: 'N', path: ['registries', 'a', 'concurrency'], place: '3:46' },
    ]);
  });
});

describe('mistakes', () => {
  it.each([
    ['tre: x', '1:1 unknown key "tre"; did you mean "tree"?'],
    [
      'registries:\n  prod:\n    ulr: http://x\n    url: http://y',
      '3:5 unknown key "ulr" in registries.prod; did you mean "url"?',
    ],
    [
      'backup: { include_softdeleted: true }',
      '1:11 unknown key "include_softdeleted" in backup; did you mean "include_soft_deleted"?',
    ],
    [
      'git: { qqqqqqqq: 1 }',
      '1:8 unknown key "qqqqqqqq" in git; known here: branch, remote, author_name, author_email',
    ],
    ['registries: { a: { url: [] } }', '1:25 registries.a.url must NOT have fewer than 1 items'],
    ['registries: { a: { url: 5 } }', '1:25 registries.a.url must be a string or a list'],
    ['registries: { a: {} }', "1:18 registries.a must have required property 'url'"],
    [
      'registries: { a: { url: http://x, auth: { type: kerberos } } }',
      '1:49 registries.a.auth.type must be one of none, basic, bearer, oauth, mtls',
    ],
    ['backup: { include_versions: newest }', '1:29 backup.include_versions must be one of all, latest'],
    ['registries: { a: { url: http://x, concurrency: 1000 } }', '1:48 registries.a.concurrency must be <= 256'],
    ['tree: 5', '1:7 tree must be string'],
    ['tree:', '1:6 tree must be string'],
    ['- a\n- b', '1:1 the file must be object'],
    ['just text', '1:1 the file must be object'],
    ['tree: a\ntree: b', '2:1 Map keys must be unique'],
    ['backup:\n\tsubjects: x', '2:1 Tabs are not allowed as indentation'],
    ['tree: a\n---\ntree: b', '3:1 the file has several YAML documents; srgit.yaml is one'],
    ['tree: "a', '1:9 Missing closing "quote'],
    [
      '__proto__: { tree: x }',
      '1:1 unknown key "__proto__"; known here: tree, registry, registries, backup, restore, git, kafka, storage, replay',
    ],
  ])('%j', (text, message) => {
    expect(messageOf(text)).toBe(`srgit.yaml:${message}`);
  });

  it('are told all at once, at most a dozen', () => {
    expect(messageOf('tre: x\ngit: { branch: 5, remot: y }\nbackup: { schema_types: [XML] }').split('\n')).toEqual([
      'srgit.yaml:1:1 unknown key "tre"; did you mean "tree"?',
      'srgit.yaml:3:26 backup.schema_types.0 must be one of AVRO, JSON, PROTOBUF',
      'srgit.yaml:2:19 unknown key "remot" in git; did you mean "remote"?',
      'srgit.yaml:2:16 git.branch must be string',
    ]);
    const many = Array.from({ length: 40 }, (_, index) => `unknown${index}: 1`).join('\n');
    expect(messageOf(many).split('\n')).toHaveLength(13);
    expect(messageOf(many)).toMatch(/… and 28 more$/);
  });
});

describe('odd YAML', () => {
  it.each(['', '# nothing\n', '---\n', '\uFEFF', '{}', '~'])('%j is an empty configuration', (text) => {
    expect(parse(text).raw).toEqual({});
  });

  it('has anchors, aliases and merge keys', () => {
    const { raw, hasAliases } = parse(`
registries:
  a: &a { url: http://a, auth: &auth { username: u, password: p } }
  b: { <<: *a, url: http://b }
  c: { url: http://c, auth: *auth }
`);
    expect(raw.registries).toEqual({
      a: { url: 'http://a', auth: { username: 'u', password: 'p' } },
      b: { url: 'http://b', auth: { username: 'u', password: 'p' } },
      c: { url: 'http://c', auth: { username: 'u', password: 'p' } },
    });
    expect(hasAliases).toBe(true);
  });

  it('does not expand a billion laughs', () => {
    const levels = Array.from({ length: 30 }, (_, at) => `  l${at + 1}: &l${at + 1} [${`*l${at},`.repeat(9)}]`);
    const text = `kafka:\n  l0: &l0 [ha,ha,ha,ha,ha,ha,ha,ha,ha]\n${levels.join('\n')}\n`;
    expect(messageOf(text)).toBe('srgit.yaml:1:1 aliases expand to too much');
  });

  it('may be nested too deeply', () => {
    expect(messageOf(`tree: ${'['.repeat(50_000)}`)).toMatch(/^srgit\.yaml:\d+:\d+ /);
  });

  it('may be CRLF', () => {
    expect(parse('tree: x\r\ngit:\r\n  branch: b\r\n').raw).toEqual({ tree: 'x', git: { branch: 'b' } });
  });
});

describe('secrets', () => {
  it.each([
    'hunter2: x',
    '*hunter2',
    '|hunter2',
    '"hunter2',
    '"hunter2" hunter2',
    "'hunter2'hunter2'",
    '"\\hunter2"',
    '@hunter2',
    '%hunter2',
    '!hunter2 [hunter2]',
    '{hunter2',
    '[hunter2',
    '[hunter2]',
    '&a hunter2\n      x: y',
    '? hunter2',
    '\n      ! hunter2',
    '\n      hunter2:',
    '\n      "a hunter2": b',
  ])('a password written %s does not come out in the error', (password) => {
    expect(messageOf(`registries:\n  a:\n    url: http://a\n    auth:\n      password: ${password}\n`)).not.toContain(
      'hunter2',
    );
  });

  it('no value comes out of an error, whatever the file is', () => {
    const value = fc.oneof(
      fc.constantFrom('SECRET', '*SECRET', '[SECRET]', '{a: SECRET}', '"SECRET', '- SECRET', '| SECRET', '&SECRET'),
      fc.string({ unit: fc.constantFrom(...'{}[]&*!|>\'"%@`,:-# \n\tx'), maxLength: 6 }).map((text) => `${text}SECRET`),
    );
    const key = fc.constantFrom('tree', 'registry', '    password', '  url', 'backup', 'git', '  - x');
    fc.assert(
      fc.property(fc.array(fc.tuple(key, value), { minLength: 1, maxLength: 5 }), (lines) => {
        const text = lines.map(([name, secret]) => `${name}: ${secret}`).join('\n');
        let message = '';
        try {
          parse(text);
        } catch {
          message = messageOf(text);
        }
        // A name may be shown: what is left of a key's colon, and a value behind it, is one.
        expect(message.replace(/unknown key "\w[\w.-]*"( in [^;]*)?|^srgit.*(?=must )/gm, '')).not.toContain('SECRET');
      }),
      { numRuns: 2_000 },
    );
  });
});
