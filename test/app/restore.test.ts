/** Plan, restore and reconcile as use cases, against the embedded registry as strict as Confluent 8.3.1 is. */
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { planRestore } from '../../src/app/restore/plan-restore.ts';
import type { RegistrySnapshot, SubjectState } from '../../src/model/registry-snapshot.ts';
import type { Reference, SchemaVersion } from '../../src/model/schema-version.ts';
import { computeGuid } from '../../src/semantics/guid.ts';
import { faultyProxyDuringTest } from '../support/faulty-proxy.ts';
import { git, repository } from '../support/git.ts';
import { findDeadPort } from '../support/loopback-server.ts';
import { failureOf } from '../support/registry-client.ts';
import { withoutTimes } from '../support/restore-outcome.ts';
import { optionsOf, planHere, type RestoreAsked, restoreHere, strictRegistryDuringTest } from '../support/restoring.ts';
import { temporaryFolder, writeTree } from '../support/trees.ts';

/** An Avro record; fields are optional strings, so that more and fewer of them are compatible both ways. */
function row(name: string, version: number, id: number, more: Partial<SchemaVersion> = {}): SchemaVersion {
  const fields = Array.from(
    { length: version },
    (_, at) => `{"name":"f${at}","type":["null","string"],"default":null}`,
  );
  const schema = more.schema ?? `{"type":"record","name":"${name}","fields":[${fields.join(',')}]}`;
  const references = more.references ?? [];
  const guid = computeGuid({ schema, references });
  return { version, id, guid, schemaType: 'AVRO', schema, references, deleted: false, ...more };
}

function using(name: string, version: number, id: number, used: string, reference: Reference): SchemaVersion {
  const schema = `{"type":"record","name":"${name}","fields":[{"name":"used","type":["null","${used}"],"default":null}]}`;
  return row(name, version, id, { schema, references: [reference] });
}

const subject = (name: string, ...versions: readonly SchemaVersion[]): SubjectState => ({ name, versions });

function registryOf(...subjects: readonly SubjectState[]): RegistrySnapshot {
  return {
    registry: { kind: 'confluent', version: '8.3.1' },
    contexts: [{ name: '.', config: { compatibility: 'BACKWARD', fields: {} }, mode: 'READWRITE', subjects }],
    global: {},
    gaps: [],
  };
}

/** The example of the backup tool's pages: ids 1, 5 and 2. */
const SEED = registryOf(
  subject('orders-value', row('Order', 1, 1), row('Order', 2, 5)),
  subject('payments-value', row('Payment', 1, 2)),
);

async function treeOf(snapshot: RegistrySnapshot): Promise<string> {
  const cwd = temporaryFolder();
  await writeTree(join(cwd, 'schemas'), snapshot);
  return cwd;
}

/** `orders-value 2 #5`, with `-` where it is soft-deleted. */
function rowsOf({ contexts }: RegistrySnapshot): readonly string[] {
  return contexts.flatMap(({ name: context, subjects }) =>
    subjects.flatMap(({ name, versions }) =>
      versions.map(({ version, id, deleted }) => {
        const qualified = context === '.' ? name : `:${context}:${name}`;
        return `${qualified} ${version} #${id}${deleted ? ' -' : ''}`;
      }),
    ),
  );
}

describe('the example of the backup tool', () => {
  it('into an empty registry gets the ids 1, 2, 3, and by force its own', async () => {
    const cwd = await treeOf(SEED);
    const rewritten = await strictRegistryDuringTest();
    const result = await restoreHere(cwd, rewritten.url);
    expect(result).toMatchObject({ outcome: 'done', written: 5, verified: { rows: 3, subjects: 2, differences: [] } });
    expect(rowsOf(rewritten.snapshot())).toEqual(['orders-value 1 #1', 'orders-value 2 #2', 'payments-value 1 #3']);
    expect(result.plan.ids.map(({ from, to }) => [from, to])).toEqual([
      [1, 1],
      [2, 3],
      [5, 2],
    ]);

    const forced = await strictRegistryDuringTest();
    expect(await restoreHere(cwd, forced.url, { ids: 'force' })).toMatchObject({ outcome: 'done' });
    expect(rowsOf(forced.snapshot())).toEqual(['orders-value 1 #1', 'orders-value 2 #5', 'payments-value 1 #2']);
  });

  it('restored again writes nothing, and reconcile neither', async () => {
    const cwd = await treeOf(SEED);
    const registry = await strictRegistryDuringTest();
    await restoreHere(cwd, registry.url);
    const before = registry.writes.length;
    for (const kind of ['restore', 'reconcile'] as const) {
      expect(await restoreHere(cwd, registry.url, { kind })).toMatchObject({ outcome: 'nothing', written: 0 });
    }
    expect(registry.writes.length).toBe(before);
  });
});

