/** Registries that page, cut their answers short, or change while they are read. */
import { describe, expect, it } from 'vitest';
import type { RegistryCapabilities } from '../../src/registry/types.ts';
import { answerJson } from '../support/loopback-server.ts';
import { CONFLUENT_8, expectedNames, namesOf, readPlayed, row, rows, stateOf } from '../support/played-snapshot.ts';
import { failureOf } from '../support/registry-client.ts';
import type { PlayedRow, PlayedState, PlayerOptions } from '../support/scenario-player.ts';

describe('pages of GET /schemas', () => {
  it('are read until nothing follows, within the budget of requests', async () => {
    const state = stateOf(rows(1200));
    const result = await readPlayed(state);
    expect(namesOf(result)).toEqual(expectedNames(state.schemas));
    expect(result.stats.requests).toBeLessThanOrEqual(2400 / 1000 + 2 * 1200 + 10);
  });

  it('may be shorter than asked for', async () => {
    const state = stateOf(rows(60));
    const result = await readPlayed(state, { maxPage: 7 });
    expect(namesOf(result)).toEqual(expectedNames(state.schemas));
  });

  it('that ignore offset are taken when they hold everything', async () => {
    const state = stateOf(rows(51));
    const result = await readPlayed(state, {
      intercept: (url, response) => {
        if (url.pathname !== '/schemas') return false;
        answerJson(response, 200, state.schemas);
        return true;
      },
    });
    expect(namesOf(result)).toEqual(expectedNames(state.schemas));
    expect(result.paths.filter((path) => /versions\/\d/.test(path))).toEqual([]);
  });

  it('capped at 1000 rows with offset ignored are completed from the listings', async () => {
    // The cap cuts through s00500, whose version 2 no comparison of subjects would miss.
    const state = stateOf([row('a', 1), ...rows(600)]);
    const result = await readPlayed(state, {
      intercept: (url, response) => {
        if (url.pathname !== '/schemas') return false;
        answerJson(response, 200, state.schemas.slice(0, 1000));
        return true;
      },
    });
    expect(namesOf(result)).toEqual(expectedNames(state.schemas));
  });

  it('capped by a server that has no more to say are an error that names what is missing', async () => {
    const state = stateOf(rows(600));
    const error = await failureOf(
      readPlayed(state, {
        intercept: (url, response) => {
          if (/^\/subjects\/.*\/versions/.test(url.pathname)) answerJson(response, 404, { error_code: 40401 });
          else if (url.pathname === '/schemas') answerJson(response, 200, state.schemas.slice(0, 1000));
          else return false;
          return true;
        },
      }),
    );
    expect(error.code).toBe('SRGIT_SNAPSHOT_INCONSISTENT');
    expect(error.message).toContain('s00000 is listed but has no versions');
  });

  it('that show no deleted flag are completed by a listing of the live ones', async () => {
    const state = stateOf([row('a', 1, true), row('a', 2), row('b', 1), row('c', 1, true)]);
    const withoutFlag = ({ deleted: _deleted, ...rest }: PlayedRow) => rest;
    const result = await readPlayed(state, {
      intercept: (url, response) => {
        if (url.pathname !== '/schemas') return false;
        const live = url.searchParams.get('deleted') !== 'true';
        const offset = Number(url.searchParams.get('offset') ?? 0);
        const visible = state.schemas.filter(({ deleted }) => !live || !deleted);
        answerJson(response, 200, visible.slice(offset).map(withoutFlag));
        return true;
      },
    });
    expect(namesOf(result)).toEqual(['a 1 deleted', 'a 2', 'b 1', 'c 1 deleted']);
  });
});

