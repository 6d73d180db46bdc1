/** Whether a configuration has the shape that its schema asks for, in words that name the place and the nearest key. */
import type { ErrorObject, ValidateFunction } from 'ajv/dist/2020.js';
import type { Document, LineCounter } from 'yaml';
import { nearestName } from './nearest-name.ts';
import { offsetOf, placeOf } from './place.ts';

export interface Mistake {
  /** `line:column` */
  readonly place: string;
  readonly text: string;
}

export interface Shape {
  /** Plain data; strings out of variables become numbers and booleans in place, where such are wanted. */
  readonly data: unknown;
  readonly document: Document;
  readonly lines: LineCounter;
  /** JSON pointers of values that came out of a variable. */
  readonly replaced: ReadonlySet<string>;
  /** JSON pointers of values that still have a variable in them: these are judged once they are needed. */
  readonly open: ReadonlySet<string>;
}

/** Every mistake, in the order that the schema finds them. */
export function findMistakes(validate: ValidateFunction, { data, document, lines, replaced, open }: Shape): Mistake[] {
  const valid = validate(data) || (convertReplaced(data, validate.errors ?? [], replaced) && validate(data));
  if (valid) return [];
  const errors = (validate.errors ?? []).filter((error) => !open.has(error.instancePath) || isOfAnotherKind(error));
  const found = errors.map((error) => describeMistake(error, document, lines));
  const seen = new Set<string>();
  return found.filter(({ place, text }) => {
    const key = `${place} ${text}`;
    return !seen.has(key) && seen.add(key);
  });
}

/** Whether a mapping or a list is wanted: no variable becomes one. */
function isOfAnotherKind({ keyword, params }: ErrorObject): boolean {
  return keyword === 'type' && (params['type'] === 'object' || params['type'] === 'array');
}

/** Takes away what is wrong, so that the rest can be looked at: keys that are unknown, values of a wrong kind. */
export function pruneMistakes(validate: ValidateFunction, data: unknown): unknown {
  // What is taken away may uncover more; each round takes at least one thing.
  while (!validate(data)) {
    let pruned = false;
    for (const { instancePath, keyword, params } of validate.errors ?? []) {
      // Of what lacks a key the rest may still be looked at.
      if (keyword === 'required') continue;
      const unknown: unknown = params['additionalProperty'];
      const path = [...pathOfPointer(instancePath), ...(typeof unknown === 'string' ? [unknown] : [])];
      if (path.length === 0) return {};
      pruned = removeAt(data, path) || pruned;
    }
    if (!pruned) return data;
  }
  return data;
}

/** Removes a value; of a list, the whole list. */
function removeAt(data: unknown, path: readonly string[]): boolean {
  const [name = '', ...above] = path.toReversed();
  const holder = above.toReversed().reduce<unknown>((node, part) => (isObject(node) ? node[part] : undefined), data);
  if (Array.isArray(holder)) return removeAt(data, path.slice(0, -1));
  return isObject(holder) && Object.hasOwn(holder, name) && Reflect.deleteProperty(holder, name);
}

/** Text that came out of a variable where a number or a boolean is wanted. @returns whether anything was converted. */
function convertReplaced(root: unknown, errors: readonly ErrorObject[], replaced: ReadonlySet<string>): boolean {
  let converted = false;
  for (const { keyword, params, instancePath } of errors) {
    if (keyword !== 'type' || !replaced.has(instancePath)) continue;
    const path = pathOfPointer(instancePath);
    const name = path.pop() ?? '';
    const holder = path.reduce<unknown>((node, part) => (isObject(node) ? node[part] : undefined), root);
    const text = isObject(holder) ? holder[name] : undefined;
    if (!isObject(holder) || typeof text !== 'string') continue;
    const wanted: unknown = params['type'];
    if (wanted === 'boolean' && /^(true|false)$/.test(text)) holder[name] = text === 'true';
    else if ((wanted === 'integer' || wanted === 'number') && /^-?\d+(\.\d+)?$/.test(text)) holder[name] = Number(text);
    else continue;
    converted = true;
  }
  return converted;
}

function describeMistake(error: ErrorObject, document: Document, lines: LineCounter): Mistake {
  const path = pathOfPointer(error.instancePath);
  const unknown: unknown = error.params['additionalProperty'];
  if (typeof unknown === 'string') {
    const known = Object.keys((error.parentSchema?.['properties'] as object | undefined) ?? {});
    const nearest = nearestName(unknown, known);
    const hint = nearest === undefined ? `known here: ${known.join(', ')}` : `did you mean ${JSON.stringify(nearest)}?`;
    return {
      place: placeOf(lines, offsetOf(document, [...path, unknown], true)),
      text: `unknown key${quotedKey(unknown, error.data)}${path.length === 0 ? '' : ` in ${path.join('.')}`}; ${hint}`,
    };
  }
  const allowed: unknown = error.params['allowedValues'];
  const only: unknown = error.params['allowedValue'];
  const what = Array.isArray(allowed)
    ? `must be one of ${allowed.join(', ')}`
    : typeof only === 'string'
      ? `must be ${only}`
      : (error.message?.replace('string,array', 'a string or a list').replace('object,null', 'object') ?? 'is wrong');
  return {
    place: placeOf(lines, offsetOf(document, path, false)),
    text: `${path.join('.') || 'the file'} ${what}`,
  };
}

/**
 * A key in quotes, or nothing. A value becomes a key by a slip of punctuation (`password:! s3cret`, `password: ,s3cret`):
 * what does not look like a key, or has nothing behind it, is told by its place alone.
 */
function quotedKey(key: string, holder: unknown): string {
  const value = isObject(holder) ? holder[key] : undefined;
  return /^\w[\w.-]*$/.test(key) && value !== null ? ` ${JSON.stringify(key)}` : '';
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

function pathOfPointer(pointer: string): string[] {
  return pointer
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));
}