describe('a plan with problems', () => {
  it('has all of them at once, and not one write is sent', async () => {
    const target = registryOf(subject('incompatible', row('Other', 1, 50)), subject('taken', row('Someone', 1, 7)), {
      ...subject('locked', row('Locked', 1, 60)),
      mode: 'READONLY',
    });
    const source = registryOf(
      subject('edited', row('Edited', 1, 1)),
      subject('incompatible', row('Other', 1, 50), row('Different', 2, 51)),
      subject('lost', using('Lost', 1, 52, 'Gone', { name: 'Gone', subject: 'nowhere', version: 3 })),
      subject('locked', row('Locked', 1, 60), row('Locked', 2, 61)),
      subject('wants', row('Wants', 1, 7)),
    );
    const cwd = await treeOf(source);
    const edited = join(cwd, 'schemas/subjects/edited/v1.avsc');
    writeFileSync(edited, readFileSync(edited, 'utf8').replace('Edited', 'Changed'));
    const registry = await strictRegistryDuringTest(target);
    const result = await restoreHere(cwd, registry.url, { ids: 'force' });
    expect(result).toMatchObject({ outcome: 'refused', written: 0 });
    const errors = result.problems.filter(({ severity }) => severity === 'error');
    expect(new Set(errors.map(({ reason }) => reason))).toEqual(
      new Set(['EDITED_VERSION', 'INCOMPATIBLE', 'REFERENCE_MISSING', 'MODE_READONLY', 'ID_TAKEN']),
    );
    for (const { message } of errors) expect(message).not.toMatch(/[\r\n]/);
    expect(registry.writes).toEqual([]);
    expect(existsSync(join(cwd, '.srgit'))).toBe(true);
    expect(readdirSync(join(cwd, '.srgit/journal'))).toEqual([]);
  });
});

describe('strategies', () => {
  const there = registryOf(
    subject('orders-value', row('Order', 1, 10), row('Order', 2, 11)),
    subject('other', row('X', 1, 12)),
  );
  const tree = registryOf(
    subject('orders-value', row('Order', 1, 1), row('Order', 2, 2), row('Order', 3, 3)),
    subject('new-value', row('New', 1, 4)),
  );

  it('preserve keeps what is there and adds what is missing', async () => {
    const registry = await strictRegistryDuringTest(there);
    expect(await restoreHere(await treeOf(tree), registry.url)).toMatchObject({ outcome: 'done' });
    expect(rowsOf(registry.snapshot())).toEqual([
      'new-value 1 #13',
      'orders-value 1 #10',
      'orders-value 2 #11',
      'orders-value 3 #14',
      'other 1 #12',
    ]);
  });

  it('skip leaves subjects alone that are there', async () => {
    const registry = await strictRegistryDuringTest(there);
    const result = await restoreHere(await treeOf(tree), registry.url, { strategy: 'skip' });
    expect(result.outcome).toBe('done');
    expect(result.problems.map(({ reason }) => reason)).toContain('SKIPPED');
    expect(rowsOf(registry.snapshot())).toEqual([
      'new-value 1 #13',
      'orders-value 1 #10',
      'orders-value 2 #11',
      'other 1 #12',
    ]);
  });

  it('overwrite replaces what differs, once somebody said yes, and leaves an export to go back by', async () => {
    const different = registryOf(subject('orders-value', row('Elsewhere', 1, 10), row('Elsewhere', 2, 11)));
    const registry = await strictRegistryDuringTest(different);
    const cwd = await treeOf(tree);
    const asked: RestoreAsked = { strategy: 'overwrite', ids: 'force' };
    expect(await restoreHere(cwd, registry.url, { ...asked, yes: false })).toMatchObject({ outcome: 'declined' });
    expect(registry.writes).toEqual([]);
    const result = await restoreHere(cwd, registry.url, asked);
    expect(result.outcome).toBe('done');
    expect(rowsOf(registry.snapshot())).toEqual([
      'new-value 1 #4',
      'orders-value 1 #1',
      'orders-value 2 #2',
      'orders-value 3 #3',
    ]);
    const { undo = '' } = result;
    expect(undo).toContain('.srgit/undo/');
    const back = await restoreHere(cwd, registry.url, { ...asked, source: { kind: 'tree', tree: undo } });
    expect(back.outcome).toBe('done');
    expect(rowsOf(registry.snapshot())).toEqual(['new-value 1 #4', 'orders-value 1 #10', 'orders-value 2 #11']);
  });
});

