/** Random requests to a registry, the same ones for the same seed: valid, nearly valid, and garbage. */
import { gzipSync } from 'node:zlib';
import { Dice } from './dice.ts';
import { type BodyKind, mutate, randomBody, randomSubject, SUBJECTS } from './random-bodies.ts';
import { garbage } from './random-schemas.ts';

export interface RandomRequest {
  readonly method: string;
  /** Printable ASCII without spaces, as a client must send it. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Buffer;
}

const VERSIONS = [
  '1',
  '2',
  '3',
  'latest',
  '-1',
  '0',
  '-2',
  'LATEST',
  '+1',
  '01',
  '1e3',
  'x',
  '2147483647',
  '2147483648',
];
const IDS = ['1', '2', '3', '5', '9', '0', '-1', 'x', '2147483647', '99999999999'];
const FLAGS = ['true', 'false', 'TRUE', '1', '', 'maybe'];
const QUERY: Readonly<Record<string, readonly string[]>> = {
  deleted: FLAGS,
  deletedOnly: FLAGS,
  deletedAsNegative: FLAGS,
  permanent: ['true', 'true', 'false'],
  force: FLAGS,
  recursive: FLAGS,
  normalize: FLAGS,
  verbose: FLAGS,
  defaultToGlobal: FLAGS,
  latestOnly: FLAGS,
  aliases: FLAGS,
  fetchMaxId: FLAGS,
  findTags: FLAGS,
  cascadeLifecycle: FLAGS,
  dryRun: FLAGS,
  format: ['resolved', 'serialized', 'ignore_extensions', 'RESOLVED', 'nope', ''],
  referenceFormat: ['qualified', 'x'],
  offset: ['0', '1', '5', '-1', 'x', '2147483648'],
  limit: ['0', '1', '3', '-1', 'x', '5000'],
  subject: SUBJECTS,
  subjectPrefix: ['', 'a', ':*:', ':*:a', ':.x:', ':.'],
  contextPrefix: ['', '.', '.x'],
  ruleType: ['CEL', 'x'],
  key: ['owner', 'constructor', '__proto__'],
  value: ['me', 'x'],
  lifecycle: ['STRONG', 'WEAK', 'x'],
  associationType: ['key', 'value'],
  ['__proto__']: ['x'],
};

/** Path patterns with the body that each method takes; `{}` is a segment from a pool. */
const ROUTES: readonly (readonly [path: string, body: BodyKind])[] = [
  ['/', 'none'],
  ['/subjects', 'none'],
  ['/subjects/{s}', 'schema'],
  ['/subjects/{s}/versions', 'schema'],
  ['/subjects/{s}/versions', 'schema'],
  ['/subjects/{s}/versions', 'schema'],
  ['/subjects/{s}/versions', 'schema'],
  ['/subjects/{s}/versions/{v}', 'none'],
  ['/subjects/{s}/versions/{v}/schema', 'none'],
  ['/subjects/{s}/versions/{v}/referencedby', 'none'],
  ['/subjects/{s}/versions/{v}/tags', 'tags'],
  ['/subjects/{s}/metadata', 'none'],
  ['/schemas', 'none'],
  ['/schemas/types', 'none'],
  ['/schemas/ids/{i}', 'none'],
  ['/schemas/ids/{i}/schema', 'none'],
  ['/schemas/ids/{i}/subjects', 'none'],
  ['/schemas/ids/{i}/versions', 'none'],
  ['/schemas/guids/{g}', 'none'],
  ['/schemas/guids/{g}/ids', 'none'],
  ['/compatibility/subjects/{s}/versions', 'schema'],
  ['/compatibility/subjects/{s}/versions/{v}', 'schema'],
  ['/config', 'config'],
  ['/config/{s}', 'config'],
  ['/mode', 'mode'],
  ['/mode/{s}', 'mode'],
  ['/contexts', 'none'],
  ['/contexts/{c}', 'none'],
  ['/associations', 'association'],
  ['/associations/subjects/{s}', 'none'],
  ['/associations/resources/{r}', 'none'],
  ['/associations/resources/{r}/{r}', 'none'],
  ['/v1/metadata/id', 'none'],
  ['/v1/metadata/version', 'none'],
  ['/exporters', 'none'],
  ['/metrics', 'none'],
];

const TYPES = ['application/vnd.schemaregistry.v1+json', 'application/json', 'text/plain', '', '*/*', 'a/b, */*;q=0.1'];

export class RequestSource {
  readonly #dice: Dice;
  readonly #guids: string[] = ['nope', '00000000-0000-0000-0000-000000000000'];

  constructor(seed: number) {
    this.#dice = new Dice(seed);
  }

