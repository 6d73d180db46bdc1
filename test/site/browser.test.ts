/** The catalogue in a real browser: every page, both themes, narrow screens, hostile schemas, no complaint. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import axe from 'axe-core';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SiteIndex } from '../../src/site/model.ts';
import { realSchemasFolder } from '../support/data.ts';
import { temporaryFolder } from '../support/trees.ts';
import { hostileTree, realTree } from './site-trees.ts';
import { addressOf, listenTo, readData, siteOf, startBrowser, visit, visitAll } from './support.ts';

const EXAMPLE = join(import.meta.dirname, '../../schemas-example');
const AXE = axe.source;
const NARROW = { width: 390, height: 844 };
const PATIENT = { timeout: 120_000 };

let browser: Browser;
beforeAll(async () => {
  browser = await startBrowser();
}, 300_000);
afterAll(() => browser?.close());

interface Opened {
  readonly page: Page;
  readonly complaints: readonly string[];
  readonly context: BrowserContext;
}

type Look = { readonly colorScheme?: 'light' | 'dark'; readonly viewport?: { width: number; height: number } };

async function open(out: string, look: Look = {}): Promise<Opened> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...look });
  const page = await context.newPage();
  const complaints = listenTo(page);
  await page.goto(pathToFileURL(join(out, 'index.html')).href);
  await page.waitForSelector('main h1');
  return { page, complaints, context };
}

interface Violation {
  readonly id: string;
  readonly impact: string;
  readonly nodes: readonly { readonly html: string }[];
}

/** Findings of axe that keep somebody out. @param rules all that it has, or some. */
async function seriousFindings(page: Page, rules?: readonly string[]): Promise<readonly string[]> {
  // It would fetch the style sheets, which the page's policy forbids.
  const options = { preload: false, resultTypes: ['violations'], ...(rules === undefined ? {} : { runOnly: rules }) };
  const violations = await page.evaluate<readonly Violation[]>(
    `axe.run(${JSON.stringify(options)}).then(({ violations }) => violations)`,
  );
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`);
}

const overflow = async (page: Page): Promise<number> =>
  Math.max(0, await page.evaluate<number>('document.documentElement.scrollWidth - innerWidth'));

const PAGES = [
  '#/',
  '#/subjects',
  '#/subjects?type=PROTOBUF&find=money',
  '#/subjects?find=nothing-like-that',
  '#/s/orders-value',
  '#/s/orders-value/v/1?view=text',
  '#/s/orders-value/v/3?view=about',
  '#/s/customers-value',
  '#/s/payments-value',
  '#/s/orders-value/diff/2/3',
  '#/s/money.proto/diff/1/1',
  '#/s/orders-value/graph',
  '#/graph',
  '#/ids',
  '#/ids/1',
  '#/ids/999',
  '#/search?q=order',
  '#/search?q=oders',
  '#/findings',
  '#/decode',
  '#/s/no-such-subject',
  '#/nowhere',
];

describe('the example', () => {
  let out: string;
  beforeAll(async () => {
    out = mkdtempSync(join(tmpdir(), 'srgit-site-'));
    await siteOf(EXAMPLE, out);
  }, 120_000);
  afterAll(() => rmSync(out, { recursive: true, force: true }));

  it.each([
    ['light', undefined],
    // What a theme changes.
    ['dark', ['color-contrast']],
  ] as const)('shows every page in %s with nothing that keeps somebody out', PATIENT, async (colorScheme, rules) => {
    const { page, complaints, context } = await open(out, { colorScheme });
    await page.evaluate(AXE);
    const findings: string[] = [];
    for (const address of PAGES) {
      await visit(page, address);
      for (const finding of await seriousFindings(page, rules)) findings.push(`${address} ${finding}`);
      const heading = await page.textContent('main h1');
      expect(heading?.trim(), address).not.toBe('');
    }
    expect(findings).toEqual([]);
    expect(complaints).toEqual([]);
    await context.close();
  });

  it('fits a telephone', PATIENT, async () => {
    const { page, complaints, context } = await open(out, { viewport: NARROW });
    const wide: string[] = [];
    for (const address of PAGES) {
      await visit(page, address);
      if ((await overflow(page)) > 0) wide.push(address);
    }
    expect(wide).toEqual([]);
    expect(complaints).toEqual([]);
    await context.close();
  });

  it('is used by keyboard alone', PATIENT, async () => {
    const { page, complaints, context } = await open(out);
    await page.keyboard.press('/');
    await page.keyboard.type('cust');
    await page.waitForSelector('.results a');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await page.waitForSelector('.subject-title');
    expect(addressOf(page)).toBe('#/s/customers-value');
    await page.waitForSelector('.versions .current');
    await page.keyboard.press('[');
    await page.waitForURL((url) => url.hash === '#/s/customers-value/v/1');
    await page.keyboard.press('/');
    await page.keyboard.type('zzz');
    await page.waitForURL((url) => url.hash.startsWith('#/search'));
    await page.keyboard.press('Escape');
    await page.waitForURL((url) => url.hash === '#/s/customers-value/v/1');
    expect(complaints).toEqual([]);
    await context.close();
  });

  it('says what a change breaks, and finds fields, ids and guids', PATIENT, async () => {
    const { page, context } = await open(out);
    await visit(page, '#/s/orders-value/diff/3/2');
    expect(await page.textContent('.diff')).toContain('Order.ship_to');
    expect(await page.textContent('.verdict')).toContain('compatible');
    await visit(page, '#/search?q=total%20cents');
    await page.waitForSelector('.results .where');
    expect(await page.textContent('.results')).toContain('total_cents');
    await visit(page, '#/search?q=3b808944-dd93');
    await page.waitForSelector('.results a');
    expect(await page.textContent('.results')).toContain('orders-value v3');
    await visit(page, '#/ids/1');
    const headings = await page.locator('main h2').allTextContents();
    expect(headings).toEqual(['Id 1 in the default context', 'Id 1 in .staging']);
    await context.close();
  });

  it('copies, also where the browser guards its clipboard', PATIENT, async () => {
    const { page, context } = await open(out);
    await visit(page, '#/s/orders-value');
    await page.click('.subject-title .copy');
    await page.waitForSelector('.subject-title .copy:has-text("copied")');
    await context.close();
  });

  it('lets no script in but its own', PATIENT, async () => {
    const { page, context } = await open(out);
    const policy = await page.getAttribute('meta[http-equiv]', 'content');
    expect(policy).toMatch(/default-src 'none'; script-src 'self'; style-src 'self'/);
    expect(policy).not.toContain('unsafe');
    const refused = await page.evaluate<boolean>(`(async () => {
      const blocked = new Promise((resolve) => addEventListener('securitypolicyviolation', resolve, { once: true }));
      const script = document.createElement('script');
      script.textContent = 'globalThis.wasRun = true';
      document.head.append(script);
      await blocked;
      return !('wasRun' in globalThis);
    })()`);
    expect(refused).toBe(true);
    await context.close();
  });
});

describe('hostile schemas', () => {
  it('are shown as the text they are', PATIENT, async () => {
    const out = join(temporaryFolder(), 'site');
    await siteOf(await hostileTree(temporaryFolder()), out);
    const { page, complaints, context } = await open(out, { viewport: NARROW });
    const { subjects } = readData<SiteIndex>(out, 'index');
    for (const name of subjects.name) {
      for (const view of ['fields', 'text', 'about']) {
        await visit(page, `#/s/${encodeURIComponent(name)}?view=${view}`);
        expect(await page.$('.notice[role=alert]'), `${name} ${view}`).toBeNull();
        expect(await overflow(page), `${name} ${view}`).toBe(0);
      }
    }
    expect(await page.evaluate("'pwned' in globalThis")).toBe(false);
    await page.evaluate(AXE);
    for (const name of ['deep-json', 'long-words', 'right-to-left']) {
      await visit(page, `#/s/${name}`);
      expect(await seriousFindings(page), name).toEqual([]);
    }
    expect(await page.$$('main script, main img, main iframe')).toEqual([]);
    await visit(page, '#/s/wide');
    expect(await page.locator('.field').count()).toBeLessThan(400);
    await page.click('.fields .more');
    expect(await page.locator('.field-name').count()).toBe(3001);
    await visit(page, '#/s/wide/diff/1/2');
    expect(await page.textContent('.verdict')).toContain('BACKWARD');
    await visit(page, '#/s/prototype?view=about');
    expect(await page.textContent('main')).toContain('__proto__');
    expect(complaints).toEqual([]);
    await context.close();
  });
});