describe('reconcile', () => {
  it('prunes behind a guard, softly or for good, and sets drifted settings back', async () => {
    const many = Array.from({ length: 8 }, (_, at) => subject(`extra-${at}`, row(`Extra${at}`, 1, 20 + at)));
    const before = registryOf(subject('orders-value', row('Order', 1, 1)), ...many);
    const cwd = await treeOf(registryOf({ ...subject('orders-value', row('Order', 1, 1)), mode: 'READONLY' }));
    const registry = await strictRegistryDuringTest(before);
    const asked: RestoreAsked = { kind: 'reconcile', prune: true };
    const guarded = await failureOf(restoreHere(cwd, registry.url, asked));
    expect(guarded).toMatchObject({ code: 'SRGIT_DELETION_GUARD', details: { removed: 8, total: 9 } });
    expect(registry.writes).toEqual([]);
    const soft = await restoreHere(cwd, registry.url, { ...asked, allowDeletions: true });
    expect(soft.outcome).toBe('done');
    expect(rowsOf(registry.snapshot()).filter((line) => !line.endsWith(' -'))).toEqual(['orders-value 1 #1']);
    expect(registry.snapshot().contexts[0]?.subjects.at(-1)).toMatchObject({ name: 'orders-value', mode: 'READONLY' });
    const hard = await restoreHere(cwd, registry.url, { ...asked, permanent: true, allowDeletions: true });
    expect(hard.outcome).toBe('done');
    expect(rowsOf(registry.snapshot())).toEqual(['orders-value 1 #1']);
  });

  it('leaves alone what the selection is not about', async () => {
    const registry = await strictRegistryDuringTest(
      registryOf(subject('a-1', row('A', 1, 1)), subject('a-2', row('B', 1, 2)), subject('b-1', row('C', 1, 3))),
    );
    const cwd = await treeOf(registryOf(subject('a-1', row('A', 1, 1))));
    const asked: RestoreAsked = { kind: 'reconcile', prune: true, config: { subjects: ['a-*'] } };
    expect(await restoreHere(cwd, registry.url, asked)).toMatchObject({ outcome: 'done' });
    expect(rowsOf(registry.snapshot())).toEqual(['a-1 1 #1', 'a-2 1 #2 -', 'b-1 1 #3']);
  });
});

describe('names', () => {
  const tree = registryOf(
    subject('common', row('Common', 1, 1)),
    subject('orders', using('Order', 1, 2, 'Common', { name: 'Common', subject: 'common', version: 1 })),
  );

  it('are mapped where they are referred to, too', async () => {
    const registry = await strictRegistryDuringTest();
    const result = await restoreHere(await treeOf(tree), registry.url, { map: ['*=restored-*'] });
    expect(result.outcome).toBe('done');
    const [common, orders] = registry.snapshot().contexts[0]?.subjects ?? [];
    expect([common?.name, orders?.name]).toEqual(['restored-common', 'restored-orders']);
    expect(orders?.versions[0]?.references).toEqual([{ name: 'Common', subject: 'restored-common', version: 1 }]);
  });

  it('go into another context with their references', async () => {
    const registry = await strictRegistryDuringTest(registryOf(subject('common', row('Unlike', 1, 9))));
    const result = await restoreHere(await treeOf(tree), registry.url, { toContext: 'dr', ids: 'force' });
    expect(result.outcome).toBe('done');
    expect(rowsOf(registry.snapshot())).toEqual(['common 1 #9', ':.dr:common 1 #1', ':.dr:orders 1 #2']);
  });
});

