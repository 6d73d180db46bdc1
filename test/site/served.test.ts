/** `serve --ui`: the same pages beside the registry, as it is now. */
import { cpSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { type ServedTree, type ServeOptions, serveTree } from '../../src/app/serve-tree.ts';
import { GIT_ENV } from '../support/git.ts';
import { temporaryFolder } from '../support/trees.ts';
import { builtPages, configOf, listenTo, startBrowser, visit } from './support.ts';

const EXAMPLE = join(import.meta.dirname, '../../schemas-example');
const PATIENT = { timeout: 120_000 };

const OPEN = { tlsCert: undefined, tlsKey: undefined, tlsCa: undefined, requireClientCert: false, authFile: undefined };

const running: ServedTree[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map((served) => served.close()));
});

async function serve(options: Partial<ServeOptions> = {}): Promise<string> {
  const tree = join(temporaryFolder(), 'shop/schemas');
  cpSync(EXAMPLE, tree, { recursive: true });
  const served = await serveTree({
    config: configOf(tree),
    empty: false,
    writable: true,
    save: false,
    strictConfluent: false,
    host: '127.0.0.1',
    port: 0,
    env: GIT_ENV,
    version: 'test',
    security: OPEN,
    openMetrics: false,
    ui: { pages: builtPages() },
    ...options,
  });
  running.push(served);
  return served.url;
}

const baseOf = (page: string): string => /data-base="([^"]*)"/.exec(page)?.[1] ?? '';

describe('the pages beside the registry', () => {
  it('come with a policy that lets nothing else in', async () => {
    const url = await serve();
    const bare = await fetch(`${url}/ui`, { redirect: 'manual' });
    expect([bare.status, bare.headers.get('location')]).toEqual([302, 'ui/']);
    const page = await fetch(`${url}/ui/`);
    expect(page.status).toBe(200);
    expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(page.headers.get('cache-control')).toBe('no-store');
    const policy = page.headers.get('content-security-policy') ?? '';
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toContain('unsafe');
    const text = await page.text();
    expect(text).not.toMatch(/<script(?![^>]*src=)|<style|style=|onload=|https?:/i);
    const script = await fetch(`${url}/ui/${baseOf(text)}/app.js`);
    expect(script.headers.get('content-type')).toBe('text/javascript; charset=utf-8');
    expect(script.headers.get('x-content-type-options')).toBe('nosniff');
    for (const path of ['nothing', `${baseOf(text)}/nothing.js`, 'site-old-0/app.js']) {
      expect((await fetch(`${url}/ui/${path}`)).status, path).toBe(404);
    }
    expect((await fetch(`${url}/subjects`)).status).toBe(200);
  });

  it('are not there unless asked for', async () => {
    const url = await serve({ ui: undefined });
    expect((await fetch(`${url}/ui/`)).status).toBe(404);
  });

  it('show what was registered a moment ago', PATIENT, async () => {
    const url = await serve();
    const before = baseOf(await (await fetch(`${url}/ui/`)).text());
    await fetch(`${url}/subjects/fresh-value/versions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ schema: '"long"' }),
    });
    // A registry that changes all the time is not turned into pages all the time.
    await expect
      .poll(async () => baseOf(await (await fetch(`${url}/ui/`)).text()), { timeout: 20_000 })
      .not.toBe(before);
    const base = baseOf(await (await fetch(`${url}/ui/`)).text());
    expect(await (await fetch(`${url}/ui/${base}/data/index.js`)).text()).toContain('fresh-value');
    expect((await fetch(`${url}/ui/${before}/data/index.js`)).status).toBe(404);
  });

  it('are for users only where the registry is', async () => {
    const authFile = join(temporaryFolder(), 'users');
    writeFileSync(authFile, 'ann:secret\n', { mode: 0o600 });
    const url = await serve({ security: { ...OPEN, authFile } });
    const paths = ['/ui/', '/ui', '/ui/site-0/data/index.js'];
    for (const path of paths) expect((await fetch(url + path, { redirect: 'manual' })).status, path).toBe(401);
    const asked = await fetch(`${url}/ui/api/decode`, { method: 'POST', body: '{}' });
    expect(asked.status).toBe(401);
    const headers = { authorization: `Basic ${Buffer.from('ann:secret').toString('base64')}` };
    expect((await fetch(`${url}/ui/`, { headers })).status).toBe(200);
  });

  it('decode records', async () => {
    const url = await serve();
    const ask = (body: string, type = 'application/json') =>
      fetch(`${url}/ui/api/decode`, { method: 'POST', headers: { 'content-type': type }, body });
    const hex = '00 00 00 00 05 02 61 06 0a 06 45 55 52';
    const answer = await ask(JSON.stringify({ hex }));
    expect(answer.status).toBe(200);
    const value = { order_id: 'a', customer_id: 3, total_cents: 5, currency: 'EUR' };
    expect(await answer.json()).toMatchObject({ outcome: 'decoded', schema: { id: 5 }, decoded: { value } });
    const base64 = Buffer.from(hex.replaceAll(' ', ''), 'hex').toString('base64');
    expect(await (await ask(JSON.stringify({ base64 }))).json()).toMatchObject({ decoded: { value } });
    for (const body of ['{', '{}', '[]', 'null', '{"hex":"zz"}', '{"hex":7}']) {
      expect((await ask(body)).status, body).toBe(400);
    }
    // What a page of another site can send without being asked.
    expect((await ask('{"hex":"00"}', 'text/plain')).status).toBe(415);
    expect(
      (
        await fetch(`${url}/ui/api/nothing`, {
          method: 'POST',
          body: '{}',
          headers: { 'content-type': 'application/json' },
        })
      ).status,
    ).toBe(404);
  });

  // A browser may have to be installed first.
  it('are for people in a browser', { timeout: 400_000 }, async () => {
    const url = await serve();
    const browser = await startBrowser();
    try {
      const page = await browser.newPage();
      const complaints = listenTo(page);
      await page.goto(`${url}/ui/`);
      await page.waitForSelector('main h1');
      expect(await page.textContent('main h1')).toBe('shop');
      expect(await visit(page, '#/s/orders-value')).toContain('total_cents');
      await visit(page, '#/decode');
      await page.fill('textarea', '00000000050261060a06455552');
      await page.click('button.primary');
      await page.waitForSelector('figure pre');
      expect(await page.textContent('figure pre')).toContain('"order_id": "a"');
      expect(complaints).toEqual([]);
    } finally {
      await browser.close();
    }
  });
});
