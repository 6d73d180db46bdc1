/** Sources that are cut, changed or made to do harm: a clear error or a report that names the damage, and nothing half-written. */
import { existsSync, mkdirSync, readFileSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { writeZip } from '../../../src/archive/write-zip.ts';
import { isSrgitError } from '../../../src/errors.ts';
import { temporaryFolder } from '../../support/trees.ts';
import { copyFixture, FIXTURES, importHere, rowNames, soundTree, treeExists } from './support.ts';

const seed = Number(process.env['SRGIT_SEED'] ?? Date.now() % 1_000_000_007);
const numRuns = Number(process.env['SRGIT_RUNS'] ?? 15);
const TEST_MS = 240_000;

/** What may come of a damaged source; anything else is thrown on. */
type Outcome = 'error' | 'refused' | 'taken';

async function outcomeOf(cwd: string, from: string): Promise<Outcome> {
  try {
    const { outcome, faults, conflicts } = await importHere(cwd, from);
    if (outcome !== 'refused') {
      await soundTree(cwd);
      return 'taken';
    }
    expect(faults.length + conflicts.length).toBeGreaterThan(0);
    expect(treeExists(cwd)).toBe(false);
    return 'refused';
  } catch (error) {
    if (!isSrgitError(error, 'SRGIT_ARCHIVE_INVALID', 'SRGIT_ARCHIVE_MISSING', 'SRGIT_RECORDS_DAMAGED')) throw error;
    expect(error.message).not.toBe('');
    expect(treeExists(cwd)).toBe(false);
    return 'error';
  }
}

/** The file that is damaged, and whether a cut anywhere but between two records must be seen. */
const FILES = [
  { kind: 'console', name: 'console-all.txt', isText: true },
  { kind: 'kcat', name: 'kcat.jsonl', isText: true },
  { kind: 'karapace', name: 'karapace-v1.json', isText: false },
  { kind: 'karapace', name: 'karapace-v2', isText: true },
  { kind: 'karapace', name: 'karapace-v3/_schemas.metadata', isText: false },
  { kind: 'apicurio', name: 'apicurio-3.zip', isText: false },
  { kind: 'apicurio', name: 'apicurio-2.zip', isText: false },
  { kind: 'gitops', name: 'gitops/state.yaml', isText: false },
  { kind: 'ccloud-exporter', name: 'ccloud-exporter/orders-value-3-5-AVRO', isText: false, folder: 'ccloud-exporter' },
  { kind: 'files', name: 'files/payments.v4.proto', isText: false, folder: 'files' },
] as const;

describe.each(FILES)('$name', ({ kind, name, isText, ...more }) => {
  const [top = ''] = name.split('/');
  const prepare = (change: (bytes: Buffer) => Buffer): { cwd: string; from: string; changed: boolean } => {
    const cwd = temporaryFolder();
    copyFixture(cwd, top);
    const file = join(cwd, 'source', name);
    const before = readFileSync(file);
    const after = change(Buffer.from(before));
    writeFileSync(file, after);
    const from = 'folder' in more ? join(cwd, 'source', more.folder) : file;
    return { cwd, from: `${kind}:${from}`, changed: !after.equals(before) };
  };

  it(`is refused or sound wherever it is cut (SRGIT_SEED=${seed})`, { timeout: TEST_MS }, async () => {
    const bytes = readFileSync(join(FIXTURES, name));
    await fc.assert(
      fc.asyncProperty(fc.nat(bytes.length - 1), async (end) => {
        const { cwd, from } = prepare((whole) => whole.subarray(0, end));
        const outcome = await outcomeOf(cwd, from);
        const isBetween = end === 0 || bytes[end - 1] === 0x0a || bytes[end] === 0x0a;
        if (isText && !isBetween) expect(outcome, `cut at ${end}`).not.toBe('taken');
        // Checksums and sizes see every cut.
        if (kind === 'apicurio' || name.includes('v3')) expect(outcome, `cut at ${end}`).toBe('error');
      }),
      { numRuns, seed },
    );
  });

  it(`is refused or sound whatever byte is another (SRGIT_SEED=${seed})`, { timeout: TEST_MS }, async () => {
    const bytes = readFileSync(join(FIXTURES, name));
    await fc.assert(
      fc.asyncProperty(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), async (at, by) => {
        const { cwd, from } = prepare((whole) => {
          whole[at] = (whole[at] ?? 0) ^ by;
          return whole;
        });
        await outcomeOf(cwd, from);
      }),
      { numRuns, seed },
    );
  });
});