describe('odd names and texts', () => {
  it('are restored as they are', async () => {
    const names = ['__proto__', 'constructor', 'toString', 'a b/%2F?#+', 'é:ü', '...', 'x'.repeat(300)];
    const texts = [
      '{"type":"record","name":"R","doc":"\\ud800 half","fields":[]}',
      '"string"',
      '{"type":"fixed","name":"F","size":1}',
    ];
    const subjects = names.map((name, at) =>
      subject(name, row('R', 1, at + 1, { schema: texts[at] ?? `"${['int', 'long', 'bytes', 'null'][at - 3]}"` })),
    );
    const cwd = await treeOf(registryOf(...subjects));
    const registry = await strictRegistryDuringTest();
    const result = await restoreHere(cwd, registry.url, { ids: 'force' });
    expect(result).toMatchObject({ outcome: 'done', verified: { rows: names.length, differences: [] } });
    expect([...registry.state.subjects.keys()].sort()).toEqual([...names].sort());
    expect((await restoreHere(cwd, registry.url, { kind: 'reconcile' })).outcome).toBe('nothing');
  });
});

describe('other sources', () => {
  it('are a commit of the tree, and another registry', async () => {
    const cwd = repository();
    await writeTree(join(cwd, 'schemas'), SEED);
    git(cwd, 'add', '.');
    git(cwd, 'commit', '--quiet', '--message', 'first');
    const commit = git(cwd, 'rev-parse', 'HEAD');
    rmSync(join(cwd, 'schemas/subjects/payments-value'), { recursive: true });
    const registry = await strictRegistryDuringTest();
    const plan = await planHere(cwd, registry.url, { source: { kind: 'ref', ref: 'main' } });
    expect(plan.source).toMatchObject({ kind: 'tree', commit });
    expect(plan.steps.filter(({ action }) => action === 'register')).toHaveLength(3);
    const ofTree = await planHere(cwd, registry.url);
    expect(ofTree.source.commit).toBeUndefined();

    const staging = await strictRegistryDuringTest(SEED);
    const { registry: settings } = optionsOf(cwd, staging.url);
    const result = await restoreHere(cwd, registry.url, {
      source: { kind: 'registry', registry: settings },
      ids: 'force',
    });
    expect(result).toMatchObject({ outcome: 'done', plan: { source: { kind: 'registry' } } });
    expect(rowsOf(registry.snapshot())).toEqual(rowsOf(staging.snapshot()));
    expect(staging.writes).toEqual([]);
  });
});

describe('a saved plan', () => {
  it('is carried out as it is, and refused once either side has moved', async () => {
    const cwd = await treeOf(SEED);
    const registry = await strictRegistryDuringTest();
    const planFile = join(cwd, 'plan.json');
    const { plan } = await planRestore({ ...optionsOf(cwd, registry.url, { ids: 'force' }), out: planFile });
    expect(JSON.parse(readFileSync(planFile, 'utf8'))).toEqual(plan);

    const other = await treeOf(registryOf(subject('orders-value', row('Order', 1, 1))));
    const moved = await failureOf(restoreHere(other, registry.url, { planFile }));
    expect(moved.message).toContain('the tree has changed since the plan was made');
    expect(await failureOf(restoreHere(cwd, registry.url, { planFile, kind: 'reconcile' }))).toMatchObject({
      code: 'SRGIT_USAGE',
    });
    expect(registry.writes).toEqual([]);

    const result = await restoreHere(cwd, registry.url, { planFile });
    expect(result).toMatchObject({ outcome: 'done', plan });
    const stale = await failureOf(restoreHere(cwd, registry.url, { planFile }));
    expect(stale).toMatchObject({ code: 'SRGIT_PLAN_STALE' });
    expect(stale.message).toMatch(/^the registry .* has changed since the plan was made$/);
  });

  it('that no srgit wrote is refused', async () => {
    const cwd = await treeOf(SEED);
    const planFile = join(cwd, 'plan.json');
    const step = { step: 0, subject: 'a', verdict: 'proved', action: 'set-mode', mode: 'IMPORT', before: null };
    const texts = [
      '',
      '{',
      '[]',
      '{"format":2}',
      JSON.stringify({ format: 1, steps: [step] }),
      '{"__proto__":{"format":1}}',
    ];
    for (const text of texts) {
      writeFileSync(planFile, text);
      const error = await failureOf(restoreHere(cwd, 'http://127.0.0.1:1', { planFile }));
      expect([error.code, text]).toEqual(['SRGIT_USAGE', text]);
    }
  });
});

