/** A registry's address and a client that is run against it; what tests ask of the two. */
import { expect } from 'vitest';
import type { SchemaType } from '../../src/model/schema-version.ts';
import { request } from '../support/embedded-registry.ts';
import { type Answer, type ClientProcess, type How, startClient, type Task } from './client-process.ts';
import type { ClientKind } from './clients.ts';
import { SHOP_TYPES, type ShopSchema, type ShopType } from './shop.ts';

/** Long enough for a first run, which installs the clients. */
export const INSTALL_MS = 600_000;

export interface Stage {
  readonly kind: ClientKind;
  /** Base URL of the registry. */
  readonly url: string;
  /** Has the client carry a task out there. */
  ask(task: Task): Promise<Answer>;
}

/** Clients as running programs, whatever registries they are set before. */
export interface Cast {
  at(url: string): readonly Stage[];
  stop(): Promise<void>;
}

export async function callCast(kinds: readonly ClientKind[]): Promise<Cast> {
  const programs = await Promise.all(kinds.map(async (kind) => ({ kind, program: await kind.install() })));
  const players = programs.map(({ kind, program }) => ({ kind, client: startClient(program) }));
  return {
    at: (url) => players.map(({ kind, client }) => setStage(kind, client, url)),
    async stop() {
      await Promise.all(players.map(({ client }) => client.stop()));
    },
  };
}

function setStage(kind: ClientKind, client: ClientProcess, url: string): Stage {
  return { kind, url, ask: (task) => client.ask(url, task) };
}

/** A version, as the registry tells it. */
export interface Stored {
  readonly id: number;
  readonly version: number;
  readonly guid: string;
  readonly schemaType: SchemaType;
  readonly references?: readonly object[];
}

export async function latestOf(url: string, subject: string): Promise<Stored> {
  return (await request(url, 'GET', `/subjects/${encodeURIComponent(subject)}/versions/latest`)) as Stored;
}

/** Gives the answer of a task that must go well. */
export async function well(answer: Promise<Answer>): Promise<Answer> {
  const given = await answer;
  expect(given.error).toBeUndefined();
  return given;
}

/** Has the client register what the orders are built on, unless it is there already. */
export async function registerPart({ url, ask }: Stage, shop: Pick<ShopType, 'part'>): Promise<Answer> {
  const subjects = await request(url, 'GET', '/subjects');
  if (Array.isArray(subjects) && subjects.includes(shop.part.subject)) return latestOf(url, shop.part.subject);
  return well(ask({ do: 'register', ...shop.part }));
}

export function serialize(stage: Stage, topic: string, how: How, schema: ShopSchema, value: unknown): Promise<Answer> {
  return stage.ask({ do: 'serialize', topic, how, ...schema, value });
}

/** What a client wrote. */
export interface WrittenFrame {
  readonly writer: ClientKind;
  readonly shop: ShopType;
  readonly topic: string;
  readonly frame: string;
}

/**
 * Has every client write an order of each type it frames as Confluent does, each under topics of its own.
 *
 * @param types in this order, which the ids follow.
 */
export async function writeEverywhere(
  stages: readonly Stage[],
  types: readonly ShopType[] = SHOP_TYPES,
): Promise<readonly WrittenFrame[]> {
  const written: WrittenFrame[] = [];
  for (const [at, stage] of stages.entries()) {
    for (const shop of types.filter(({ type }) => stage.kind.framed.includes(type))) {
      await registerPart(stage, shop);
      const topic = `orders-${at}-${shop.type}`;
      const { frame = '' } = await well(serialize(stage, topic, 'register', shop.order, shop.value));
      written.push({ writer: stage.kind, shop, topic, frame });
    }
  }
  return written;
}

/** Has every client read what every client wrote; gives what came out otherwise than it went in. */
export async function readEverywhere(
  stages: readonly Stage[],
  written: readonly WrittenFrame[],
): Promise<readonly string[]> {
  const wrong: string[] = [];
  for (const { kind, ask } of stages) {
    for (const { writer, shop, topic, frame } of written) {
      const { value, error } = await ask({ do: 'deserialize', type: shop.type, topic, frame });
      const isSame = error === undefined && JSON.stringify(sorted(value)) === JSON.stringify(sorted(shop.value));
      if (!isSame) wrong.push(`${kind.name} of ${writer.name}, ${shop.type}: ${JSON.stringify(error ?? value)}`);
    }
  }
  return wrong;
}

/** With the members of objects in one order: of Protobuf's JSON it means nothing. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, member]) => [name, sorted(member)]),
  );
}
