/** A feature of the registry protocol as requests with what of their answers matters. */

export interface Answered {
  readonly status: number;
  /** Parsed where it is JSON, else the text. */
  readonly body: unknown;
}

export interface FeatureStep {
  readonly method: string;
  /** Known only once earlier answers are: an id of an earlier registration. */
  readonly path: string | ((answers: readonly Answered[]) => string);
  readonly body?: unknown;
  /** What of a good answer is compared; nothing but the status when absent. Errors: status and error_code. */
  readonly show?: (body: unknown) => unknown;
}

export interface Feature {
  readonly area: string;
  readonly name: string;
  /** Subjects begin with the prefix, which no other feature uses. What is set globally is put back at the end. */
  readonly steps: (prefix: string) => readonly FeatureStep[];
}

/** Plays a feature and gives what is compared, a line a step. */
export async function playFeature(url: string, feature: Feature, prefix: string): Promise<readonly string[]> {
  const answers: Answered[] = [];
  const lines: string[] = [];
  for (const step of feature.steps(prefix)) {
    const path = typeof step.path === 'string' ? step.path : step.path(answers);
    const answer = await ask(url, step.method, path, step.body);
    answers.push(answer);
    const shown = answer.status >= 400 ? errorCode(answer.body) : step.show?.(answer.body);
    const what = shown === undefined ? '' : ` ${JSON.stringify(shown).replaceAll(prefix, '')}`;
    const where = path.replaceAll(prefix, '').replace(/(?<=\/ids\/)\d+/, '{id}');
    lines.push(`${step.method} ${where}: ${answer.status}${what}`);
  }
  return lines;
}

/** A server that answers nothing, or no HTTP, has answered 599. */
async function ask(url: string, method: string, path: string, body: unknown): Promise<Answered> {
  try {
    const response = await fetch(url + path, {
      method,
      headers: { 'content-type': 'application/vnd.schemaregistry.v1+json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(20_000),
    });
    const text = await response.text();
    return { status: response.status, body: parse(text) };
  } catch (error) {
    return { status: 599, body: error instanceof Error ? error.message : String(error) };
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function errorCode(body: unknown): unknown {
  return typeof body === 'object' && body !== null && 'error_code' in body ? body.error_code : undefined;
}

/** Members of an object, or of each object of an array. */
export function members(...names: readonly string[]): (body: unknown) => unknown {
  const pick = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(pick);
    if (typeof value !== 'object' || value === null) return value;
    // In the order of the names: that of the answer is nobody's promise.
    const found = new Map(Object.entries(value));
    return Object.fromEntries(names.flatMap((name) => (found.has(name) ? [[name, found.get(name)]] : [])));
  };
  return pick;
}

export const whole = (body: unknown): unknown => body;

/** A list, unless it has everything of the registry in it. */
export const shortList = (body: unknown): unknown => (Array.isArray(body) && body.length > 6 ? 'everything' : body);

/** A list whose order some servers change from answer to answer. */
export const sorted = (body: unknown): unknown =>
  Array.isArray(body) ? body.map((item) => JSON.stringify(item)).sort() : body;

/** The id of an earlier answer. */
export function idOf(answers: readonly Answered[], at: number): string {
  const body = answers[at]?.body;
  return typeof body === 'object' && body !== null && 'id' in body ? String(body.id) : 'none';
}

/** Whether the ids of two earlier answers are the same. */
export function sameId(answers: readonly Answered[], a: number, b: number): boolean {
  return idOf(answers, a) === idOf(answers, b);
}