describe('what a registry refuses', () => {
  it('is told in the user’s words, and what was set is put back', async () => {
    const cwd = await treeOf(registryOf(subject('a', row('A', 1, 1), row('A', 2, 2)), subject('b', row('B', 1, 3))));
    const registry = await strictRegistryDuringTest(registryOf(subject('a', row('A', 1, 1))));
    // Somebody registers version 2 between the plan and the first write.
    const proxy = await faultyProxyDuringTest(registry.url, ({ isWrite, write }) => {
      const rows = registry.state.subjects.get('a')?.rows;
      if (isWrite && write === 1) rows?.push({ ...row('A', 3, 40), version: 2, subject: 'a' });
      return 'none';
    });
    const error = await failureOf(restoreHere(cwd, proxy.url, { ids: 'force' }));
    expect(error.message).toContain('Schema registration failed for subject a (version 2)');
    expect(error.message).toContain('somebody registered version 2 of it (id 40) after the plan was made');
    expect(registry.state.modes.get('a')).toBeUndefined();
    expect(registry.snapshot().contexts[0]?.mode).toBe('READWRITE');
    expect(registry.state.subjects.get('a')?.rows.find(({ version }) => version === 2)?.id).toBe(40);
  });
});

describe('a journal that lost its last lines', () => {
  it('is gone on with behind a mode that forbids to do it again', async () => {
    const closed = subject('a', row('A', 1, 1, { deleted: true }), row('A', 2, 2));
    const settings = { config: { compatibility: 'FULL', fields: { normalize: true } }, mode: 'READONLY' } as const;
    const cwd = await treeOf(registryOf({ ...closed, ...settings }, subject('b', row('B', 1, 3))));
    const registry = await strictRegistryDuringTest();
    await restoreHere(cwd, registry.url, { ids: 'force' });
    const whole = withoutTimes(registry.snapshot());
    // Killed after its last write: the lines of what it did were still to be written.
    const folder = join(cwd, '.srgit/journal');
    const file = join(folder, readdirSync(folder).find((name) => name.endsWith('.ndjson')) ?? '');
    const lines = readFileSync(file, 'utf8').split('\n');
    writeFileSync(file, lines.filter((line) => !/"event":"(done|end)"/.test(line)).join('\n'));
    const { outcome, resumed } = await restoreHere(cwd, registry.url, { ids: 'force' });
    expect([outcome, resumed > 0]).toEqual(['done', true]);
    expect(withoutTimes(registry.snapshot())).toEqual(whole);
    expect([...registry.registrations.values()]).toEqual([1, 1, 1]);
  });
});

describe('a registry of several nodes', () => {
  const tree = registryOf(
    subject('common', row('Common', 1, 1)),
    subject(
      'orders',
      using('Order', 1, 2, 'Common', { name: 'Common', subject: 'common', version: 1 }),
      row('Order', 2, 3),
    ),
  );

  it('is read back on each until it shows what was written', async () => {
    const registry = await strictRegistryDuringTest();
    const asked = new Map<string, number>();
    const follower = await faultyProxyDuringTest(registry.url, ({ method, url }) => {
      if (method !== 'GET' || !/\/versions\/\d/.test(url)) return 'none';
      const times = (asked.get(url) ?? 0) + 1;
      asked.set(url, times);
      return times < 3 ? 'stale-read' : 'none';
    });
    const result = await restoreHere(await treeOf(tree), [registry.url, follower.url], { ids: 'force' });
    expect(result).toMatchObject({ outcome: 'done', warnings: [] });
    expect([...asked.values()]).toEqual([3, 3, 3]);
  });

  it('is restored while a node is down, with a warning', async () => {
    const registry = await strictRegistryDuringTest();
    const dead = `http://127.0.0.1:${await findDeadPort()}`;
    const result = await restoreHere(await treeOf(tree), [registry.url, dead], { ids: 'force' });
    expect(result).toMatchObject({
      outcome: 'done',
      warnings: [`${dead} does not answer: what is written is not read back there`],
    });
  });

  it('behind one address may ask a node that lags: what builds on an earlier write is tried again', async () => {
    const registry = await strictRegistryDuringTest();
    let left = 3;
    const balancer = await faultyProxyDuringTest(registry.url, ({ isWrite, url }) => {
      return isWrite && url.includes('/orders/') && left-- > 0 ? 'stale-write' : 'none';
    });
    expect(await restoreHere(await treeOf(tree), balancer.url, { ids: 'force' })).toMatchObject({ outcome: 'done' });
    expect(left).toBeLessThan(0);
  });
});

