/** Where and why the reading of a record ended. */
import type { JsonValue } from '../../model/json.ts';
import type { Remark } from './decoded.ts';

/** A field's name, an item's number, or the key of a map. */
export type Step = string | number | { readonly key: string };

/** Never leaves this folder: it becomes a remark. */
export class DecodeFault extends Error {
  override readonly name = 'DecodeFault';
  readonly offset: number;
  /** From the outside in; each container adds its own step as the fault passes through it. */
  readonly path: Step[] = [];
  /** What the containers passed so far hold. */
  partial: JsonValue | undefined;

  constructor(message: string, offset: number) {
    super(message);
    this.offset = offset;
  }
}

export function toRemark(fault: DecodeFault, outer: readonly Step[] = []): Remark {
  return { offset: fault.offset, path: formatPath([...outer, ...fault.path]), message: fault.message };
}

/** `ship_to.street`, `notes[3]`, `tags["a b"]`. */
export function formatPath(steps: readonly Step[]): string {
  let path = '';
  for (const step of steps) {
    if (typeof step === 'number') path += `[${step}]`;
    else if (typeof step === 'object') path += `[${JSON.stringify(step.key)}]`;
    else path += path === '' ? step : `.${step}`;
  }
  return path;
}

/** A container under construction. Its keys are whatever a record says: `__proto__` is one like any other. */
export type OpenObject = { [key: string]: JsonValue };

export function setMember(target: OpenObject, key: string, value: JsonValue): void {
  if (key !== '__proto__') target[key] = value;
  else Object.defineProperty(target, key, { value, enumerable: true, configurable: true, writable: true });
}

/** Reads a member; when that fails, the fault learns where it was and what was read until then. */
export function readMember(target: OpenObject, key: string, step: Step, read: () => JsonValue): void {
  try {
    setMember(target, key, read());
  } catch (error) {
    if (!(error instanceof DecodeFault)) throw error;
    if (error.partial !== undefined) setMember(target, key, error.partial);
    error.partial = target;
    error.path.unshift(step);
    throw error;
  }
}

export function readItem(target: JsonValue[], read: () => JsonValue): void {
  const index = target.length;
  try {
    target.push(read());
  } catch (error) {
    if (!(error instanceof DecodeFault)) throw error;
    if (error.partial !== undefined) target.push(error.partial);
    error.partial = target;
    error.path.unshift(index);
    throw error;
  }
}
