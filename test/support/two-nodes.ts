/**
 * Two nodes of one registry, as observed on a Confluent 8.3.1 pair: each answers reads from its own memory, which follows the
 * log; writes go to the leader, whichever node is asked. What goes wrong between them can be switched on.
 */
import { request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { RegistrySnapshot } from '../../src/model/registry-snapshot.ts';
import { schemaLanguages } from '../../src/schema/schema-port.ts';
import { applyRecord } from '../../src/semantics/apply.ts';
import type { RegistryRecord } from '../../src/semantics/records.ts';
import { stateFromSnapshot } from '../../src/semantics/snapshot-state.ts';
import type { RegistryState } from '../../src/semantics/state.ts';
import { type RunningServer, startServer as startRegistry } from '../../src/server/server.ts';
import { isWriteRequest } from './faulty-proxy.ts';
import { answerJson, type LoopbackServer, startServer } from './loopback-server.ts';

export type NodeName = 'a' | 'b';

export type PairFault =
  | { readonly kind: 'none' }
  /** The node's process is gone: connections are cut, and while it led, the other answers 50003 to every write. */
  | { readonly kind: 'dead'; readonly node: NodeName }
  /** The leader is stopped (SIGSTOP): whoever asks it waits; writes wait too, and are carried out when it goes on. */
  | { readonly kind: 'frozen-leader' }
  /** No node may lead. */
  | { readonly kind: 'no-leader' }
  /** The broker is stopped: a write is answered 50002 in a second, and is carried out when the broker goes on. */
  | { readonly kind: 'frozen-broker' }
  /** The follower's reader of the log is dead: it answers from what it had. */
  | { readonly kind: 'dead-reader' }
  | { readonly kind: 'slow'; readonly node: NodeName; readonly ms: number };

export interface RegistryPair {
  readonly urls: readonly string[];
  readonly states: Readonly<Record<NodeName, RegistryState>>;
  readonly leader: NodeName;
  /** Registrations written to the log as live versions, by `subject version`. */
  readonly registrations: ReadonlyMap<string, number>;
  setFault(fault: PairFault): void;
  /** The other node leads from now on; what was held back is carried out before. */
  electOther(): Promise<void>;
  close(): Promise<void>;
}

interface Member {
  readonly name: NodeName;
  readonly state: RegistryState;
  readonly inner: RunningServer;
  readonly front: LoopbackServer;
  /** Records that the node has not read yet. */
  readonly unread: RegistryRecord[];
}

/** Milliseconds that a follower is behind (worst seen: 14). */
const LAG_MS = 5;

export async function startPair(snapshot: RegistrySnapshot): Promise<RegistryPair> {
  const pair = new Pair(snapshot);
  await pair.start();
  return pair;
}

class Pair implements RegistryPair {
  readonly registrations = new Map<string, number>();
  readonly #snapshot: RegistrySnapshot;
  readonly #members = new Map<NodeName, Member>();
  #leader: NodeName = 'a';
  #fault: PairFault = { kind: 'none' };
  /** Resolved when what is frozen goes on. */
  #thaw = Promise.withResolvers<void>();
  readonly #held = new Set<Promise<unknown>>();

  constructor(snapshot: RegistrySnapshot) {
    this.#snapshot = snapshot;
  }

  get urls(): readonly string[] {
    return [...this.#members.values()].map(({ front }) => front.url);
  }

  get states(): Readonly<Record<NodeName, RegistryState>> {
    return { a: this.#member('a').state, b: this.#member('b').state };
  }

  get leader(): NodeName {
    return this.#leader;
  }

  async start(): Promise<void> {
    for (const name of ['a', 'b'] as const) {
      const state = stateFromSnapshot(this.#snapshot);
      const inner = await startRegistry({
        state,
        strictConfluent: true,
        schemas: schemaLanguages,
        onRecords: (records) => this.#replicate(name, records),
      });
      const front = await startServer((request, response) => {
        this.#answer(name, request, response).catch(() => request.socket.destroy());
      });
      this.#members.set(name, { name, state, inner, front, unread: [] });
    }
  }

  setFault(fault: PairFault): void {
    this.#fault = fault;
    this.#thaw.resolve();
    this.#thaw = Promise.withResolvers<void>();
    if (fault.kind !== 'dead-reader') for (const name of this.#members.keys()) this.#catchUp(name);
  }

  async electOther(): Promise<void> {
    await Promise.allSettled(this.#held);
    const next = other(this.#leader);
    this.#catchUp(next);
    this.#leader = next;
  }

  async close(): Promise<void> {
    this.setFault({ kind: 'none' });
    await Promise.allSettled(this.#held);
    await Promise.all(
      [...this.#members.values()].map(({ front, inner }) => Promise.all([front.close(), inner.close()])),
    );
  }

  #member(name: NodeName): Member {
    const member = this.#members.get(name);
    if (member === undefined) throw new Error(`no node ${name}`);
    return member;
  }

  #replicate(from: NodeName, records: readonly RegistryRecord[]): void {
    for (const { key, value } of records) {
      if (key.keytype !== 'SCHEMA' || value === null || !('deleted' in value) || value.deleted) continue;
      const name = `${key.subject} ${key.version}`;
      this.registrations.set(name, (this.registrations.get(name) ?? 0) + 1);
    }
    const follower = this.#member(other(from));
    follower.unread.push(...records);
    if (this.#fault.kind !== 'dead-reader') setTimeout(() => this.#catchUp(follower.name), LAG_MS);
  }

  #catchUp(name: NodeName): void {
    const { unread, state } = this.#member(name);
    for (const record of unread.splice(0)) applyRecord(state, record);
  }

  async #answer(name: NodeName, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = 'GET', url = '/' } = request;
    const body = await readAll(request);
    const fault = this.#fault;
    if (fault.kind === 'dead' && fault.node === name) return void request.socket.destroy();
    if (fault.kind === 'slow' && fault.node === name) await sleep(fault.ms);
    const isFrozen = fault.kind === 'frozen-leader' && this.#leader === name;
    if (isFrozen) await this.#thaw.promise;
    if (!isWriteRequest(method, url)) return forward(this.#member(name).inner.url, request, body, response);
    if (fault.kind === 'no-leader') return fail(response, 50004, 'Leader not known.');
    if (fault.kind === 'dead' && fault.node === this.#leader) {
      return fail(response, 50003, 'Error while forwarding register schema request to the leader');
    }
    if (fault.kind === 'frozen-broker') {
      // It will be written: nobody is told.
      this.#hold(async () => {
        await this.#thaw.promise;
        await send(this.#member(this.#leader).inner.url, request, body);
      });
      return fail(response, 50002, 'Register operation timed out');
    }
    // The leader waits until its own reader has it, and so does the node that forwarded.
    if (fault.kind === 'frozen-leader' && !isFrozen) await this.#thaw.promise;
    return this.#hold(() => forward(this.#member(this.#leader).inner.url, request, body, response));
  }

  #hold<T>(work: () => Promise<T>): Promise<T> {
    const running = work();
    this.#held.add(running);
    running.then(
      () => this.#held.delete(running),
      () => this.#held.delete(running),
    );
    return running;
  }
}

function other(name: NodeName): NodeName {
  return name === 'a' ? 'b' : 'a';
}

function fail(response: ServerResponse, errorCode: number, message: string): void {
  answerJson(response, 500, { error_code: errorCode, message });
}

async function forward(target: string, request: IncomingMessage, body: Buffer, response: ServerResponse) {
  const answer = await send(target, request, body);
  if (response.destroyed) return;
  response.writeHead(answer.status, { 'content-type': answer.type });
  response.end(answer.body);
}

function send(target: string, request: IncomingMessage, body: Buffer) {
  const { host: _host, connection: _connection, 'content-length': _length, ...headers } = request.headers;
  return new Promise<{ status: number; type: string; body: Buffer }>((resolve, reject) => {
    const length = body.length === 0 ? {} : { 'content-length': body.length };
    const options = { method: request.method ?? 'GET', headers: { ...headers, ...length } };
    const onward = httpRequest(target + (request.url ?? '/'), options, (answer) => {
      readAll(answer).then((bytes) => {
        const type = answer.headers['content-type'] ?? 'application/json';
        resolve({ status: answer.statusCode ?? 502, type, body: bytes });
      }, reject);
    });
    onward.on('error', reject);
    onward.end(body.length === 0 ? undefined : body);
  });
}

async function readAll(stream: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
