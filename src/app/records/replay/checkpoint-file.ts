/** Positions of a replay that may not use transactions, in a file: whole or as it was before, whenever it is killed. */
import { closeSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, rmSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { SrgitError } from '../../../errors.ts';
import { isJsonObject, type JsonValue } from '../../../model/json.ts';
import type { LanePosition } from './replay-position.ts';

export class CheckpointFile {
  readonly path: string;
  readonly #ledger: string;
  readonly #positions: Map<string, LanePosition>;
  #writing: Promise<void> | undefined;

  private constructor(path: string, ledger: string, positions: Map<string, LanePosition>) {
    this.path = path;
    this.#ledger = ledger;
    this.#positions = positions;
  }

  /**
   * The file as it is; an absent one is empty.
   * @throws SrgitError SRGIT_REPLAY_STALE when it is another replay's or cannot be read
   */
  static open(path: string, ledger: string): CheckpointFile {
    let text: string;
    try {
      text = readFileSync(path, 'utf8');
    } catch (cause) {
      if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') {
        return new CheckpointFile(path, ledger, new Map());
      }
      throw stale(path, 'it cannot be read', cause);
    }
    const value = parseJson(text);
    if (!isJsonObject(value) || value['format'] !== 1 || !isJsonObject(value['positions'])) {
      throw stale(path, 'it is no checkpoint of a replay');
    }
    if (value['ledger'] !== ledger) throw stale(path, `it is of another replay, ${JSON.stringify(value['ledger'])}`);
    const positions = Object.entries(value['positions']).map(
      ([key, entry]) => [key, readPosition(path, entry)] as const,
    );
    return new CheckpointFile(path, ledger, new Map(positions));
  }

  get positions(): ReadonlyMap<string, LanePosition> {
    return this.#positions;
  }

  /** Resolves when the position is on disk; those that come meanwhile are written together. */
  async put(key: string, position: LanePosition): Promise<void> {
    this.#positions.set(key, position);
    this.#writing ??= Promise.resolve().then(() => {
      this.#writing = undefined;
      this.#write();
    });
    await this.#writing;
  }

  #write(): void {
    const positions = Object.fromEntries(
      [...this.#positions].map(([key, { source, next, translated }]) => [
        key,
        {
          source,
          next: `${next}`,
          translated: Object.fromEntries([...translated].map(([from, to]) => [from, `${to}`])),
        },
      ]),
    );
    const draft = `${this.path}.srgit-tmp`;
    try {
      mkdirSync(dirname(this.path), { recursive: true, mode: 0o700 });
      const file = openSync(draft, 'w', 0o600);
      try {
        writeSync(file, `${JSON.stringify({ format: 1, ledger: this.#ledger, positions })}\n`);
        fsyncSync(file);
      } finally {
        closeSync(file);
      }
      renameSync(draft, this.path);
    } catch (cause) {
      rmSync(draft, { force: true });
      const reason = cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause);
      throw new SrgitError('SRGIT_STORAGE_WRITE', `the checkpoint ${this.path} cannot be written: ${reason}`, {
        hint: 'Give it room and permission to write, and run the same command again.',
        cause,
      });
    }
  }
}

function readPosition(path: string, value: JsonValue): LanePosition {
  const { source, next, translated } = isJsonObject(value) ? value : {};
  if (typeof source !== 'number' || typeof next !== 'string' || !/^[0-9]+$/.test(next)) {
    throw stale(path, 'a position in it is incomplete');
  }
  const entries = Object.entries(isJsonObject(translated) ? translated : {});
  return {
    source,
    next: BigInt(next),
    translated: new Map(entries.map(([from, to]) => [from, BigInt(String(to))])),
  };
}

function parseJson(text: string): JsonValue | undefined {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function stale(path: string, why: string, cause?: unknown): SrgitError {
  return new SrgitError('SRGIT_REPLAY_STALE', `the checkpoint ${path} cannot be gone by: ${why}`, {
    hint: 'Name another file with --checkpoint. Without the right one a replay begins anew, and records come twice.',
    cause,
  });
}
