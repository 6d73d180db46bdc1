import { useState } from 'preact/hooks';
import { count } from '../format.ts';

const SHORT = 600;

/** Text of others, in its own direction; of a huge one the beginning, until more is asked for. */
export function LongText({ text, class: className }: { readonly text: string; readonly class: string }) {
  const [whole, setWhole] = useState(false);
  const isLong = text.length > SHORT * 1.5;
  return (
    <p class={className} dir="auto">
      {isLong && !whole ? `${text.slice(0, SHORT)}… ` : text}
      {isLong && !whole ? (
        <button type="button" class="plain" onClick={() => setWhole(true)}>
          show all {count(text.length)} characters
        </button>
      ) : null}
    </p>
  );
}
