/** Servers that refuse, or are no registry. */
import { describe, expect, it } from 'vitest';
import { probeCapabilities } from '../../src/registry/capabilities.ts';
import { answerJson, startServer } from '../support/loopback-server.ts';
import { namesOf, readPlayed, row, rows, stateOf } from '../support/played-snapshot.ts';
import { during, failureOf, makeClient } from '../support/registry-client.ts';
import type { PlayerOptions } from '../support/scenario-player.ts';

describe('what may not be read', () => {
  const refuse = (...kinds: readonly string[]): PlayerOptions => ({
    intercept: (url, response) => {
      if (!kinds.some((kind) => url.pathname.startsWith(kind))) return false;
      answerJson(response, 403, { error_code: 40301, message: 'no' });
      return true;
    },
  });

  it('is a gap for the whole registry, and not asked for again and again', async () => {
    const result = await readPlayed(stateOf(rows(200)), refuse('/config', '/mode'));
    expect(result.snapshot.gaps).toEqual([
      { what: 'config', why: 'the registry refused GET /config (HTTP 403)' },
      { what: 'mode', why: 'the registry refused GET /mode (HTTP 403)' },
    ]);
    expect(result.paths.filter((path) => path.startsWith('GET /config')).length).toBeLessThan(100);
    expect(namesOf(result)).toHaveLength(400);
  });

  it('is a gap where it is when only some is refused', async () => {
    const result = await readPlayed(stateOf(rows(3)), refuse('/config/s00001'));
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
      readPlayed(stateOf([row('a', 1)]), {
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
      readPlayed(stateOf(rows(10)), {
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
    const result = await readPlayed(stateOf([]));
    expect(result.snapshot.contexts).toMatchObject([{ name: '.', subjects: [] }]);
    expect(result.stats.requests).toBeLessThanOrEqual(10);
  });

  it('an unknown type is named and can be left out', async () => {
    const state = stateOf([row('a', 1), row('b', 3, false, { schemaType: 'XML' })]);
    const error = await failureOf(readPlayed(state));
    expect(error.code).toBe('SRGIT_SNAPSHOT_UNREPRESENTABLE');
    expect(error.message).toContain('subject "b" version 3');
    const result = await readPlayed(state, {}, { subjects: (_context, subject) => subject !== 'b' });
    expect(namesOf(result)).toEqual(['a 1']);
  });

  it('text with a lone surrogate is read as it is: a tree can hold it', async () => {
    const { snapshot } = await readPlayed(stateOf([row('a', 1, false, { schema: '"\ud800"' })]));
    expect(snapshot.contexts[0]?.subjects[0]?.versions[0]?.schema).toBe('"\ud800"');
  });
});
