/**
 * Bytes that are gathered before they can be written: in memory as long as all of them together stay within a budget, in a
 * temporary file beyond it.
 */
import { type FileHandle, mkdtemp, open, rm, unlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SrgitError } from '../errors.ts';

const CHUNK = 1 << 20;

/** What several spills may hold in memory together. */
export class SpillBudget {
  used = 0;
  readonly limit: number;
  private readonly parent: string;
  private folder: Promise<string> | undefined;
  private next = 0;

  /** @param parent folder for temporary files; the system's otherwise */
  constructor(limit: number, parent: string | undefined) {
    this.limit = limit;
    this.parent = parent ?? tmpdir();
  }

  /** @throws SrgitError SRGIT_STORAGE_WRITE */
  async openFile(): Promise<FileHandle> {
    try {
      this.folder ??= mkdtemp(join(this.parent, 'srgit-spill-'));
      const path = join(await this.folder, String(this.next++));
      const file = await open(path, 'wx+', 0o600);
      // Without a name from now on: should this process be killed, it is gone. Where that cannot be, `close` removes it.
      await unlink(path).catch(() => undefined);
      return file;
    } catch (error) {
      throw this.failure(error);
    }
  }

  failure(cause: unknown): SrgitError {
    const reason = cause instanceof Error ? cause.message : String(cause);
    return new SrgitError('SRGIT_STORAGE_WRITE', `cannot write a temporary file below ${this.parent}: ${reason}`, {
      hint: 'Make room there, or set TMPDIR to a folder on another disk.',
      cause,
    });
  }

  async close(): Promise<void> {
    const folder = await this.folder?.catch(() => undefined);
    this.folder = undefined;
    if (folder !== undefined) await rm(folder, { recursive: true, force: true });
  }
}

export class PayloadSpill {
  /** Bytes so far. */
  size = 0;
  private readonly budget: SpillBudget;
  private held: Buffer[] = [];
  private heldBytes = 0;
  private file: FileHandle | undefined;
  private fileBytes = 0;

  constructor(budget: SpillBudget) {
    this.budget = budget;
  }

  /** Takes the bytes over; the receiver does not change them any more. */
  async add(bytes: Buffer): Promise<void> {
    if (bytes.length === 0) return;
    this.size += bytes.length;
    this.held.push(bytes);
    this.heldBytes += bytes.length;
    this.budget.used += bytes.length;
    if (this.budget.used > this.budget.limit) await this.spill();
  }

  /** All of it, in order; may be read again. */
  async *read(): AsyncGenerator<Buffer> {
    for (let at = 0; at < this.fileBytes; ) {
      const chunk = Buffer.allocUnsafeSlow(Math.min(CHUNK, this.fileBytes - at));
      const { bytesRead } = await (this.file as FileHandle).read(chunk, 0, chunk.length, at);
      if (bytesRead === 0) throw this.budget.failure(new Error('it ends too early'));
      at += bytesRead;
      yield chunk.subarray(0, bytesRead);
    }
    yield* this.held;
  }

  async discard(): Promise<void> {
    this.budget.used -= this.heldBytes;
    this.held = [];
    this.heldBytes = 0;
    const { file } = this;
    this.file = undefined;
    await file?.close();
  }

  private async spill(): Promise<void> {
    this.file ??= await this.budget.openFile();
    const { held, heldBytes } = this;
    this.held = [];
    this.heldBytes = 0;
    try {
      for (const bytes of held) {
        for (let done = 0; done < bytes.length; ) {
          const { bytesWritten } = await this.file.write(bytes, done, bytes.length - done, this.fileBytes);
          done += bytesWritten;
          this.fileBytes += bytesWritten;
        }
      }
    } catch (error) {
      throw this.budget.failure(error);
    } finally {
      this.budget.used -= heldBytes;
    }
  }
}
