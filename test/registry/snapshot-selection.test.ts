/** Which rows a snapshot is of. */
import { describe, expect, it } from 'vitest';
import type { SnapshotOptions } from '../../src/registry/snapshot-types.ts';
import type { RegistryCapabilities } from '../../src/registry/types.ts';
import { answerJson } from '../support/loopback-server.ts';
import { CONFLUENT_8, namesOf, otherGuid, readPlayed, row, stateOf } from '../support/played-snapshot.ts';
import type { PlayerOptions } from '../support/scenario-player.ts';

describe('selection', () => {
  const schemas = [
    row('base', 1, true),
    row('base', 2),
    row('mid', 1, false, { references: [{ name: 'b', subject: 'base', version: 1 }] }),
    row('top', 1),
    row('top', 2, false, { schemaType: 'JSON', references: [{ name: 'm', subject: 'mid', version: 1 }] }),
  ].map((one) => (one['references'] === undefined ? one : { ...one, guid: otherGuid() }));

  it.each(['bulk', 'subjects'])('completes references, deleted and of other types too, from %s', async (source) => {
    const capabilities: RegistryCapabilities = {
      ...CONFLUENT_8,
      guids: false,
      bulk: source === 'bulk' ? 'complete' : 'none',
    };
    const options: SnapshotOptions = {
      subjects: (_context, subject) => subject === 'top',
      versions: 'latest',
      includeDeleted: false,
      schemaTypes: ['JSON'],
    };
    const result = await readPlayed(stateOf(schemas), {}, options, capabilities);
    expect(namesOf(result)).toEqual(['base 1 deleted', 'mid 1', 'top 2']);
    const bare = await readPlayed(stateOf(schemas), {}, { ...options, includeReferences: false }, capabilities);
    expect(namesOf(bare)).toEqual(['top 2']);
  });

  it('tells of references to what is not there', async () => {
    const state = stateOf([row('a', 1, false, { references: [{ name: 'x', subject: 'nope', version: 3 }] })]);
    const { stats } = await readPlayed(state, {}, {}, { ...CONFLUENT_8, guids: false });
    expect(stats.warnings).toEqual(['a version 1 references nope version 3, which the registry does not have']);
  });

  it('finds references of another context relative to the referrer', async () => {
    const references = [
      { name: 'b', subject: 'base', version: 1 },
      { name: 'd', subject: ':.:base', version: 1 },
    ];
    const state = {
      ...stateOf([row(':.x:base', 1), row(':.x:top', 1, false, { references }), row('base', 1)]),
      contexts: ['.', '.x', '.empty'],
    };
    const { snapshot } = await readPlayed(
      state,
      {},
      { subjects: (context) => context === '.x' },
      { ...CONFLUENT_8, guids: false },
    );
    expect(snapshot.contexts.map(({ name, subjects }) => [name, subjects.map((one) => one.name)])).toEqual([
      ['.', ['base']],
      ['.empty', []],
      ['.x', ['base', 'top']],
    ]);
  });

  it("warns of a guid that is not the content's", async () => {
    const { stats } = await readPlayed(stateOf([row('a', 1, false, { guid: otherGuid() })]));
    expect(stats.warnings).toHaveLength(1);
    expect(stats.warnings[0]).toContain('a version 1');
  });
});

describe('subjects that answer with others', () => {
  it('an alias is a gap, not another subject under its name', async () => {
    const state = stateOf([row('a', 1), row('b', 1)]);
    const intercept: PlayerOptions['intercept'] = (url, response) => {
      if (url.pathname !== '/subjects/a/versions/1') return false;
      answerJson(response, 200, row('b', 1));
      return true;
    };
    const result = await readPlayed(state, { intercept }, {}, { ...CONFLUENT_8, bulk: 'none' });
    expect(namesOf(result)).toEqual(['b 1']);
    expect(result.snapshot.gaps).toMatchObject([{ what: 'versions', where: 'a' }]);
    expect(result.stats.warnings).toEqual([]);
  });
});
