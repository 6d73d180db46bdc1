/** `srgit decode` as people type it, on the example tree and on a registry. */
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { deflateSync } from 'node:zlib';
import { beforeAll, describe, expect, it } from 'vitest';
import { bytesFromFile, bytesFromText, parseRecordHeader } from '../../src/app/decode/record-bytes.ts';
import { type DecodeRecordOptions, decodeRecord } from '../../src/app/decode-record.ts';
import { stateFromSnapshot } from '../../src/semantics/snapshot-state.ts';
import { loadTree } from '../../src/tree/load-tree.ts';
import { cliEntry, runCli, runCliJson } from '../support/cli.ts';
import { registryDuringTest } from '../support/embedded-registry.ts';
import { git } from '../support/git.ts';
import { temporaryFolder } from '../support/trees.ts';

const EXAMPLE = join(import.meta.dirname, '../../schemas-example');
/** By payments-value version 1 (id 3): two strings, a message of another file, one of a oneof. */
const PAYMENT = '0000000003000a02703112026f311a030a01312a03636831';

beforeAll(async () => {
  await cliEntry();
});

function exampleFolder(): string {
  const cwd = temporaryFolder();
  cpSync(EXAMPLE, join(cwd, 'schemas'), { recursive: true });
  return cwd;
}

const text = (word: string) => Buffer.concat([Buffer.from([2 * word.length]), Buffer.from(word)]);
const frame = (id: number, ...parts: readonly (Buffer | string)[]) => {
  const head = Buffer.alloc(5);
  head.writeInt32BE(id, 1);
  return Buffer.concat([head, ...parts.map((part) => Buffer.from(part))]);
};

