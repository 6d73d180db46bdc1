/** Registries that move while they are read, cut their answers short, refuse, or are none. */
import { describe, expect, it } from 'vitest';
import { probeCapabilities } from '../../src/registry/capabilities.ts';
import { readSnapshot } from '../../src/registry/snapshot.ts';
import type { SnapshotOptions, SnapshotResult } from '../../src/registry/snapshot-types.ts';
import type { RegistryCapabilities } from '../../src/registry/types.ts';
import { computeGuid } from '../../src/semantics/guid.ts';
import { answerJson, startServer } from '../support/loopback-server.ts';
import { during, failureOf, makeClient } from '../support/registry-client.ts';
import { type PlayedRow, type PlayedState, type PlayerOptions, playState } from '../support/scenario-player.ts';

const CONFLUENT: RegistryCapabilities = {
  kind: 'confluent',
  version: '8.3.1',
  bulk: 'complete',
  bulkPaged: true,
  guids: true,
  contexts: true,
  deleted: true,
  modes: 'per-subject',
  subjectConfig: 'explicit',
};

function row(subject: string, version: number, deleted = false, extra: object = {}): PlayedRow {
  const schema = `{"type":"fixed","name":"F","size":${version}}`;
  return {
    subject,
    version,
    id: version,
    guid: computeGuid({ schema }),
    schemaType: 'AVRO',
    schema,
    deleted,
    ...extra,
  };
}

function otherGuid(): string {
  return '00000000-0000-0000-0000-000000000000';
}

/** `count` subjects of two versions: s00000 1, s00000 2, s00001 1, … */
function rows(count: number): readonly PlayedRow[] {
  return Array.from({ length: count }, (_, index) => `s${String(index).padStart(5, '0')}`).flatMap((subject) => [
    row(subject, 1),
    row(subject, 2),
  ]);
}

function stateOf(schemas: readonly PlayedRow[]): PlayedState {
  return { contexts: ['.'], schemas, config: {}, modes: {} };
}

async function read(
  state: PlayedState,
  player: PlayerOptions = {},
  options: SnapshotOptions = {},
  capabilities: RegistryCapabilities = CONFLUENT,
): Promise<SnapshotResult & { readonly paths: readonly string[] }> {
  const server = await during(playState(state, player));
  const client = makeClient({ urls: [server.url] });
  const result = await readSnapshot(client, capabilities, options);
  return { ...result, paths: server.requests };
}

function namesOf({ snapshot }: SnapshotResult): readonly string[] {
  return snapshot.contexts.flatMap(({ subjects }) =>
    subjects.flatMap(({ name, versions }) =>
      versions.map(({ version, deleted }) => `${name} ${version}${deleted ? ' deleted' : ''}`),
    ),
  );
}

const expectedNames = (schemas: readonly PlayedRow[]): readonly string[] =>
  schemas.map(({ subject, version, deleted }) => `${subject} ${version}${deleted ? ' deleted' : ''}`);