it('a dump that ends behind the separator of its last line is refused', { timeout: TEST_MS }, async () => {
  const cwd = temporaryFolder();
  copyFixture(cwd, 'console-all.txt');
  const file = join(cwd, 'source', 'console-all.txt');
  const whole = readFileSync(file, 'latin1');
  writeFileSync(file, whole.slice(0, whole.lastIndexOf('\t') + 1), 'latin1');
  expect(await outcomeOf(cwd, `console:${file}`)).toBe('refused');
});

describe('everything that is wrong', () => {
  it('is named at once, and left out when that is asked for, with what refers to it', {
    timeout: TEST_MS,
  }, async () => {
    const cwd = temporaryFolder();
    const folder = copyFixture(cwd, 'ccloud-exporter');
    truncateSync(join(folder, 'address-1-3-AVRO'), 20);
    writeFileSync(join(folder, 'payments-value-2-8-PROTOBUF'), 'message {');
    writeFileSync(join(folder, 'payments-value-3-7-PROTOBUF'), 'syntax = "proto3"; message Other {}');
    writeFileSync(join(folder, 'latin-1-20-JSON'), Buffer.from([0x22, 0xe9, 0x22]));
    writeFileSync(join(folder, 'x-1-2147483648-AVRO'), '"int"');
    const result = await importHere(cwd, folder);
    expect(result.outcome).toBe('refused');
    expect(treeExists(cwd)).toBe(false);
    expect(result.faults.map(({ place }) => place).sort()).toEqual([
      'address-1-3-AVRO',
      'latin-1-20-JSON',
      'orders-value-3-5-AVRO',
      'payments-value-2-8-PROTOBUF',
      'payments-value-3-7-PROTOBUF',
    ]);
    expect(result.leftOut.map(({ place }) => place)).toContain('x-1-2147483648-AVRO');
    expect(await importHere(cwd, folder, { skipDamaged: true })).toMatchObject({ outcome: 'written' });
    expect(rowNames(await soundTree(cwd))).toEqual([
      'address copy 1 = 3',
      'common/money.proto 1 = 6',
      'customers of today 1 = 9',
      'orders-value 1 = 1',
      'payments-value 1 = 7',
      ':.staging:carts 1 = 1',
    ]);
  });

  it('in a dump of the console has its line', { timeout: TEST_MS }, async () => {
    const cwd = temporaryFolder();
    const file = join(cwd, 'dump.txt');
    const lines = readFileSync(join(FIXTURES, 'console.txt'), 'utf8').split('\n');
    lines[2] = '[2026-01-01 00:00:00] WARN the broker is slow';
    lines[3] = `${lines[3]?.slice(0, -5)}`;
    writeFileSync(file, lines.join('\n'));
    const { faults } = await importHere(cwd, `console:${file}`);
    expect(faults.map(({ place }) => place)).toEqual(expect.arrayContaining(['line 3', 'line 4']));
  });

  it('in a state of schema-registry-gitops has its place', { timeout: TEST_MS }, async () => {
    const cwd = temporaryFolder();
    const file = join(cwd, 'state.yaml');
    writeFileSync(
      file,
      'compatibility: SOMETIMES\nsubjects:\n  - schema: "x"\n  - name: a\n  - name: b\n    file: gone.avsc\n  - name: c\n    type: XML\n    schema: "<x/>"\n  - 5\n',
    );
    const { faults } = await importHere(cwd, file);
    expect(faults.map(({ place, why }) => `${place}: ${why}`)).toEqual([
      'state.yaml: "SOMETIMES" is no compatibility level',
      'state.yaml: subjects[0]: it has no `name`',
      'state.yaml: subjects[1] a: it has neither `schema` nor `file`',
      'state.yaml: subjects[2] b: its file gone.avsc is not there',
      'state.yaml: subjects[3] c: "XML" is no type',
      'state.yaml: subjects[4]: it is no mapping',
    ]);
  });
});

describe('an import that is stopped', () => {
  it('leaves no tree or a whole one, and the next one goes well', { timeout: TEST_MS }, async () => {
    const cwd = temporaryFolder();
    let interrupted = 0;
    for (let stop = 1; ; stop++) {
      const abort = new AbortController();
      let told = 0;
      const onProgress = (): void => {
        if (++told === stop) abort.abort();
      };
      const from = join(FIXTURES, 'apicurio-3.zip');
      const asked = { signal: abort.signal, onProgress, merge: true };
      const thrown: unknown = await importHere(cwd, from, asked).then(
        () => undefined,
        (error: unknown) => error,
      );
      if (thrown === undefined) break;
      expect(thrown).toMatchObject({ code: 'SRGIT_INTERRUPTED' });
      interrupted++;
      if (existsSync(join(cwd, 'schemas/manifest.json'))) await soundTree(cwd);
    }
    expect(interrupted).toBeGreaterThan(3);
    expect(rowNames(await soundTree(cwd)).length).toBe(8);
  });
});

