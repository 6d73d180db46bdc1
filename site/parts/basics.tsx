/** Small things that every page is made of. */
import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import type { SchemaType } from '../../src/model/schema-version.ts';
import { day, isoDay, moment, safeName } from '../format.ts';
import { linkTo } from '../router.ts';
import { TYPE_NAMES } from '../subjects.ts';
import type { Loaded } from '../use-loaded.ts';

/** Text of others: whatever its direction, it does not turn its surroundings. */
export function Name({ children }: { readonly children: string }) {
  return <bdi>{safeName(children)}</bdi>;
}

export function Type({ type }: { readonly type: SchemaType }) {
  return <span class={`type type-${type.toLowerCase()}`}>{TYPE_NAMES[type]}</span>;
}

export function Badge({
  kind,
  children,
}: {
  readonly kind: 'bad' | 'warn' | 'quiet' | 'good';
  readonly children: ComponentChildren;
}) {
  return <span class={`badge badge-${kind}`}>{children}</span>;
}

/** @param time epoch milliseconds */
export function Day({ time }: { readonly time: number }) {
  return (
    <time dateTime={isoDay(time)} title={moment(time)}>
      {day(time)}
    </time>
  );
}

export function SubjectLink({ name, version }: { readonly name: string; readonly version?: number }) {
  return (
    <a href={linkTo.subject(name, version)}>
      <Name>{name}</Name>
      {version === undefined ? null : <span class="dim"> v{version}</span>}
    </a>
  );
}

export function Copy({ text, what }: { readonly text: string; readonly what: string }) {
  const [state, setState] = useState<'idle' | 'done' | 'failed'>('idle');
  const copy = async (): Promise<void> => {
    setState((await copyText(text)) ? 'done' : 'failed');
    setTimeout(() => setState('idle'), 1600);
  };
  return (
    <button type="button" class="copy" onClick={copy} aria-label={`Copy ${what}`} title={`Copy ${what}`}>
      <span aria-live="polite">{state === 'done' ? 'copied' : state === 'failed' ? 'not allowed' : 'copy'}</span>
    </button>
  );
}

/** The clipboard belongs to pages that came over a safe way; elsewhere the old way is asked. */
async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const area = document.createElement('textarea');
    area.value = text;
    area.className = 'offscreen';
    document.body.append(area);
    area.select();
    const done = document.execCommand('copy');
    area.remove();
    return done;
  }
}

export function Waiting<Value>({
  loaded,
  children,
}: {
  readonly loaded: Loaded<Value>;
  readonly children: (value: Value) => ComponentChildren;
}) {
  if (loaded.state === 'ready') return <>{children(loaded.value)}</>;
  if (loaded.state === 'loading') return <p class="loading">Loading…</p>;
  return (
    <div class="notice" role="alert">
      <p>
        <strong>This part could not be loaded.</strong> {loaded.error.message}.
      </p>
      <p>
        The pages may have been written anew since this one was opened:{' '}
        <button type="button" class="plain" onClick={() => location.reload()}>
          load the page again
        </button>
        .
      </p>
    </div>
  );
}

/** A list that says when it is empty, and does not show thousands at once. */
export function LongList<Item>({
  items,
  first = 100,
  what,
  children,
  class: className = 'rows',
}: {
  readonly items: readonly Item[];
  readonly first?: number;
  readonly what: string;
  readonly children: (item: Item, at: number) => ComponentChildren;
  readonly class?: string;
}) {
  const [shown, setShown] = useState(first);
  return (
    <>
      <ul class={className}>{items.slice(0, shown).map((item, at) => children(item, at))}</ul>
      {items.length > shown ? (
        <p>
          <button type="button" class="more" onClick={() => setShown(shown * 5)}>
            Show more {what}
          </button>{' '}
          <span class="dim">
            {shown.toLocaleString()} of {items.length.toLocaleString()} are shown
          </span>
        </p>
      ) : null}
    </>
  );
}
