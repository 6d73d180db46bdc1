/** The pages' own files, as `scripts/build-site.mjs` bundles them: part of the package. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { SrgitError } from '../../errors.ts';

export const FRONT_END_FILES = ['app.js', 'languages.js', 'style.css', 'icon.svg', 'licenses.txt'] as const;

export interface FrontEnd {
  /** The page, with the places of the other files and of the data left open. */
  readonly page: string;
  readonly files: ReadonlyMap<string, string>;
}

/**
 * Below the compiled files, whichever of them this one was joined with; where the sources run as they are, below those that
 * were compiled last.
 */
const PLACES = ['../../site/pages', '../site/pages', '../../../dist/site/pages'];

/**
 * @param pages folder of the files, where they are not those of the package.
 * @throws SrgitError SRGIT_INTERNAL when the package was not built.
 */
export function readFrontEnd(pages?: string): FrontEnd {
  const folder =
    pages ?? PLACES.map((place) => join(import.meta.dirname, place)).find((one) => existsSync(join(one, 'app.js')));
  if (folder === undefined) {
    throw new SrgitError('SRGIT_INTERNAL', "the catalogue's pages are missing from this installation", {
      hint: 'Install srgit again; in a checkout, run `npm run build`.',
    });
  }
  const read = (name: string): string => readFileSync(join(folder, name), 'utf8');
  return { page: read('index.html'), files: new Map(FRONT_END_FILES.map((name) => [name, read(name)])) };
}

export interface PagePlace {
  /** Relative to the page, without a slash at its end. */
  readonly base: string;
  readonly title: string;
  /** A registry stands beside the page, and answers what the page asks. */
  readonly served: boolean;
}

/** The page for files at `base`. */
export function renderPage({ page }: FrontEnd, { base, title, served }: PagePlace): string {
  const values: Readonly<Record<string, string>> = {
    base,
    title: escapeHtml(title),
    served: served ? 'yes' : 'no',
    connect: served ? "'self'" : "'none'",
  };
  return page.replace(/\{\{(\w+)\}\}/g, (whole, name: string) => values[name] ?? whole);
}

function escapeHtml(text: string): string {
  const names: Readonly<Record<string, string>> = {
    '&': '&amp;',
    '<': '&lt;',
    '>': '&gt;',
    '"': '&quot;',
    "'": '&#39;',
  };
  return text.replace(/[&<>"']/g, (character) => names[character] ?? character);
}
