/** `srgit check`: a schema against the versions in a tree, with no registry. */
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import type { CheckResult } from '../../src/app/check-schemas.ts';
import { cliEntry, runCli, runCliJson } from '../support/cli.ts';
import { temporaryFolder } from '../support/trees.ts';

beforeAll(async () => {
  await cliEntry();
});

const EXAMPLE = join(import.meta.dirname, '../../schemas-example');

/** A folder with the worked tree, and a file beside it. */
function folderWith(file: string, text: string): string {
  const cwd = temporaryFolder();
  cpSync(EXAMPLE, join(cwd, 'schemas'), { recursive: true });
  writeFileSync(join(cwd, file), text);
  return cwd;
}

async function check(cwd: string, ...args: string[]): Promise<{ code: number | null; result: CheckResult }> {
  const { code, json } = await runCliJson(['check', ...args], { cwd });
  return { code, result: json as CheckResult };
}

const ORDER = JSON.parse(readFileSync(join(EXAMPLE, 'subjects/orders-value/v3.avsc'), 'utf8')) as {
  fields: { name: string; type: unknown; default?: unknown }[];
};
const CUSTOMER = JSON.parse(readFileSync(join(EXAMPLE, 'subjects/customers-value/v3.json'), 'utf8')) as object;
const PAYMENT = readFileSync(join(EXAMPLE, 'subjects/payments-value/v1.proto'), 'utf8');

const withField = (field: object): string => JSON.stringify({ ...ORDER, fields: [...ORDER.fields, field] });