describe('a source that was made to do harm', () => {
  it('does not make srgit read files beside it', { timeout: TEST_MS }, async () => {
    const cwd = temporaryFolder();
    mkdirSync(join(cwd, 'state'));
    writeFileSync(join(cwd, 'secret.avsc'), '"string"');
    symlinkSync(join(cwd, 'secret.avsc'), join(cwd, 'state', 'link.avsc'));
    const subjects = ['../secret.avsc', 'link.avsc', join(cwd, 'secret.avsc')].map(
      (file, at) => `  - name: s${at}\n    file: ${file}\n`,
    );
    writeFileSync(join(cwd, 'state/state.yaml'), `subjects:\n${subjects.join('')}`);
    const { outcome, faults } = await importHere(cwd, join(cwd, 'state'));
    expect([outcome, faults.length]).toEqual(['refused', 3]);
    for (const { why } of faults) expect(why).toContain('outside');
  });

  it('does not have its links followed', { timeout: TEST_MS }, async () => {
    const cwd = temporaryFolder();
    const folder = copyFixture(cwd, 'files');
    symlinkSync('/etc', join(folder, 'etc'));
    symlinkSync('/etc/hostname', join(folder, 'host.proto'));
    const { outcome, leftOut } = await importHere(cwd, folder);
    expect(outcome).toBe('written');
    expect(leftOut.map(({ place }) => place)).toEqual(expect.arrayContaining(['etc', 'host.proto']));
  });

  it('does not lead out of the tree by names of subjects', { timeout: TEST_MS }, async () => {
    const cwd = temporaryFolder();
    const folder = join(cwd, 'backup');
    mkdirSync(folder);
    for (const name of ['..%2F..%2Fescape', '%2Fetc%2Fpasswd', 'CON', '..', '%00null', 'a%0Ab']) {
      writeFileSync(join(folder, `${name}-1-1-AVRO`), '"string"');
    }
    const refused = await importHere(cwd, `ccloud-exporter:${folder}`);
    expect(refused.faults.map(({ place }) => place).sort()).toEqual(['%00null-1-1-AVRO', 'a%0Ab-1-1-AVRO']);
    await importHere(cwd, `ccloud-exporter:${folder}`, { skipDamaged: true });
    expect(rowNames(await soundTree(cwd)).length).toBe(4);
    expect(existsSync(join(cwd, '../escape'))).toBe(false);
  });

  it('does not fill the memory with aliases of YAML', { timeout: TEST_MS }, async () => {
    const cwd = temporaryFolder();
    const levels = Array.from(
      { length: 12 },
      (_, at) => `l${at + 1}: &l${at + 1} [${Array(9).fill(`*l${at}`).join(', ')}]`,
    );
    writeFileSync(join(cwd, 'state.yaml'), `l0: &l0 x\n${levels.join('\n')}\nsubjects: *l12\n`);
    expect((await importHere(cwd, `gitops:${join(cwd, 'state.yaml')}`)).outcome).toBe('refused');
  });

  it('does not unpack without end, nor twice, nor elsewhere', { timeout: TEST_MS }, async () => {
    const cwd = temporaryFolder();
    const file = join(cwd, 'x.zip');
    const refusal = async (): Promise<string> => {
      const error: unknown = await importHere(cwd, `apicurio:${file}`).then(
        () => undefined,
        (thrown: unknown) => thrown,
      );
      expect(error).toMatchObject({ code: 'SRGIT_ARCHIVE_INVALID' });
      return String(error);
    };
    await writeZip(file, [{ path: 'content/a.Content.data', content: () => Buffer.alloc(80 * 1024 * 1024) }]);
    expect(await refusal()).toContain('more than srgit takes');
    // The directory says that it is small.
    const bytes = readFileSync(file);
    const size = Buffer.alloc(4);
    size.writeUInt32LE(80 * 1024 * 1024);
    for (let at = bytes.indexOf(size); at >= 0; at = bytes.indexOf(size, at + 1)) bytes.writeUInt32LE(10, at);
    writeFileSync(file, bytes);
    expect(await refusal()).toContain('no sound ZIP');
    await writeZip(file, [{ path: 'aa/escape.Content.data', content: () => Buffer.from('x') }]);
    writeFileSync(
      file,
      Buffer.from(readFileSync(file).toString('latin1').replaceAll('aa/escape', '../escape'), 'latin1'),
    );
    expect(await refusal()).toContain('no sound ZIP');
    const same = { path: 'content/a.Content.data', content: () => Buffer.from('x') };
    await writeZip(file, [same, same]);
    expect(await refusal()).toContain('two entries');
    expect(treeExists(cwd)).toBe(false);
  });
});
