/** Keeps a tree equal to the state of the registry that is served from it. */
import type { Config } from '../config/types.ts';
import type { RegistryIdentity, SnapshotGap } from '../model/registry-snapshot.ts';
import { snapshotFromState } from '../semantics/snapshot-state.ts';
import type { RegistryState } from '../semantics/state.ts';
import { applyWritePlan, completeInterruptedWrite } from '../tree/apply-write.ts';
import { requireSound } from '../tree/finding.ts';
import { MANIFEST_FILE } from '../tree/layout.ts';
import { planTreeWrite } from '../tree/plan-write.ts';
import { readTreeIndex } from '../tree/read-index.ts';

export interface TreeSaverOptions {
  readonly config: Config;
  readonly state: RegistryState;
  /** What the tree says of where it comes from, and what its last export could not read: both stay. */
  readonly registry: RegistryIdentity;
  readonly gaps: readonly SnapshotGap[];
  /** Epoch milliseconds. */
  readonly now: () => number;
}

/** Saves one after another; changes that come while one is written wait for the next, together. Holds no lock. */
export class TreeSaver {
  readonly #options: TreeSaverOptions;
  #running: Promise<void> = Promise.resolve();
  #next: Promise<void> | undefined;

  constructor(options: TreeSaverOptions) {
    this.#options = options;
  }

  /**
   * Resolves once the state as it is now is in the tree.
   *
   * @throws SrgitError of the tree; the state is then ahead of it, and the next save brings everything.
   */
  save(): Promise<void> {
    this.#next ??= this.#after(this.#running);
    return this.#next;
  }

  /** Waits for what was asked for. Never rejects: whoever asked was told. */
  async settle(): Promise<void> {
    await (this.#next ?? this.#running).catch(() => undefined);
  }

  async #after(previous: Promise<void>): Promise<void> {
    await previous.catch(() => undefined);
    // Whoever comes from here on changed the state after it was read, and needs another save.
    this.#running = this.#next ?? Promise.resolve();
    this.#next = undefined;
    await this.#write();
  }

  async #write(): Promise<void> {
    const { config, state, registry, gaps, now } = this.#options;
    completeInterruptedWrite(config.tree);
    const snapshot = { ...snapshotFromState(state, registry), gaps };
    const index = await readTreeIndex(config.tree);
    // Somebody may edit the tree while it is served. The manifest is derived, anything else broken is theirs to mend.
    requireSound(index.findings.filter((finding) => finding.file?.endsWith(MANIFEST_FILE) !== true));
    const plan = await planTreeWrite(index, snapshot, {
      covers: () => true,
      retiresIds: true,
      includeSensitive: config.backup.includeSensitive,
      now: new Date(now()).toISOString(),
    });
    await applyWritePlan(config.tree, plan);
  }
}
