/** Aborting many short operations by one long-lived signal. */

export interface Abortable {
  /** Called at most once, when the signal aborts. */
  abort(): void;
}

/**
 * One listener per signal for its whole life, instead of one added and removed per request: adding and removing costs
 * more than a small request's parsing.
 */
const watched = new WeakMap<AbortSignal, Set<Abortable>>();

/** Has `target.abort()` called when the signal aborts; the caller has checked that it is not aborted yet. */
export function watchAbort(signal: AbortSignal, target: Abortable): void {
  let targets = watched.get(signal);
  if (targets === undefined) {
    const created = new Set<Abortable>();
    signal.addEventListener(
      'abort',
      () => {
        for (const each of [...created]) each.abort();
        created.clear();
      },
      { once: true },
    );
    watched.set(signal, created);
    targets = created;
  }
  targets.add(target);
}

export function unwatchAbort(signal: AbortSignal, target: Abortable): void {
  watched.get(signal)?.delete(target);
}
