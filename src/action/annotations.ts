/** Problems at the lines of the files that are at fault. */
import { existsSync, readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { error, notice, warning } from '@actions/core';
import { escapeUnsafe } from '../render/show-name.ts';
import { lineOf } from './line-of.ts';

export interface Annotation {
  readonly severity: 'error' | 'warning' | 'notice';
  readonly title: string;
  readonly message: string;
  /** Relative to the tree's root. */
  readonly file?: string | undefined;
  /** Place within the schema: `/fields/2/type`, `#/properties/name`, `#/Order/total`. */
  readonly path?: string | undefined;
}

export interface AnnotationPlaces {
  /** Absolute path of the tree. */
  readonly tree: string;
  /** Absolute path of the checkout, which GitHub's paths start at. */
  readonly workspace: string;
  readonly hide: (text: string) => string;
}

const WRITERS = { error, warning, notice };

/** GitHub shows ten of each kind for a step, and drops the rest without a word. */
const SHOWN = 10;

/** Writes them; what GitHub would not show is counted in the last one. */
export function writeAnnotations(annotations: readonly Annotation[], places: AnnotationPlaces): void {
  for (const severity of ['error', 'warning', 'notice'] as const) {
    const all = annotations.filter((one) => one.severity === severity);
    // The step's own failure is an error too.
    const room = severity === 'error' ? SHOWN - 1 : SHOWN;
    const shown = all.length > room ? all.slice(0, room - 1) : all;
    for (const annotation of shown) writeOne(annotation, places);
    const rest = all.length - shown.length;
    if (rest > 0) WRITERS[severity](`… and ${rest} more: see the summary of this run`, { title: 'srgit' });
  }
}

function writeOne({ severity, title, message, file, path }: Annotation, places: AnnotationPlaces): void {
  const { hide } = places;
  WRITERS[severity](hide(escapeUnsafe(message)), { title: hide(escapeUnsafe(title)), ...placeOf(file, path, places) });
}

function placeOf(file: string | undefined, path: string | undefined, { tree, workspace }: AnnotationPlaces) {
  if (file === undefined) return {};
  const full = join(tree, file);
  const inside = relative(workspace, full);
  if (inside.startsWith('..') || !existsSync(full)) return {};
  return { file: inside.split(sep).join('/'), startLine: path === undefined ? 1 : lineOf(textOf(full), path) };
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