const real = realSchemasFolder();
describe.skipIf(real === undefined)(
  `other projects' schemas${real === undefined ? ' (not there: skipped)' : ''}`,
  () => {
    it('are all shown, with every step between their versions', PATIENT, async () => {
      const out = join(temporaryFolder(), 'site');
      await siteOf(await realTree(temporaryFolder()), out);
      const { page, complaints, context } = await open(out, { viewport: NARROW });
      const { subjects } = readData<SiteIndex>(out, 'index');
      expect(subjects.name.length).toBeGreaterThan(200);
      const addresses = subjects.name.flatMap((name, at) => {
        const path = `#/s/${encodeURIComponent(name)}`;
        const latest = subjects.latest[at] ?? 0;
        return (subjects.versions[at] ?? 0) > 1 ? [path, `${path}/diff/${latest - 1}/${latest}`] : [path];
      });
      const seen = await visitAll(page, addresses);
      const failed = addresses.filter((_, at) => /could not be loaded|cannot be read as/.test(seen[at]?.text ?? ''));
      expect(failed).toEqual([]);
      expect(addresses.filter((_, at) => seen[at]?.wide !== 0)).toEqual([]);
      await page.evaluate(AXE);
      for (const address of ['#/', '#/search?q=user', ...addresses.slice(40, 42), '#/graph']) {
        await visit(page, address);
        expect(await seriousFindings(page), address).toEqual([]);
      }
      expect(await page.locator('.graph a').count()).toBeGreaterThan(50);
      expect(complaints).toEqual([]);
      await context.close();
    });
  },
);
