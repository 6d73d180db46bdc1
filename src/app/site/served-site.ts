/** The catalogue of a registry that is served: made when a page is asked for, and anew after the registry has changed. */
import { setImmediate } from 'node:timers/promises';
import { isSrgitError } from '../../errors.ts';
import { isJsonObject } from '../../model/json.ts';
import type { RegistryState } from '../../semantics/state.ts';
import type { UiFile, UiPages } from '../../server/ui.ts';
import { buildSite, type SiteInput } from '../../site/build-site.ts';
import { dataFile } from '../../site/data-file.ts';
import { bytesFromText } from '../decode/record-bytes.ts';
import { decodeRecord } from '../decode-record.ts';
import { type FrontEnd, renderPage } from './front-end.ts';

export interface ServedSiteOptions {
  readonly frontEnd: FrontEnd;
  readonly title: string;
  /** The live registry, for decoding. */
  readonly state: RegistryState;
  /** What the pages show now. */
  readonly input: () => SiteInput;
  /** Moves on with every change of the registry. */
  readonly revision: () => number;
  /** Milliseconds, for pacing. */
  readonly now: () => number;
  /** Sets this run's addresses apart from those that a browser kept of an earlier one. */
  readonly run: string;
}

interface Built {
  readonly revision: number;
  readonly base: string;
  readonly files: ReadonlyMap<string, string>;
}

/** A registry that changes all the time is not turned into pages all the time: this many times as long as making them took. */
const REST = 10;

export class ServedSite implements UiPages {
  readonly #options: ServedSiteOptions;
  #built: Built | undefined;
  #building: Promise<Built> | undefined;
  #restsUntil = 0;

  constructor(options: ServedSiteOptions) {
    this.#options = options;
  }

  async read(path: string): Promise<UiFile | undefined> {
    if (path === '' || path === 'index.html') {
      const { base } = await this.#current();
      const { frontEnd, title } = this.#options;
      return { type: 'html', text: renderPage(frontEnd, { base, title, served: true }), lasting: false };
    }
    const slash = path.indexOf('/');
    const built = this.#built;
    if (built === undefined || path.slice(0, slash) !== built.base) return undefined;
    const name = path.slice(slash + 1);
    const text = this.#options.frontEnd.files.get(name) ?? built.files.get(name);
    return text === undefined ? undefined : { type: typeOf(name), text, lasting: true };
  }

  async ask(path: string, body: string): Promise<{ readonly status: number; readonly body: unknown } | undefined> {
    return path === 'decode' ? decode(this.#options.state, body) : undefined;
  }

  async #current(): Promise<Built> {
    const { revision, now } = this.#options;
    const built = this.#built;
    if (built !== undefined && (built.revision === revision() || now() < this.#restsUntil)) return built;
    this.#building ??= this.#build().finally(() => {
      this.#building = undefined;
    });
    return this.#building;
  }

  async #build(): Promise<Built> {
    const { revision, input, now, run } = this.#options;
    const made = revision();
    const began = now();
    const files = new Map<string, string>();
    for await (const { key, value } of buildSite(input(), () => setImmediate())) {
      files.set(`data/${key}.js`, dataFile(key, value));
    }
    const built = { revision: made, base: `site-${run}-${made}`, files };
    this.#built = built;
    this.#restsUntil = now() + REST * (now() - began);
    return built;
  }
}

function typeOf(name: string): UiFile['type'] {
  const ending = name.slice(name.lastIndexOf('.') + 1);
  return ending === 'css' || ending === 'svg' || ending === 'txt' ? ending : 'js';
}

async function decode(
  state: RegistryState,
  text: string,
): Promise<{ readonly status: number; readonly body: unknown }> {
  const refuse = (message: string) => ({ status: 400, body: { error_code: 400, message } });
  let asked: unknown;
  try {
    asked = JSON.parse(text);
  } catch {
    return refuse('the body is no JSON');
  }
  const { hex, base64, side, guess } = isJsonObject(asked) ? asked : {};
  const given = typeof hex === 'string' ? hex : base64;
  if (typeof given !== 'string') return refuse('give the bytes as hex or base64');
  try {
    const { bytes } = bytesFromText(given, typeof hex === 'string' ? 'hex' : 'base64');
    return {
      status: 200,
      body: await decodeRecord(state, { bytes, side: side === 'key' ? 'key' : 'value', guess: guess === true }),
    };
  } catch (error) {
    if (isSrgitError(error, 'SRGIT_USAGE')) return refuse(error.message);
    throw error;
  }
}