describe('srgit decode', () => {
  it('shows a record of the tree, from hex, base64, a file and a pipe', async () => {
    const cwd = exampleFolder();
    const hex = await runCli(['decode', PAYMENT], { cwd });
    expect(hex).toMatchObject({ code: 0, stderr: '' });
    expect(hex.stdout).toBe(
      [
        '24 bytes: schema id 3, payload from byte 5',
        'PROTOBUF payments-value version 1 (id 3)',
        'message shop.Payment',
        '',
        '{',
        '  "payment_id": "p1",',
        '  "order_id": "o1",',
        '  "amount": {',
        '    "currency": "1"',
        '  },',
        '  "iban": "ch1"',
        '}',
        '',
        '✓ read to the last byte',
        '',
      ].join('\n'),
    );
    const bytes = Buffer.from(PAYMENT, 'hex');
    writeFileSync(join(cwd, 'value.bin'), bytes);
    const spaced = PAYMENT.replace(/../g, '$& ').trim();
    for (const [args, stdin] of [
      [[bytes.toString('base64')], ''],
      [[spaced], ''],
      [['@value.bin'], ''],
      [['-'], `${PAYMENT}\n`],
      [['-'], bytes.toString('base64')],
    ] as const) {
      expect((await runCli(['decode', ...args], { cwd, stdin })).stdout).toBe(hex.stdout);
    }
    const { json, code } = await runCliJson(['decode', PAYMENT], { cwd });
    expect(code).toBe(0);
    expect(json).toMatchObject({
      outcome: 'decoded',
      frame: { kind: 'id', id: 3, payloadAt: 5 },
      decoded: { complete: true },
    });
  });

  it('names the byte and the field where a record is damaged, and ends with 1', async () => {
    const cwd = exampleFolder();
    const id = idOf(cwd, 'orders-value', 3);
    const sound = frame(id, text('7d9f'), Buffer.from([0x54, 0xc8, 0x01]), text('CHF'), Buffer.from([0]));
    expect((await runCli(['decode', sound.toString('hex')], { cwd })).stdout).toContain('✓ read to the last byte');
    const cut = await runCli(['decode', sound.subarray(0, -3).toString('hex')], { cwd });
    expect(cut.code).toBe(1);
    expect(cut.stdout).toContain('"total_cents": 100\n}');
    expect(cut.stdout).toContain(
      '✗ byte 14, currency: a string should have 3 bytes, and 1 are left\n✗ does not fit its schema',
    );
    const more = await runCli(['decode', `${sound.toString('hex')}00`], { cwd });
    expect(more.stdout).toContain('✗ byte 18: 1 byte left over behind the value');
  });

  it('says what JSON does not fit', async () => {
    const cwd = exampleFolder();
    const id = idOf(cwd, 'customers-value', 3);
    const { code, stdout } = await runCli(
      ['decode', frame(id, '{"customer_id":0,"email":"a","x\u202e":1}').toString('base64')],
      { cwd },
    );
    expect(code).toBe(1);
    expect(stdout).toContain('byte 20, customer_id: must be >= 1');
    expect(stdout).toContain('additional properties: "x\\u202e"');
    expect(stdout).not.toContain('\u202e');
  });

  it('lists the schemas that could have written a record of an unknown id', async () => {
    const cwd = exampleFolder();
    const unknown = `00000003e7${PAYMENT.slice(10)}`;
    const plain = await runCli(['decode', unknown], { cwd });
    expect(plain.code).toBe(1);
    expect(plain.stdout).toContain('✗ no schema of this id is known\nNo schema here has this id.');
    const guess = await runCli(['decode', unknown, '--guess', '--topic', 'payments'], { cwd });
    expect(guess.code).toBe(0);
    expect(guess.stdout).toContain(
      'of 1 schema tried, 1 reads it to its last byte:\n? PROTOBUF payments-value version 1 (id 3), from byte 5, message shop.Payment',
    );
    const all = await runCliJson(['decode', unknown, '--guess'], { cwd });
    expect(all.json).toMatchObject({ outcome: 'guessed', guesses: expect.any(Array) });
    expect(
      (all.json as { guesses: { schema: { places: { subject: string }[] } }[] }).guesses[0]?.schema.places[0]?.subject,
    ).toBe('payments-value');
    const none = await runCli(['decode', '00000003e7ffffff', '--guess', '--topic', 'orders'], { cwd });
    expect(none.code).toBe(1);
    expect(none.stdout).toContain('tried, none reads it to its last byte');
  });

  it('reads with another schema, a message or a context when told to', async () => {
    const state = stateFromSnapshot((await loadTree(EXAMPLE)).snapshot);
    const decode = (hex: string, options: Omit<DecodeRecordOptions, 'bytes'>) =>
      decodeRecord(state, { bytes: Buffer.from(hex, 'hex'), ...options });
    const payload = PAYMENT.slice(12);
    expect(await decode(payload, { unframed: true, subject: 'payments-value', version: 1 })).toMatchObject({
      outcome: 'decoded',
      frame: { kind: 'none' },
      decoded: { value: { iban: 'ch1' } },
    });
    const money = { unframed: true, subject: 'money.proto', message: 'shop.Money' };
    expect(await decode('0a0131', money)).toMatchObject({
      decoded: { message: 'shop.Money', value: { currency: '1' } },
    });
    expect(await decode('00', { subject: 'nobody' })).toMatchObject({
      outcome: 'no-frame',
      hints: ['There is no live version of the subject nobody.'],
    });
    const order = frame(1, text('a'), Buffer.from([2, 2]), text('CHF'), Buffer.from([1])).toString('hex');
    const gift = { outcome: 'decoded', schema: { context: '.staging' }, decoded: { value: { gift: true } } };
    expect(await decode(order, { context: '.staging' })).toMatchObject(gift);
    // The id means another schema in the default context, which does not read it to the end.
    expect(await decode(order, {})).toMatchObject({ ...gift, others: [{ context: '.', complete: false }] });
    expect(await decode(order, { context: '.nowhere' })).toMatchObject({ outcome: 'unknown-schema' });
    // What the id stands for did not write it, and something else may have.
    const wrong = `0000000001${PAYMENT.slice(10)}`;
    expect(await decode(wrong, { context: '.', guess: true })).toMatchObject({
      outcome: 'problems',
      schema: { id: 1 },
      guesses: expect.arrayContaining([expect.objectContaining({ schema: expect.objectContaining({ id: 3 }) })]),
    });
  });

  it('says what to know of frames of others, of encryption and of missing references', async () => {
    const state = stateFromSnapshot((await loadTree(EXAMPLE)).snapshot);
    const payload = Buffer.from(PAYMENT.slice(12), 'hex');
    const version = '0123456789abcdef0123456789abcdef';
    const glue = Buffer.concat([Buffer.from(`0305${version}`, 'hex'), deflateSync(payload)]);
    const unknown = await decodeRecord(state, { bytes: glue });
    expect(unknown).toMatchObject({ outcome: 'unknown-schema', frame: { kind: 'glue', payloadAt: 18 } });
    expect(unknown.hints.join(' ')).toContain('AWS Glue');
    const named = await decodeRecord(state, { bytes: glue, subject: 'payments-value' });
    expect(named).toMatchObject({ outcome: 'decoded', decoded: { value: { iban: 'ch1' } } });
    const broken = await decodeRecord(state, { bytes: Buffer.from(`0305${version}ffff`, 'hex') });
    expect(broken.hints[0]).toBe('The frame says that the payload is compressed, and it is not.');
    const apicurio = await decodeRecord(state, {
      bytes: Buffer.concat([Buffer.from('000000000000000003', 'hex'), payload]),
    });
    expect(apicurio).toMatchObject({ outcome: 'unknown-schema', frame: { kind: 'apicurio-id', longId: '3' } });

    const row = { version: 1, deleted: false, schemaType: 'AVRO' as const, references: [] };
    const encrypted = {
      domainRules: [{ name: 'e', kind: 'TRANSFORM', mode: 'WRITEREAD', type: 'ENCRYPT', tags: ['PII'] }],
    };
    const lost = [{ name: 'a.B', subject: 'b', version: 4 }];
    const special = stateFromSnapshot({
      registry: { kind: 'confluent' },
      global: {},
      gaps: [],
      contexts: [
        {
          name: '.',
          subjects: [
            { name: 'safe', versions: [{ ...row, id: 1, guid: '1', schema: '"string"', ruleSet: encrypted }] },
            { name: 'torn', versions: [{ ...row, id: 2, guid: '2', schema: '["null","a.B"]', references: lost }] },
          ],
        },
      ],
    });
    const secret = await decodeRecord(special, { bytes: frame(1, Buffer.from([0x20, 0x61])) });
    expect([secret.outcome, ...secret.hints]).toEqual([
      'problems',
      expect.stringContaining('Rules of the schema encrypt'),
    ]);
    const torn = await decodeRecord(special, { bytes: frame(2, Buffer.from([0])) });
    expect(torn.hints).toEqual(['References of the schema that are not there: a.B (b version 4).']);
  });

  it('reads the tree of a past commit', async () => {
    const cwd = exampleFolder();
    git(cwd, 'init', '-q');
    git(cwd, 'add', '.');
    git(cwd, 'commit', '-qm', 'all');
    writeFileSync(join(cwd, 'schemas/subjects/payments-value/v1.proto'), 'gone');
    const now = await runCli(['decode', PAYMENT], { cwd });
    expect(now.code).toBe(1);
    expect(now.stderr).toContain('Warning:');
    expect(await runCli(['decode', PAYMENT, '--ref', 'HEAD'], { cwd })).toMatchObject({ code: 0, stderr: '' });
  });

  it('asks a registry for the one schema, and what it is built on', async () => {
    const { snapshot } = await loadTree(EXAMPLE);
    const registry = await registryDuringTest(snapshot);
    const cwd = temporaryFolder();
    const { code, stdout } = await runCli(['decode', PAYMENT, '--url', registry.url], { cwd });
    expect([code, stdout]).toEqual([0, expect.stringContaining('"currency": "1"')]);
    expect(registry.requests.filter((line) => line.includes('/versions/'))).toEqual([
      expect.stringContaining('GET /subjects/payments-value/versions/1'),
      expect.stringContaining('GET /subjects/money.proto/versions/1'),
    ]);
    const guid = snapshot.contexts[0]?.subjects.find(({ name }) => name === 'payments-value')?.versions[0]?.guid ?? '';
    const header = `__value_schema_id=01${guid.replaceAll('-', '')}00`;
    const inHeader = await runCliJson(['decode', PAYMENT.slice(12), '--url', registry.url, '--record-header', header], {
      cwd,
    });
    expect(inHeader.json).toMatchObject({ outcome: 'decoded', frame: { kind: 'header-guid', guid } });
    const guessed = await runCliJson(
      ['decode', `00000003e7${PAYMENT.slice(10)}`, '--url', registry.url, '--guess', '--topic', 'payments'],
      { cwd },
    );
    expect(guessed.json).toMatchObject({ outcome: 'guessed', tried: 1 });
  });

  it('refuses what is no record', async () => {
    const { code, stderr } = await runCli(['decode', '@missing.bin'], { cwd: temporaryFolder() });
    expect([code, stderr.split('\n')[0]]).toEqual([2, expect.stringContaining('Error: cannot read')]);
    expect(() => bytesFromText('what?')).toThrow('the record is neither hex nor base64');
    expect(() => bytesFromText('0', 'hex')).toThrow('the record is no hex');
    expect(() => parseRecordHeader('x')).toThrow('--record-header "x" is not NAME=VALUE');
    expect(() => bytesFromFile(Buffer.alloc(64 * 1024 * 1024 + 1))).toThrow('the record has more than 64 MiB');
  });

  it('takes bytes as tools print them', () => {
    const bytes = Buffer.from([0, 0, 0x0a, 0xff]);
    for (const written of [
      '00000aff',
      '00 00 0A FF',
      '0x00, 0x00, 0x0a, 0xff',
      '\\x00\\x00\\x0a\\xff',
      '00:00:0a:ff\n',
    ]) {
      expect(bytesFromText(written)).toEqual({ bytes, form: 'hex' });
      expect(bytesFromFile(Buffer.from(written))).toEqual({ bytes, form: 'hex' });
    }
    for (const written of ['AAAK/w==', 'AAAK_w', 'AAAK\n/w=='])
      expect(bytesFromText(written)).toEqual({ bytes, form: 'base64' });
    expect(bytesFromFile(Buffer.from('AAAK/w=='))).toEqual({ bytes, form: 'base64' });
    expect(bytesFromFile(bytes)).toEqual({ bytes, form: 'raw' });
    // Any word is base64 of something.
    expect(bytesFromFile(Buffer.from('word'))).toEqual({ bytes: Buffer.from('word'), form: 'raw' });
    expect(bytesFromText('AAAA', 'base64').bytes).toEqual(Buffer.alloc(3));
    expect(parseRecordHeader('a=text:b=c')).toEqual({ name: 'a', value: Buffer.from('b=c') });
  });

  it('stops guessing when it is interrupted, and lists the first hundred', async () => {
    const versions = Array.from({ length: 3000 }, (_, at) => ({
      version: at + 1,
      id: at + 1,
      guid: `00000000-0000-0000-0000-${`${at}`.padStart(12, '0')}`,
      schemaType: 'AVRO' as const,
      schema: `{"type":"record","name":"R${at}","fields":[{"name":"f","type":"string"}]}`,
      references: [],
      deleted: false,
    }));
    const contexts = [{ name: '.', subjects: [{ name: 'a', versions }] }];
    const many = stateFromSnapshot({ registry: { kind: 'confluent' }, contexts, global: {}, gaps: [] });
    const bytes = Buffer.from('0261', 'hex');
    const guessing = decodeRecord(many, { bytes, guess: true, signal: AbortSignal.abort() });
    await expect(guessing).rejects.toMatchObject({ code: 'SRGIT_INTERRUPTED' });
    const all = await decodeRecord(many, { bytes, guess: true });
    expect(all).toMatchObject({ outcome: 'guessed', tried: 3000 });
    expect(all.guesses).toHaveLength(100);
  });
});

function idOf(cwd: string, subject: string, version: number): number {
  const metadata = JSON.parse(readFileSync(join(cwd, `schemas/subjects/${subject}/metadata.json`), 'utf8')) as {
    readonly versions: readonly { readonly version: number; readonly id: number }[];
  };
  return metadata.versions.find((row) => row.version === version)?.id ?? 0;
}
