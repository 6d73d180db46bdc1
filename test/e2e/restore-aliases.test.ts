/**
 * Restores into subjects that are aliases of others, on a registry that sends what is written to them there; also stopped
 * after each of their writes, by a signal and by a kill.
 */
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { cliEntry, spawnCli } from '../support/cli.ts';
import { record, register, request } from '../support/embedded-registry.ts';
import { faultyProxyDuringTest } from '../support/faulty-proxy.ts';
import { planHere, restoreHere, type StrictRegistry, strictRegistryDuringTest } from '../support/restoring.ts';
import { temporaryFolder, writeTree } from '../support/trees.ts';

beforeAll(async () => {
  await cliEntry();
});

const SUBJECTS = ['al', 'al-two'] as const;

/** A tree with two versions of each subject, and a registry that has the first, under an alias. */
async function stage(): Promise<{ readonly cwd: string; readonly registry: StrictRegistry }> {
  const source = await strictRegistryDuringTest();
  const registry = await strictRegistryDuringTest();
  await register(registry.url, 'plain', record('Plain'));
  for (const subject of SUBJECTS) {
    await register(source.url, subject, record('One'));
    await register(registry.url, subject, record('One'));
    const next = record('One', 'more') as { fields: object[] };
    const both = { ...next, fields: [...(record('One') as { fields: object[] }).fields, ...next.fields] };
    await register(source.url, subject, both);
    await request(registry.url, 'PUT', `/config/${subject}`, { compatibility: 'FULL', alias: 'plain' });
  }
  const cwd = temporaryFolder();
  await writeTree(join(cwd, 'schemas'), source.snapshot());
  return { cwd, registry };
}

function expectRestored({ state }: StrictRegistry): void {
  for (const subject of SUBJECTS) {
    expect(state.subjects.get(subject)?.rows.map(({ version }) => version)).toEqual([1, 2]);
  }
  expect(state.subjects.get('plain')?.rows).toHaveLength(1);
}

function expectAliased({ state }: StrictRegistry): void {
  for (const subject of SUBJECTS) {
    expect(state.configs.get(subject)).toEqual({ compatibility: 'FULL', fields: { alias: 'plain' } });
  }
}

describe('a restore into aliases', { timeout: 240_000 }, () => {
  it.each(['rewrite', 'keep'] as const)(
    'writes to the subjects themselves, and leaves the aliases (%s)',
    async (ids) => {
      const { cwd, registry } = await stage();
      const result = await restoreHere(cwd, registry.url, { ids });
      expect(result.problems.filter(({ reason }) => reason !== 'ID_TAKEN')).toEqual([]);
      expect(result.outcome).toBe('done');
      expectRestored(registry);
      expectAliased(registry);
      const writes = registry.writes.length;
      expect((await restoreHere(cwd, registry.url, { ids })).outcome).toBe('nothing');
      expect(registry.writes.length).toBe(writes);
    },
  );

  it('deletes what an overwrite replaces in the subject itself', async () => {
    const { cwd, registry } = await stage();
    await request(registry.url, 'PUT', '/config/al', { alias: null, compatibility: 'NONE' });
    await register(registry.url, 'al', record('Other'));
    await request(registry.url, 'PUT', '/config/al', { alias: 'plain', compatibility: 'FULL' });
    const result = await restoreHere(cwd, registry.url, { strategy: 'overwrite' });
    expect(result.problems.filter(({ severity }) => severity === 'error')).toEqual([]);
    expect(result.outcome).toBe('done');
    expectRestored(registry);
    expectAliased(registry);
    expect(registry.state.subjects.get('al')?.rows.some(({ schema }) => schema.includes('Other'))).toBe(false);
  });

  it('puts the aliases back when it is stopped after any write, and then goes on', async () => {
    const { cwd, registry } = await stage();
    const { steps } = await planHere(cwd, registry.url);
    expect(steps.length).toBeGreaterThan(5);
    for (let stopAt = 1; stopAt <= steps.length; stopAt++) {
      const one = await stage();
      const stop = new AbortController();
      const proxy = await faultyProxyDuringTest(
        one.registry.url,
        () => 'none',
        ({ isWrite, write }) => {
          if (isWrite && write === stopAt) stop.abort();
        },
      );
      const first = await restoreHere(one.cwd, proxy.url, { signal: stop.signal }).catch((error: unknown) => error);
      expectAliased(one.registry);
      if (first instanceof Error) expect(first).toMatchObject({ code: 'SRGIT_INTERRUPTED' });
      expect((await restoreHere(one.cwd, one.registry.url)).problems).toEqual([]);
      expectRestored(one.registry);
      expectAliased(one.registry);
    }
  });

  it('puts them back by the next run when it was killed', async () => {
    for (const killAt of [2, 3, 5]) {
      const { cwd, registry } = await stage();
      let kill = (): void => undefined;
      const proxy = await faultyProxyDuringTest(registry.url, ({ isWrite, write }) => {
        if (isWrite && write === killAt) kill();
        return isWrite && write >= killAt ? 'reset-before' : 'none';
      });
      const cli = await spawnCli(['restore', '--url', proxy.url], { cwd });
      kill = () => cli.kill('SIGKILL');
      await cli.done;
      const isLifted = SUBJECTS.some((subject) => registry.state.configs.get(subject)?.fields['alias'] === undefined);
      expect(isLifted).toBe(true);
      // The address is part of what a journal is about.
      const again = await restoreHere(cwd, [proxy.url, registry.url]).catch(() => restoreHere(cwd, registry.url));
      expect(again.outcome).toBe('done');
      expectRestored(registry);
      expectAliased(registry);
    }
  });
});
