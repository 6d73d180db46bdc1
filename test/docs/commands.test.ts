/** Every `srgit` command on a page has a name and flags that exist: what a page shows can be typed. */
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '../..');
const COMMANDS = join(ROOT, 'src/commands');
/** Of oclif itself, and of a command that has no words of its own. */
const EVERYWHERE = ['--help', '-h', '--json', '--version'];
const LEFT_OUT = new Set(['node_modules', 'dist', 'dist-action', 'fixtures', '.git', 'bench']);

interface Flag {
  readonly char?: string;
  readonly aliases?: readonly string[];
  readonly allowNo?: boolean;
}

interface CommandClass {
  readonly flags?: Readonly<Record<string, Flag>>;
  readonly baseFlags?: Readonly<Record<string, Flag>>;
}

const flagsOf = new Map<string, ReadonlySet<string>>();

beforeAll(async () => {
  for (const file of readdirSync(COMMANDS, { recursive: true, encoding: 'utf8' })) {
    if (!file.endsWith('.ts')) continue;
    const name = file
      .replace(/\.ts$/, '')
      .replaceAll(sep, ' ')
      .replace(/ index$/, '');
    const loaded = (await import(join(COMMANDS, file))) as { default?: CommandClass };
    const flags = Object.entries({ ...loaded.default?.baseFlags, ...loaded.default?.flags });
    const names = flags.flatMap(([flag, { char, aliases = [], allowNo }]) => [
      ...[`--${flag}`, ...aliases.map((alias) => `--${alias}`)],
      ...(char === undefined ? [] : [`-${char}`]),
      ...(allowNo === true ? [`--no-${flag}`] : []),
    ]);
    flagsOf.set(name, new Set([...names, ...EVERYWHERE]));
  }
});

function pagesIn(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    if (LEFT_OUT.has(entry.name)) return [];
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return pagesIn(path);
    return entry.name.endsWith('.md') ? [path] : [];
  });
}

/** Of blocks and of code within the text: each from `srgit` to what ends it. */
function commandsIn(page: string): readonly string[] {
  const blocks = [...page.matchAll(/^ *```(?:sh|console|yaml|bash)[^\n]*\n(.*?)^ *```/gms)].map(([, block = '']) =>
    block.replaceAll(/\\\n\s*/g, ' '),
  );
  const inline = [...page.replaceAll(/^ *```.*?^ *```/gms, '').matchAll(/`(srgit [^`]+)`/g)].map(([, code = '']) =>
    code.replaceAll(/\s*\n\s*/g, ' '),
  );
  return [...blocks, ...inline].flatMap((text) =>
    text.split('\n').flatMap((line) => {
      const code = line.replace(/(^|\s)#\s.*$/, '');
      return [...code.matchAll(/(?:^|[;&|]\s*|\$ |\s)srgit ([a-z][^;&|>]*)/g)].map(([, words = '']) => words.trim());
    }),
  );
}

function faultOf(words: string): string | undefined {
  const parts = words.replaceAll(/'[^']*'|"[^"]*"/g, 'WORD').split(/\s+/);
  const name = [3, 2, 1].map((count) => parts.slice(0, count).join(' ')).find((start) => flagsOf.has(start));
  if (name === undefined) {
    const isTopic = [...flagsOf.keys()].some((known) => known.startsWith(`${parts[0]} `));
    return isTopic && parts.length === 1 ? undefined : 'no such command';
  }
  const flags = flagsOf.get(name) ?? new Set();
  const unknown = parts
    .filter((part) => /^--?[a-z]/.test(part))
    .map((part) => part.replace(/[=,.)].*$/, ''))
    .find((part) => !flags.has(part));
  return unknown === undefined ? undefined : `${name} has no ${unknown}`;
}

describe('commands on the pages', () => {
  it('can be typed', () => {
    let count = 0;
    const faults = pagesIn(ROOT).flatMap((path) =>
      commandsIn(readFileSync(path, 'utf8')).flatMap((words) => {
        count++;
        const fault = faultOf(words);
        return fault === undefined ? [] : [`${relative(ROOT, path)}: srgit ${words}: ${fault}`];
      }),
    );
    expect(faults).toEqual([]);
    expect(count).toBeGreaterThan(100);
  });

  it('have flags that some command has, where a page names a flag alone', () => {
    // Of other programs: git, curl, npm, docker, kubectl.
    const foreign = new Set([
      '--fail-with-body',
      '--data-binary',
      '--build-arg',
      '--ignore-scripts',
      '--list',
      '--check',
    ]);
    const known = new Set([...flagsOf.values()].flatMap((flags) => [...flags]));
    const faults = pagesIn(ROOT).flatMap((path) => {
      const text = readFileSync(path, 'utf8').replaceAll(/^ *```.*?^ *```/gms, '');
      return [...text.matchAll(/`(--[a-z][^`]*)`/g)].flatMap(([, code = '']) =>
        [...code.replaceAll('[no-]', '').matchAll(/(?<=^|\s)--[a-z][a-z-]*/g)]
          .map(([flag]) => flag)
          .filter((flag) => !known.has(flag) && !foreign.has(flag))
          .map((flag) => `${relative(ROOT, path)}: ${flag}`),
      );
    });
    expect(faults).toEqual([]);
  });

  it('would be refused otherwise', () => {
    expect(faultOf('exprot --commit')).toBe('no such command');
    expect(faultOf('export --comit')).toBe('export has no --comit');
    expect(faultOf("topic rebuild --to 'kafka:a b' --ref HEAD~1")).toBeUndefined();
  });
});
