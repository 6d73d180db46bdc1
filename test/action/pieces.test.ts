import { describe, expect, it, vi } from 'vitest';
import { commentBody, commentMarker } from '../../src/action/comment.ts';
import { lineOf } from '../../src/action/line-of.ts';
import { code, codeBlock } from '../../src/action/markdown.ts';
import { Secrets } from '../../src/action/secrets.ts';

describe('lineOf', () => {
  const avro = [
    '{',
    '  "type": "record",',
    '  "fields": [',
    '    {"name": "a"},',
    '    {',
    '      "name": "b"',
    '    }',
    '  ]',
    '}',
  ];
  it.each([
    ['/fields/1', 5],
    ['/fields/1/name', 6],
    ['/fields/7/type', 3],
    ['#/type', 2],
    ['', 1],
    ['/nothing', 1],
  ])('finds %s of JSON in line %i', (path, line) => {
    expect(lineOf(avro.join('\n'), path)).toBe(line);
  });

  const proto = ['syntax = "proto3";', '', 'message Order {', '  string id = 1;', '  int64 total = 12;', '}'];
  it.each([
    ['#/Order', 3],
    ['#/Order/total', 5],
    ['#/Order/12', 5],
    ['#/Order/1', 4],
    ['#/Other', 1],
  ])('finds %s of Protobuf in line %i', (path, line) => {
    expect(lineOf(proto.join('\n'), path)).toBe(line);
  });

  it('takes whatever a file of a fork holds', () => {
    const bomb = ['{"a": &a [1,2,3],', ...Array.from({ length: 40 }, (_, at) => `"k${at}": [*a, *a, *a],`), '"z": 1}'];
    expect(lineOf(bomb.join('\n'), '/z')).toBe(42);
    expect(lineOf('{"a": ', '/a/b')).toBe(1);
    expect(lineOf('{{{{[[[[', '/a')).toBe(1);
    expect(lineOf('message ( {', '#/a(b)/*')).toBe(1);
  });
});

describe('a comment', () => {
  it('has a marker of its own for every place', () => {
    expect(commentMarker('a', 'b')).toMatch(/^<!-- srgit:[0-9a-f]{20} -->$/);
    expect(commentMarker('a', 'b')).toBe(commentMarker('a', 'b'));
    expect(commentMarker('ab', '')).not.toBe(commentMarker('a', 'b'));
  });

  it('is cut at a line, and what was open is closed', () => {
    const marker = commentMarker('x');
    const fits = commentBody(marker, 'x\n'.repeat(20_000), undefined);
    expect(fits).toBe(`${marker}\n${'x\n'.repeat(20_000)}`);
    const text = `<details><summary>s</summary>\n\n\`\`\`\`text\n${'line of it 😀\n'.repeat(10_000)}\`\`\`\`\n</details>\n`;
    const cut = commentBody(marker, text, 'https://github.com/acme/schemas/actions/runs/1');
    expect(cut.length).toBeLessThan(60_000);
    expect(cut.isWellFormed()).toBe(true);
    expect(cut).toContain('line of it 😀\n````\n\n</details>\n\n_The rest is too long');
    expect(cut).toContain('(https://github.com/acme/schemas/actions/runs/1)');
  });
});

describe('text of others', () => {
  it('cannot end the code that it is in', () => {
    expect(code('a`b``c')).toBe('```a`b``c```');
    expect(code('`')).toBe('`` ` ``');
    expect(codeBlock('```\n@everyone')).toBe('````text\n```\n@everyone\n````');
    expect(codeBlock('a\u001b[31mb')).toBe('```text\na\\u001b[31mb\n```');
  });
});

describe('secrets', () => {
  it('are told to the runner and taken out of texts, in every form that they have', () => {
    const told: string[] = [];
    const write = vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
      told.push(String(text));
      return true;
    });
    const secrets = new Secrets();
    secrets.maskConfig({
      tree: '/tree',
      registry: {
        urls: ['https://user:pa%40ss-word@host'],
        auth: { type: 'basic', username: 'me', password: 'hunter2' },
        tls: { clientKey: '-----BEGIN PRIVATE KEY-----\nMIIEvQIBADAN\n-----END PRIVATE KEY-----\n' },
        headers: { Authorization: 'Bearer abcdefghijklmnop', 'X-Team': 'data' },
        proxy: {},
      },
    } as unknown as Parameters<Secrets['maskConfig']>[0]);
    write.mockRestore();
    const basic = Buffer.from('me:hunter2').toString('base64');
    const text = `hunter2 ${basic} pa@ss-word pa%40ss-word MIIEvQIBADAN abcdefghijklmnop data me`;
    expect(secrets.hide(text)).toBe('*** *** *** *** *** *** data me');
    expect(told.join('')).toContain('::add-mask::hunter2');
    expect(told.join('')).not.toContain('::add-mask::-----BEGIN PRIVATE KEY-----\n');
  });
});