describe('versions added by hand', () => {
  const added = (cwd: string, text: string): void =>
    writeFileSync(join(cwd, 'schemas/subjects/orders-value/v3.avsc'), text);

  it('are asked about at the registry, and posted', async () => {
    const cwd = await treeOf(SEED);
    const registry = await strictRegistryDuringTest(SEED);
    added(cwd, row('Order', 3, 0).schema);
    const plan = await planHere(cwd, registry.url);
    expect(plan.steps).toMatchObject([{ action: 'register', way: 'post', version: 3, verdict: 'proved' }]);
    expect(await restoreHere(cwd, registry.url)).toMatchObject({ outcome: 'done', written: 1 });
    expect(rowsOf(registry.snapshot())).toContain('orders-value 3 #6');
  });

  it('that the registry finds incompatible are refused in its own words, unless the level is set aside', async () => {
    const cwd = await treeOf(SEED);
    const registry = await strictRegistryDuringTest(SEED);
    added(cwd, '{"type":"record","name":"Order","fields":[{"name":"needed","type":"int"}]}');
    const plan = await planHere(cwd, registry.url);
    const errors = plan.problems.filter(({ severity }) => severity === 'error');
    expect(errors).toMatchObject([{ reason: 'INCOMPATIBLE', subject: 'orders-value', version: 3 }]);
    expect(errors[0]?.message).toMatch(/^Schema registration failed for subject orders-value: /);
    expect(errors[0]?.message).toContain('has no default value');
    expect(await restoreHere(cwd, registry.url)).toMatchObject({ outcome: 'refused', written: 0 });
    expect(registry.writes).toEqual([]);
    expect(await restoreHere(cwd, registry.url, { setCompatibility: 'NONE' })).toMatchObject({ outcome: 'done' });
    expect(rowsOf(registry.snapshot())).toContain('orders-value 3 #6');
    expect(registry.state.configs.get('orders-value')).toBeUndefined();
  });
});

describe('what a community server keeps back', () => {
  it('is named: rule sets are dropped without a word, and the next plan knows', async () => {
    const ruleSet = { domainRules: [{ name: 'r', kind: 'CONDITION', mode: 'WRITE', type: 'CEL', expr: 'true' }] };
    const { guid: _guid, ...content } = row('Order', 1, 1, { ruleSet });
    const cwd = await treeOf(registryOf(subject('orders-value', { ...content, guid: computeGuid(content) })));
    const registry = await strictRegistryDuringTest();
    const result = await restoreHere(cwd, registry.url, { ids: 'force' });
    expect(result).toMatchObject({
      outcome: 'done',
      verified: { differences: [], stripped: [{ subject: 'orders-value', version: 1 }] },
    });
    const again = await restoreHere(cwd, registry.url, { ids: 'force' });
    expect([again.outcome, again.problems.map(({ reason }) => reason)]).toEqual(['nothing', ['RULES_DROPPED']]);
  });
});

describe('sensitive metadata', () => {
  it('is sent to the registry, and stands in no plan that is shown or saved', async () => {
    const metadata = { properties: { key: 'hunter2', owner: 'team' }, sensitive: ['key'] };
    const { guid: _guid, ...content } = row('Order', 1, 1, { metadata });
    const source = await strictRegistryDuringTest(
      registryOf(subject('orders-value', { ...content, guid: computeGuid(content) })),
    );
    const target = await strictRegistryDuringTest();
    const cwd = temporaryFolder();
    const planFile = join(cwd, 'plan.json');
    const from: RestoreAsked = { source: { kind: 'registry', registry: optionsOf(cwd, source.url).registry } };
    const { plan } = await planRestore({ ...optionsOf(cwd, target.url, from), out: planFile });
    expect(JSON.stringify(plan) + readFileSync(planFile, 'utf8')).not.toContain('hunter2');
    const result = await restoreHere(cwd, target.url, { ...from, planFile });
    expect(result.outcome).toBe('done');
    expect(JSON.stringify(result)).not.toContain('hunter2');
    expect(target.state.subjects.get('orders-value')?.rows[0]?.metadata).toEqual(metadata);
  });
});