describe('check FILE', () => {
  it('takes a field with a default, under the references of the latest version', async () => {
    const cwd = folderWith('order.avsc', withField({ name: 'note', type: 'string', default: '' }));
    const { code, result } = await check(cwd, 'order.avsc', '--subject', 'orders-value');
    expect([code, result.ok, result.checked]).toEqual([
      0,
      true,
      [
        {
          file: 'order.avsc',
          subject: 'orders-value',
          schemaType: 'AVRO',
          verdict: 'compatible',
          level: 'BACKWARD',
          compared: [3],
          reasons: [],
          version: 4,
        },
      ],
    ]);
    const { stdout } = await runCli(['check', 'order.avsc', '-s', 'orders-value'], { cwd });
    expect(stdout).toBe('✓ order.avsc can be orders-value version 4: BACKWARD with version 3\n');
  });

  it('says where and why not, and ends with 3', async () => {
    const cwd = folderWith('order.avsc', withField({ name: 'note', type: 'string' }));
    const { code, result } = await check(cwd, 'order.avsc', '--subject', 'orders-value');
    const [one] = result.checked;
    expect([code, result.ok, one?.verdict]).toEqual([3, false, 'incompatible']);
    expect(one?.reasons).toMatchObject([
      { version: 3, direction: 'backward', errorType: 'READER_FIELD_MISSING_DEFAULT_VALUE', path: '/fields/5' },
    ]);
    const { stdout } = await runCli(['check', 'order.avsc', '-s', 'orders-value'], { cwd });
    expect(stdout).toMatch(/^✗ order\.avsc cannot follow orders-value at level BACKWARD:\n {4}\/fields\/5 {2}READER_/);
    expect((await check(cwd, 'order.avsc', '-s', 'orders-value', '--level', 'FORWARD')).code).toBe(0);
    expect((await check(cwd, 'order.avsc', '-s', 'orders-value', '--level', 'FULL_TRANSITIVE')).code).toBe(3);
    expect((await check(cwd, 'order.avsc', '-s', 'a-new-one', '--reference', 'x=nobody')).result.checked).toMatchObject(
      [{ verdict: 'invalid', message: 'No schema reference found for subject "nobody" and version -1' }],
    );
  });

  it('knows JSON Schema and Protobuf, and names given references', async () => {
    const closed = { ...CUSTOMER, properties: {} };
    const cwd = folderWith('customer.json', JSON.stringify(closed));
    const json = await check(cwd, 'customer.json', '-s', 'customers-value');
    expect([json.code, json.result.checked[0]?.verdict]).toEqual([3, 'incompatible']);
    expect(json.result.checked[0]?.reasons.map(({ errorType }) => errorType)).toContain(
      'PROPERTY_REMOVED_FROM_CLOSED_CONTENT_MODEL',
    );

    writeFileSync(join(cwd, 'lost.json'), '{"properties":{"a":{"$ref":"nowhere.json"}}}');
    const lost = await check(cwd, 'lost.json', '-s', 'customers-value');
    expect([lost.code, lost.result.checked[0]?.message]).toEqual([3, expect.stringContaining('nowhere.json')]);

    writeFileSync(join(cwd, 'p.proto'), PAYMENT.replace('string order_id = 2;', 'int32 order_id = 2;'));
    const proto = await check(cwd, 'p.proto', '-s', 'payments-value', '--reference', 'money.proto=money.proto@1');
    expect([proto.code, proto.result.checked[0]?.reasons[0]?.errorType]).toEqual([3, 'FIELD_SCALAR_KIND_CHANGED']);

    writeFileSync(join(cwd, 'same.proto'), `// only a comment more\n${PAYMENT}`);
    const same = await check(cwd, 'same.proto', '-s', 'payments-value');
    expect([same.code, same.result.checked[0]]).toMatchObject([0, { verdict: 'registered', version: 1 }]);

    writeFileSync(join(cwd, 'broken.proto'), 'message {');
    const broken = await check(cwd, 'broken.proto', '-s', 'payments-value');
    expect([broken.code, broken.result.checked[0]?.verdict]).toEqual([3, 'invalid']);
    expect(broken.result.checked[0]?.message).toContain('Syntax error');
  });

  it('finds by name what a file refers to: in another version of its subject, or in the whole tree', async () => {
    const cwd = folderWith('new.proto', PAYMENT);
    const references = async (file: string, subject: string) => {
      const { result } = await check(cwd, file, '-s', subject);
      return result.checked[0];
    };
    expect(await references('new.proto', 'refunds-value')).toMatchObject({ verdict: 'compatible', version: 1 });
    const address = JSON.parse(readFileSync(join(EXAMPLE, 'subjects/common-address-value/v1.avsc'), 'utf8')) as {
      name: string;
      namespace: string;
    };
    const type = `${address.namespace}.${address.name}`;
    const fields = [{ name: 'to', type }];
    writeFileSync(join(cwd, 'parcel.avsc'), JSON.stringify({ type: 'record', name: 'Parcel', fields }));
    expect(await references('parcel.avsc', 'parcels-value')).toMatchObject({ verdict: 'compatible', version: 1 });
    writeFileSync(
      join(cwd, 'odd.avsc'),
      JSON.stringify({ type: 'record', name: 'Odd', fields: [{ name: 'a', type: 'a.B' }] }),
    );
    expect(await references('odd.avsc', 'parcels-value')).toMatchObject({ verdict: 'invalid' });
  });

  it('says what is wrong with its arguments', async () => {
    const cwd = folderWith('order.txt', '{}');
    const usage = async (...args: string[]) => {
      const { code, stderr } = await runCli(['check', ...args], { cwd });
      expect(code).toBe(2);
      return stderr;
    };
    expect(await usage('order.txt')).toContain('--subject');
    expect(await usage('order.txt', '-s', 'a')).toContain('--type AVRO');
    expect(await usage('nothing.avsc', '-s', 'a')).toContain('nothing.avsc cannot be read');
    expect(await usage('order.txt', '-s', '__GLOBAL', '--type', 'AVRO')).toContain('subject');
    expect(await usage('--subject', 'a')).toContain('Name the file');
    expect(await usage('order.txt', '-s', 'a', '--type', 'AVRO', '--reference', 'x')).toContain('NAME=SUBJECT');
  });
});

describe('check', () => {
  it('holds what was added to the tree by hand against what is there, and against each other', async () => {
    const cwd = folderWith('unused', '');
    expect((await runCli(['check'], { cwd })).stdout).toBe(
      'Nothing to check: no version was added to the tree by hand.\n',
    );
    const folder = join(cwd, 'schemas/subjects/orders-value');
    writeFileSync(join(folder, 'v4.avsc'), withField({ name: 'note', type: 'string', default: '' }));
    writeFileSync(join(folder, 'v5.avsc'), withField({ name: 'note', type: 'int', default: 0 }));
    const { code, result } = await check(cwd);
    expect(code).toBe(3);
    expect(result.checked.map(({ file, verdict, version }) => [file, verdict, version])).toEqual([
      ['subjects/orders-value/v4.avsc', 'compatible', 4],
      ['subjects/orders-value/v5.avsc', 'incompatible', undefined],
    ]);
    expect(result.checked[1]?.reasons[0]).toMatchObject({ version: 4, errorType: 'TYPE_MISMATCH' });
  });
});