describe('listings that are cut without a word', () => {
  const UNKNOWN: RegistryCapabilities = { ...CONFLUENT_8, kind: 'unknown', bulk: 'none', bulkPaged: false };
  const many = Array.from({ length: 530 }, (_, index) => row('many', index + 1, index === 519));
  const cutAt = (limit: number, honoursOffset: boolean): NonNullable<PlayerOptions['intercept']> => {
    return (url, response) => {
      const offset = Number(url.searchParams.get('offset') ?? 0);
      const deleted = url.searchParams.get('deleted') === 'true';
      if (url.pathname !== '/subjects/many/versions') return false;
      const listed = many.filter((one) => deleted || !one.deleted).map(({ version }) => version);
      answerJson(response, 200, honoursOffset ? listed.slice(0, limit).slice(offset) : listed.slice(0, limit));
      return true;
    };
  };

  it.each([true, false])('versions are completed by asking for each (offset honoured: %s)', async (honoured) => {
    const result = await readPlayed(stateOf(many), { intercept: cutAt(500, honoured) }, {}, UNKNOWN);
    expect(namesOf(result)).toEqual(expectedNames(many));
  });

  it('subjects are paged where the server pages them', async () => {
    const state = stateOf(rows(250));
    const intercept: PlayerOptions['intercept'] = (url, response) => {
      if (url.pathname !== '/subjects') return false;
      const offset = Number(url.searchParams.get('offset') ?? 0);
      const names = [...new Set(state.schemas.map(({ subject }) => subject))];
      answerJson(response, 200, names.slice(offset, offset + 100));
      return true;
    };
    expect(namesOf(await readPlayed(state, { intercept }, {}, UNKNOWN))).toEqual(expectedNames(state.schemas));
  });

  it('subjects that cannot be paged are a gap', async () => {
    const state = stateOf(rows(250));
    const intercept: PlayerOptions['intercept'] = (url, response) => {
      if (url.pathname !== '/subjects') return false;
      answerJson(response, 200, [...new Set(state.schemas.map(({ subject }) => subject))].slice(0, 100));
      return true;
    };
    const { snapshot } = await readPlayed(state, { intercept }, {}, UNKNOWN);
    expect(snapshot.gaps).toEqual([
      { what: 'versions', why: 'the registry stopped its list of subjects at exactly 100' },
    ]);
  });
});

describe('a registry that changes while it is read', () => {
  /** Applies `change` once, just before the page that begins at or after `offset` is answered. */
  const once = (state: PlayedState, offset: number, change: () => readonly PlayedRow[]): PlayerOptions => {
    let done = false;
    return {
      maxPage: 100,
      intercept: (url) => {
        if (!done && url.pathname === '/schemas' && Number(url.searchParams.get('offset')) >= offset) {
          done = true;
          state.schemas = change();
        }
        return false;
      },
    };
  };

  it('shrinks: no row is lost to the shift', async () => {
    const state = stateOf(rows(300));
    const result = await readPlayed(
      state,
      once(state, 250, () => state.schemas.slice(40)),
    );
    expect(namesOf(result)).toEqual(expectedNames(state.schemas));
  });

  it('shrinks at the end', async () => {
    const state = stateOf(rows(300));
    const result = await readPlayed(
      state,
      once(state, 550, () => state.schemas.slice(0, 520)),
    );
    expect(namesOf(result)).toEqual(expectedNames(state.schemas));
  });

  it('grows before what was read already', async () => {
    const state = stateOf(rows(300));
    const grown = (): readonly PlayedRow[] => [
      row('a', 1),
      row('s00000', 1),
      row('s00000', 2),
      row('s00000', 3),
      ...state.schemas.slice(2),
    ];
    const result = await readPlayed(state, once(state, 250, grown));
    expect(namesOf(result)).toEqual(expectedNames(state.schemas));
  });

  it('has a version soft-deleted and another one hard-deleted', async () => {
    const state = stateOf(rows(300));
    const change = (): readonly PlayedRow[] =>
      state.schemas.flatMap((one) =>
        one.subject === 's00001' ? [] : [one.subject === 's00280' ? { ...one, deleted: true } : one],
      );
    const result = await readPlayed(state, once(state, 250, change));
    expect(namesOf(result)).toEqual(expectedNames(state.schemas));
  });

  it('never rests: an error that names a difference', async () => {
    const state = stateOf(rows(30));
    let count = 0;
    const intercept: PlayerOptions['intercept'] = (url) => {
      // Each listing of subjects shows one that has no versions by the time they are asked for.
      if (url.pathname === '/subjects') state.schemas = [...rows(30), row(`z${++count}`, 1)];
      if (url.pathname.startsWith('/subjects/') || url.pathname === '/schemas') state.schemas = rows(30);
      return false;
    };
    const error = await failureOf(readPlayed(state, { intercept }));
    expect(error.code).toBe('SRGIT_SNAPSHOT_INCONSISTENT');
    expect(error.message).toMatch(/z\d+ is listed but has no versions|z\d+ has versions but is not listed/);
    expect(error.retriable).toBe(true);
  });

  it('loses a version between the list and the look', async () => {
    const state = stateOf([row('a', 1), row('a', 2)]);
    const intercept: PlayerOptions['intercept'] = (url) => {
      if (url.pathname === '/subjects/a/versions/2') state.schemas = [row('a', 1)];
      return false;
    };
    const result = await readPlayed(state, { intercept }, {}, { ...CONFLUENT_8, bulk: 'none', bulkPaged: false });
    expect(namesOf(result)).toEqual(['a 1']);
    expect(result.stats.warnings).toEqual(['a version 2 was deleted while the registry was read']);
  });
});
