/** A value that takes a moment to come, as a page's state. */
import { useEffect, useState } from 'preact/hooks';

export type Loaded<Value> =
  | { readonly state: 'loading' }
  | { readonly state: 'ready'; readonly value: Value }
  | { readonly state: 'failed'; readonly error: Error };

/** Loads anew when one of `inputs` changes; what was asked before is then forgotten. */
export function useLoaded<Value>(load: () => Promise<Value>, inputs: readonly unknown[]): Loaded<Value> {
  const key = JSON.stringify(inputs);
  const [loaded, setLoaded] = useState<{ readonly key: string; readonly result: Loaded<Value> }>();
  useEffect(() => {
    let wanted = true;
    load().then(
      (value) => wanted && setLoaded({ key, result: { state: 'ready', value } }),
      (error: unknown) =>
        wanted &&
        setLoaded({
          key,
          result: { state: 'failed', error: error instanceof Error ? error : new Error(String(error)) },
        }),
    );
    return () => {
      wanted = false;
    };
  }, [key]);
  return loaded?.key === key ? loaded.result : { state: 'loading' };
}
