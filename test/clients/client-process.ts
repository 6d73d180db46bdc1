/** A client program as a child process: it takes tasks as JSON lines, one at a time, and answers each with a line. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { SchemaType } from '../../src/model/schema-version.ts';
import type { ShopReference } from './shop.ts';

/** Every task is carried out with a new client of its own, whose caches are empty. */
export type Task =
  | {
      readonly do: 'register' | 'isCompatible';
      readonly type: SchemaType;
      readonly subject: string;
      readonly schema: string;
      readonly references: readonly ShopReference[];
      readonly normalize?: boolean;
    }
  | { readonly do: 'latest'; readonly subject: string }
  | ({ readonly do: 'serialize'; readonly type: SchemaType; readonly topic: string; readonly how: How } & Written)
  | {
      readonly do: 'deserialize';
      readonly type: SchemaType;
      readonly topic: string;
      /** Hexadecimal, as everything that is bytes. */
      readonly frame: string;
      /** The record's header with the schema's guid; the frame is the bare payload then. */
      readonly header?: string;
      /** Read with the subject's latest version as reader schema. */
      readonly asLatest?: boolean;
      /** Full name of the Protobuf message, for clients that must know; an order where absent. */
      readonly message?: string;
    };

/**
 * What happens to the schema before a value is written: `register` lets the client register it, `lookup` lets it look
 * for the one that must be there already, `latest` takes what the registry has last, `stable` the last of those whose
 * metadata has the property `release` with that value.
 */
export type How = 'register' | 'lookup' | 'latest' | 'stable';

interface Written {
  /** For Avro and JSON Schema, and for clients that send the text of Protobuf. */
  readonly schema: string;
  readonly references: readonly ShopReference[];
  /** Full name of the Protobuf message. */
  readonly message?: string;
  readonly value: unknown;
  /** The schema's guid goes into a header instead of its id into the frame. */
  readonly inHeader?: boolean;
  readonly normalize?: boolean;
}

/** What a task gave, or the error the client threw. */
export interface Answer {
  readonly id?: number;
  readonly version?: number;
  readonly frame?: string;
  readonly header?: string;
  readonly value?: unknown;
  readonly error?: ClientError;
}

export interface ClientError {
  /** Name of the error's class. */
  readonly name: string;
  readonly message: string;
  /** Status of HTTP, and the registry's code, where the client tells them. */
  readonly status?: number;
  readonly code?: number;
}

/** How to start a client program. */
export interface ClientProgram {
  readonly program: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

export interface ClientProcess {
  /**
   * Has it carry a task out against the registry with that base URL. Throws when the program ends instead of
   * answering, with what it said.
   */
  ask(url: string, task: Task): Promise<Answer>;
  stop(): Promise<void>;
}

/** How much of its output is shown of a program that ended. */
const TAIL = 4000;

/** A proxy of this machine is not for servers on loopback. */
const DIRECT = { NO_PROXY: '127.0.0.1', no_proxy: '127.0.0.1' };

export function startClient({ program, args, env }: ClientProgram): ClientProcess {
  const child = spawn(program, args, { env: { ...process.env, ...DIRECT, ...env }, stdio: ['pipe', 'pipe', 'pipe'] });
  const killNow = (): void => void child.kill('SIGKILL');
  process.once('exit', killNow);
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said = (said + text).slice(-TAIL);
  });
  child.stdin.on('error', () => undefined);
  const ended = new Promise<never>((_, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => reject(new Error(`${program} ended with ${code ?? signal}: ${said}`)));
  });
  ended.catch(() => undefined);
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const answerOf = async (url: string, task: Task): Promise<Answer> => {
    child.stdin.write(`${JSON.stringify({ url, ...task })}\n`);
    const line = await Promise.race([lines.next(), ended]);
    // The output ends a moment before the process, which has the reason.
    if (line.done === true) return ended;
    return JSON.parse(line.value) as Answer;
  };
  let previous: Promise<unknown> = Promise.resolve();
  return {
    ask(url, task) {
      const answer = previous.then(() => answerOf(url, task));
      previous = answer.catch(() => undefined);
      return answer;
    },
    async stop() {
      process.off('exit', killNow);
      if (child.exitCode !== null || child.signalCode !== null) return;
      const exited = once(child, 'exit');
      child.kill('SIGKILL');
      await exited;
    },
  };
}
