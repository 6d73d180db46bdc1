import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCli } from '../support/cli.ts';
import { request, startRegistry } from '../support/embedded-registry.ts';
import { clientsHere } from './clients.ts';
import { startOfFrame } from './frame.ts';
import { type ServedTree, serveTree } from './served-tree.ts';
import { SHOP_TYPES, subjectOf } from './shop.ts';
import {
  type Cast,
  callCast,
  INSTALL_MS,
  readEverywhere,
  type Stage,
  serialize,
  type WrittenFrame,
  well,
  writeEverywhere,
} from './stage.ts';

const EXAMPLE = join(import.meta.dirname, '../../schemas-example');
/** A context as a part of a client's URL. */
const STAGING = '/contexts/.staging';
const kinds = await clientsHere();

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'srgit-clients-'));
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('a tree, served read-only', () => {
  let cast: Cast | undefined;
  let written: readonly WrittenFrame[] = [];
  let writtenInStaging: readonly WrittenFrame[] = [];
  let served: ServedTree | undefined;
  let url = '';
  let stages: readonly Stage[] = [];

  /** The clients write against a registry; that one goes away, and its tree is served. */
  beforeAll(async () => {
    cast = await callCast(kinds);
    const registry = await startRegistry();
    written = await writeEverywhere(cast.at(registry.url));
    // In another order, so that the same ids mean other schemas.
    writtenInStaging = await writeEverywhere(cast.at(registry.url + STAGING), SHOP_TYPES.toReversed());
    const cwd = join(folder, 'exported');
    mkdirSync(cwd);
    const { code, stderr } = await runCli(['export', '--url', registry.url], { cwd });
    expect({ code, stderr }).toMatchObject({ code: 0 });
    await registry.close();
    served = await serveTree(cwd);
    url = served.url;
    stages = cast.at(url);
  }, INSTALL_MS);

  afterAll(async () => {
    await cast?.stop();
    await served?.stop();
  });

  it('has consumers read with the same ids', async () => {
    expect(written.length).toBeGreaterThanOrEqual(8);
    expect(await readEverywhere(stages, written)).toEqual([]);
  });

  it('has consumers read in a context that is part of their URL', async () => {
    const idsOf = (frames: readonly WrittenFrame[]) => frames.map(({ frame }) => startOfFrame(frame).id);
    expect(idsOf(writtenInStaging)).not.toEqual(idsOf(written));
    expect(await readEverywhere(cast?.at(url + STAGING) ?? [], writtenInStaging)).toEqual([]);
  });

  it('has producers write with what is registered, also those that register each time', async () => {
    for (const stage of stages) {
      for (const { shop, topic, frame } of written.filter(({ writer }) => writer === stage.kind)) {
        const lookup = stage.kind.looksUp.includes(shop.type) ? (['lookup'] as const) : [];
        for (const how of ['register', 'latest', ...lookup] as const) {
          const again = await well(serialize(stage, topic, how, shop.order, shop.value));
          expect([stage.kind.name, how, again.frame]).toEqual([stage.kind.name, how, frame]);
        }
      }
    }
  });

  it('refuses what is new, with an error that says why', async () => {
    const before = await request(url, 'GET', '/schemas');
    for (const { kind, ask } of stages) {
      const refused = {
        name: kind.errorName,
        status: 422,
        ...(kind.tellsCode ? { code: 42205 } : {}),
        message: expect.stringMatching(/read-?only/i),
      };
      for (const { type, evolved } of SHOP_TYPES) {
        const topic = written.find(({ writer, shop }) => writer === kind && shop.type === type)?.topic ?? 'new';
        const update = await ask({ do: 'register', subject: subjectOf(topic), ...evolved });
        expect([kind.name, type, update.error]).toEqual([kind.name, type, expect.objectContaining(refused)]);
      }
      const fresh = await ask({ do: 'register', ...SHOP_TYPES[0].part, subject: 'fresh-value' });
      expect([kind.name, fresh.error]).toEqual([kind.name, expect.objectContaining(refused)]);
    }
    expect(await request(url, 'GET', '/schemas')).toEqual(before);
  });

  it('tells every client the ids of the manifest, for the tree of the examples', async () => {
    const example = join(folder, 'example');
    cpSync(EXAMPLE, join(example, 'schemas'), { recursive: true });
    const manifest = JSON.parse(readFileSync(join(EXAMPLE, 'manifest.json'), 'utf8')) as Manifest;
    expect(manifest.subjects.length).toBeGreaterThan(0);
    const registry = await serveTree(example);
    for (const { kind, ask } of cast?.at(registry.url) ?? []) {
      for (const { name: subject, versions } of manifest.subjects) {
        const { version, id } = versions.at(-1) ?? {};
        const latest = await ask({ do: 'latest', subject });
        expect([kind.name, { version, ...latest }]).toEqual([kind.name, { version, id }]);
      }
    }
    await registry.stop();
  });
});

interface Manifest {
  readonly subjects: readonly {
    readonly name: string;
    readonly versions: readonly { readonly version: number; readonly id: number }[];
  }[];
}
