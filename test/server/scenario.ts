/** Recorded conversations with a real registry, and replaying them over HTTP. */
import { readdirSync, readFileSync } from 'node:fs';
import { type Agent, request as httpRequest } from 'node:http';

export interface Step {
  readonly method: string;
  readonly path: string;
  readonly body?: unknown;
  readonly rawBody?: string;
  readonly contentType?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly status: number;
  readonly response?: unknown;
  readonly responseText?: string;
  readonly responseType?: string | null;
}

export interface Scenario {
  readonly name: string;
  readonly kind: string;
  readonly steps: readonly Step[];
}

const FOLDER = new URL('../fixtures/confluent-8.3.1/scenarios/', import.meta.url);

export function readScenarios(): readonly Scenario[] {
  return readdirSync(FOLDER)
    .filter((name) => name.endsWith('.json'))
    .sort()
    .map((name) => JSON.parse(readFileSync(new URL(name, FOLDER), 'utf8')));
}

export const REGISTRY_TYPE = 'application/vnd.schemaregistry.v1+json';

export interface Reply {
  readonly status: number;
  readonly type: string | null;
  readonly body: string;
}

/** Sends a path as it stands: node's fetch would tidy `..` and double slashes away. */
export function send(port: number, step: Step, agent: Agent): Promise<Reply> {
  const body = step.rawBody ?? (step.body === undefined ? undefined : JSON.stringify(step.body));
  const type = step.contentType ?? REGISTRY_TYPE;
  const payload = body === undefined ? undefined : Buffer.from(body);
  return new Promise((resolve, reject) => {
    const request = httpRequest(
      {
        host: '127.0.0.1',
        port,
        agent,
        method: step.method,
        path: step.path,
        headers: {
          ...(type === '' || payload === undefined ? {} : { 'content-type': type }),
          ...(payload === undefined ? {} : { 'content-length': payload.length }),
          ...step.headers,
        },
      },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () => {
          resolve({
            status: response.statusCode ?? 0,
            type: response.headers['content-type'] ?? null,
            body: Buffer.concat(chunks).toString('utf8'),
          });
        });
      },
    );
    request.on('error', reject);
    request.end(payload);
  });
}

export interface Comparison {
  /** What differs beyond an error's message text; undefined when nothing does. */
  readonly difference: string | undefined;
  /** Whether an error's message text differs. */
  readonly message: boolean;
}

/** Members that are new at every run. */
const VOLATILE = new Set(['ts', 'createTs', 'updateTs']);

export function compare(step: Step, reply: Reply): Comparison {
  const expectedText = step.responseText ?? JSON.stringify(step.response);
  const expectedType = step.responseType === undefined ? REGISTRY_TYPE : step.responseType;
  const expected = parse(expectedText);
  const actual = parse(reply.body);
  const isError = (value: unknown): value is { readonly message?: unknown } =>
    typeof value === 'object' && value !== null && 'error_code' in value;
  const withoutMessage = (value: unknown): unknown => (isError(value) ? { ...value, message: '' } : value);
  const differences: string[] = [];
  if (step.status !== reply.status) differences.push(`status ${reply.status}, not ${step.status}`);
  if (expectedType !== reply.type) differences.push(`type ${reply.type}, not ${expectedType}`);
  if (canonical(withoutMessage(expected)) !== canonical(withoutMessage(actual))) {
    differences.push(`body ${reply.body.slice(0, 600)}, not ${expectedText.slice(0, 600)}`);
  }
  return {
    difference: differences.length === 0 ? undefined : differences.join('; '),
    message: isError(expected) && isError(actual) && expected.message !== actual.message,
  };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function canonical(value: unknown): string {
  return JSON.stringify(value, (key, inner: unknown) => {
    if (VOLATILE.has(key)) return undefined;
    if (typeof inner !== 'object' || inner === null || Array.isArray(inner)) return inner;
    // The guid of an association is drawn at random, that of a schema is its content's.
    if ('associationType' in inner && 'guid' in inner) return sorted({ ...inner, guid: '' });
    return sorted(inner);
  });
}

function sorted(object: object): object {
  return Object.fromEntries(Object.entries(object).sort(([a], [b]) => (a < b ? -1 : 1)));
}