describe('pages of GET /schemas', () => {
  it('are read until nothing follows, within the budget of requests', async () => {
    const state = stateOf(rows(1200));
    const result = await read(state);
    expect(namesOf(result)).toEqual(expectedNames(state.schemas));
    expect(result.stats.requests).toBeLessThanOrEqual(2400 / 1000 + 2 * 1200 + 10);
  });

  it('may be shorter than asked for', async () => {
    const state = stateOf(rows(60));
    const result = await read(state, { maxPage: 7 });
    expect(namesOf(result)).toEqual(expectedNames(state.schemas));
  });

  it('that ignore offset are taken when they hold everything', async () => {
    const state = stateOf(rows(51));
    const result = await read(state, {
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
    const result = await read(state, {
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
      read(state, {
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
    const result = await read(state, {
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
  const UNKNOWN: RegistryCapabilities = { ...CONFLUENT, kind: 'unknown', bulk: 'none', bulkPaged: false };
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
    const result = await read(stateOf(many), { intercept: cutAt(500, honoured) }, {}, UNKNOWN);
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
    expect(namesOf(await read(state, { intercept }, {}, UNKNOWN))).toEqual(expectedNames(state.schemas));
  });

  it('subjects that cannot be paged are a gap', async () => {
    const state = stateOf(rows(250));
    const intercept: PlayerOptions['intercept'] = (url, response) => {
      if (url.pathname !== '/subjects') return false;
      answerJson(response, 200, [...new Set(state.schemas.map(({ subject }) => subject))].slice(0, 100));
      return true;
    };
    const { snapshot } = await read(state, { intercept }, {}, UNKNOWN);
    expect(snapshot.gaps).toEqual([
      { what: 'versions', why: 'the registry stopped its list of subjects at exactly 100' },
    ]);
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
    const result = await read(state, { intercept }, {}, { ...CONFLUENT, bulk: 'none' });
    expect(namesOf(result)).toEqual(['b 1']);
    expect(result.snapshot.gaps).toMatchObject([{ what: 'versions', where: 'a' }]);
    expect(result.stats.warnings).toEqual([]);
  });
});

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
      ...CONFLUENT,
      guids: false,
      bulk: source === 'bulk' ? 'complete' : 'none',
    };
    const options: SnapshotOptions = {
      subjects: (_context, subject) => subject === 'top',
      versions: 'latest',
      includeDeleted: false,
      schemaTypes: ['JSON'],
    };
    const result = await read(stateOf(schemas), {}, options, capabilities);
    expect(namesOf(result)).toEqual(['base 1 deleted', 'mid 1', 'top 2']);
    const bare = await read(stateOf(schemas), {}, { ...options, includeReferences: false }, capabilities);
    expect(namesOf(bare)).toEqual(['top 2']);
  });

  it('tells of references to what is not there', async () => {
    const state = stateOf([row('a', 1, false, { references: [{ name: 'x', subject: 'nope', version: 3 }] })]);
    const { stats } = await read(state, {}, {}, { ...CONFLUENT, guids: false });
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
    const { snapshot } = await read(
      state,
      {},
      { subjects: (context) => context === '.x' },
      { ...CONFLUENT, guids: false },
    );
    expect(snapshot.contexts.map(({ name, subjects }) => [name, subjects.map((one) => one.name)])).toEqual([
      ['.', ['base']],
      ['.empty', []],
      ['.x', ['base', 'top']],
    ]);
  });

  it("warns of a guid that is not the content's", async () => {
    const { stats } = await read(stateOf([row('a', 1, false, { guid: otherGuid() })]));
    expect(stats.warnings).toHaveLength(1);
    expect(stats.warnings[0]).toContain('a version 1');
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
    const result = await read(
      state,
      once(state, 250, () => state.schemas.slice(40)),
    );
    expect(namesOf(result)).toEqual(expectedNames(state.schemas));
  });

  it('shrinks at the end', async () => {
    const state = stateOf(rows(300));
    const result = await read(
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
    const result = await read(state, once(state, 250, grown));
    expect(namesOf(result)).toEqual(expectedNames(state.schemas));
  });

  it('has a version soft-deleted and another one hard-deleted', async () => {
    const state = stateOf(rows(300));
    const change = (): readonly PlayedRow[] =>
      state.schemas.flatMap((one) =>
        one.subject === 's00001' ? [] : [one.subject === 's00280' ? { ...one, deleted: true } : one],
      );
    const result = await read(state, once(state, 250, change));
    expect(namesOf(result)).toEqual(expectedNames(state.schemas));
  });

  it('never rests: an error that names a difference', async () => {
    const state = stateOf(rows(30));
    let count = 0;
    const intercept: PlayerOptions['intercept'] = (url) => {
      // Each listing of subjects shows one that has no versions by the time they are asked for.
      if (url.pathname === '/subjects') state.schemas = [...rows(30), row(`z${++count}`, 1)];
      if (url.pathname.startsWith('/subjects/')) state.schemas = rows(30);
      return false;
    };
    const error = await failureOf(read(state, { intercept }));
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
    const result = await read(state, { intercept }, {}, { ...CONFLUENT, bulk: 'none', bulkPaged: false });
    expect(namesOf(result)).toEqual(['a 1']);
    expect(result.stats.warnings).toEqual(['a version 2 was deleted while the registry was read']);
  });
});

describe('what may not be read', () => {
  const refuse = (...kinds: readonly string[]): PlayerOptions => ({
    intercept: (url, response) => {
      if (!kinds.some((kind) => url.pathname.startsWith(kind))) return false;
      answerJson(response, 403, { error_code: 40301, message: 'no' });
      return true;
    },
  });

  it('is a gap for the whole registry, and not asked for again and again', async () => {
    const result = await read(stateOf(rows(200)), refuse('/config', '/mode'));
    expect(result.snapshot.gaps).toEqual([
      { what: 'config', why: 'the registry refused GET /config (HTTP 403)' },
      { what: 'mode', why: 'the registry refused GET /mode (HTTP 403)' },
    ]);
    expect(result.paths.filter((path) => path.startsWith('GET /config')).length).toBeLessThan(100);
    expect(namesOf(result)).toHaveLength(400);
  });

  it('is a gap where it is when only some is refused', async () => {
    const result = await read(stateOf(rows(3)), refuse('/config/s00001'));
    expect(result.snapshot.gaps).toEqual([
      { what: 'config', where: 's00001', why: 'the registry refused GET /config (HTTP 403)' },
    ]);
  });
});

describe('answers that are no registry', () => {
  const probe = async (body: string, type: string, status = 200) => {
    const server = await during(
      startServer((_request, response) => {
        response.writeHead(status, { 'content-type': type });
        response.end(body);
      }),
    );
    return failureOf(probeCapabilities(makeClient({ urls: [server.url] })));
  };

  it('HTML', async () => {
    expect((await probe('<html><body>hello</body></html>', 'text/html')).code).toBe('SRGIT_REGISTRY_NOT_A_REGISTRY');
  });

  it('404 everywhere, with the usual base paths in the hint', async () => {
    const error = await probe('<html>nothing here</html>', 'text/html', 404);
    expect(error.code).toBe('SRGIT_REGISTRY_NOT_A_REGISTRY');
    expect(error.hint).toContain('/apis/ccompat/v7');
  });

  it.each([
    ['without id', [{ ...row('a', 1), id: null }], 'subject "a" version 1 has no valid id'],
    ['without version', [{ ...row('a', 1), version: null }], 'subject "a" has a row with no valid version'],
    ['with an id that is no number', [{ ...row('a', 1), id: 'NaN' }], 'no valid id'],
    ['without text', [{ ...row('a', 1), schema: null }], 'no schema text'],
    ['that are no objects', ['a'], 'not an object'],
    ['that are no list', {}, 'no list'],
  ])('rows %s', async (_name, body, message) => {
    const error = await failureOf(
      read(stateOf([row('a', 1)]), {
        intercept: (url, response) => {
          if (url.pathname !== '/schemas') return false;
          answerJson(response, 200, body);
          return true;
        },
      }),
    );
    expect(error.code).toBe('SRGIT_REGISTRY_BAD_ANSWER');
    expect(error.message).toContain('GET /schemas');
    expect(error.message).toContain(message);
  });

  it('an answer that is cut off', async () => {
    const error = await failureOf(
      read(stateOf(rows(10)), {
        intercept: (url, response) => {
          if (url.pathname !== '/schemas') return false;
          response.writeHead(200, { 'content-type': 'application/json', 'content-length': '5000' });
          response.write('[{"subject":"a",');
          setImmediate(() => response.destroy());
          return true;
        },
      }),
    );
    expect(['SRGIT_REGISTRY_BAD_ANSWER', 'SRGIT_REGISTRY_UNREACHABLE']).toContain(error.code);
  });

  it('no subject at all is an empty snapshot', async () => {
    const result = await read(stateOf([]));
    expect(result.snapshot.contexts).toMatchObject([{ name: '.', subjects: [] }]);
    expect(result.stats.requests).toBeLessThanOrEqual(10);
  });

  it('text with a lone surrogate, or an unknown type, is named and can be left out', async () => {
    for (const bad of [{ schema: '"\ud800"' }, { schemaType: 'XML' }]) {
      const state = stateOf([row('a', 1), row('b', 3, false, bad)]);
      const error = await failureOf(read(state));
      expect(error.code).toBe('SRGIT_SNAPSHOT_UNREPRESENTABLE');
      expect(error.message).toContain('subject "b" version 3');
      const result = await read(state, {}, { subjects: (_context, subject) => subject !== 'b' });
      expect(namesOf(result)).toEqual(['a 1']);
    }
  });
});