  /** Guids that the registry told are asked for later. */
  learnGuid(guid: string): void {
    if (this.#guids.length < 50) this.#guids.push(guid);
    else this.#guids[this.#dice.below(50)] = guid;
  }

  next(): RandomRequest {
    if (this.#dice.chance(0.02)) return this.#opening();
    const [pattern, kind] = this.#dice.pick(ROUTES);
    const isGarbagePath = this.#dice.chance(0.01);
    const path = isGarbagePath ? this.#garbagePath() : this.#path(pattern);
    const method = this.#method(kind);
    const headers: Record<string, string> = {};
    const type = this.#dice.chance(0.95) ? 'application/vnd.schemaregistry.v1+json' : this.#dice.pick(TYPES);
    if (type !== '') headers['content-type'] = type;
    if (this.#dice.chance(0.1)) headers['accept'] = this.#dice.pick(TYPES);
    if (this.#dice.chance(0.05))
      headers['x-request-id'] = this.#dice.pick(['r', 'a b', 'x'.repeat(400), 'é'.repeat(3)]);
    const text = this.#dice.chance(0.02)
      ? garbage(this.#dice)
      : randomBody(this.#dice, method === 'GET' && this.#dice.chance(0.9) ? 'none' : kind);
    if (text === undefined) return { method, path, headers };
    const mutated = this.#dice.chance(0.12) ? mutate(this.#dice, text) : text;
    const bytes = Buffer.from(mutated, 'utf8');
    if (!this.#dice.chance(0.02)) return { method, path, headers, body: bytes };
    headers['content-encoding'] = this.#dice.pick(['gzip', 'gzip', 'deflate', 'nope']);
    return { method, path, headers, body: this.#dice.chance(0.7) ? gzipSync(bytes) : bytes };
  }

  /** Takes away what keeps schemas out: otherwise a mode or a level set once would refuse most of what follows. */
  #opening(): RandomRequest {
    const headers = { 'content-type': 'application/json' };
    const [method, path, body] = this.#dice.pick([
      ['DELETE', '/mode', undefined],
      ['DELETE', '/mode/:.__GLOBAL:', undefined],
      ['PUT', '/config', '{"compatibility":"NONE"}'],
      ['DELETE', `/mode/${encode(this.#dice.pick(SUBJECTS))}`, undefined],
      ['DELETE', `/config/${encode(this.#dice.pick(SUBJECTS))}`, undefined],
      ['DELETE', `/associations/resources/${this.#dice.pick(['id-t1', 'id-t2'])}?cascadeLifecycle=true`, undefined],
    ] as const);
    return { method, path, headers, ...(body === undefined ? {} : { body: Buffer.from(body) }) };
  }

  #method(kind: BodyKind): string {
    if (this.#dice.chance(0.02))
      return this.#dice.pick(['HEAD', 'OPTIONS', 'PATCH', 'TRACE', 'PROPFIND', 'PUT', 'POST']);
    switch (kind) {
      case 'schema':
      case 'tags':
        return this.#dice.chance(0.9) ? 'POST' : this.#dice.pick(['GET', 'DELETE']);
      case 'config':
      case 'mode':
        return this.#dice.pick(['PUT', 'PUT', 'GET', 'DELETE']);
      case 'association':
        return this.#dice.pick(['POST', 'PUT']);
      case 'none':
        return this.#dice.chance(0.85) ? 'GET' : 'DELETE';
    }
  }

  #path(pattern: string): string {
    const filled = pattern.replace(/\{(\w)\}/g, (_, pool: string) => this.#segment(pool));
    const inContext = this.#dice.chance(0.08) ? `/contexts/${this.#segment('c')}` : '';
    const slash = this.#dice.chance(0.02) ? '/' : '';
    const names = Object.keys(QUERY);
    const count = this.#dice.pick([0, 0, 0, 1, 1, 2, 3]);
    const query = Array.from({ length: count }, () => {
      const name = this.#dice.pick(names);
      return `${name}=${encode(this.#dice.pick(QUERY[name] ?? ['x']))}`;
    });
    return `${inContext}${filled}${slash}${count === 0 ? '' : `?${query.join('&')}`}`;
  }

  #segment(pool: string): string {
    switch (pool) {
      case 's':
        return encode(randomSubject(this.#dice));
      case 'v':
        return encode(this.#dice.pick(VERSIONS));
      case 'i':
        return encode(this.#dice.pick(IDS));
      case 'g':
        return encode(this.#dice.pick(this.#guids));
      case 'c':
        return encode(this.#dice.pick(['.x', 'x', ':.y:', '.', '.z', '__proto__', '']));
      default:
        return encode(this.#dice.pick(['t1', 't2', 'id-t1', 'id-t2', 'ns', '__proto__']));
    }
  }

  #garbagePath(): string {
    const letters = 'abc/%2Fs.;:?&=#+*~!\\{}|^`"<>[]@0%zz%00%ff%c3%28';
    return `/${Array.from({ length: this.#dice.below(40) }, () => this.#dice.pick([...letters])).join('')}`;
  }
}

/** As a client would, also for what has no encoding. */
function encode(text: string): string {
  return encodeURIComponent(text.toWellFormed());
}
