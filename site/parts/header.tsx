/** The bar above every page: where to go, and the search. */
import { useLayoutEffect, useRef } from 'preact/hooks';
import { linkTo, type Route, replaceAddress } from '../router.ts';
import { isServed, siteIndex } from '../store.ts';

const PLACES: readonly (readonly [title: string, link: string, pages: readonly Route['page'][]])[] = [
  ['Overview', linkTo.overview, ['overview', 'findings']],
  ['Subjects', linkTo.subjects(), ['subjects', 'subject', 'diff']],
  ['References', linkTo.graph(), ['graph']],
  ['Ids', linkTo.id(''), ['ids']],
];

interface HeaderProps {
  readonly route: Route;
  /** The address that the route is of; the page's own may be a step ahead. */
  readonly hash: string;
}

export function Header({ route, hash }: HeaderProps) {
  const input = useRef<HTMLInputElement>(null);
  const before = useRef<string>(linkTo.overview);
  const query = route.page === 'search' ? route.query : '';
  useLayoutEffect(() => {
    if (route.page !== 'search') before.current = hash || linkTo.overview;
    // What is typed is ahead of the address; what comes from the address alone is not typed.
    if (input.current !== null && document.activeElement !== input.current) input.current.value = query;
  }, [route, hash, query]);
  useLayoutEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      if (event.key !== '/' || event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
      event.preventDefault();
      input.current?.focus();
      input.current?.select();
    };
    addEventListener('keydown', onKey);
    return () => removeEventListener('keydown', onKey);
  }, []);
  const type = (text: string): void => {
    if (text.trim() === '') replaceAddress(before.current);
    else if (route.page === 'search') replaceAddress(linkTo.search(text));
    else location.hash = linkTo.search(text);
  };
  const places = isServed ? [...PLACES, ['Decode', linkTo.decode, ['decode']] as const] : PLACES;
  return (
    <header class="bar">
      <a class="brand" href={linkTo.overview}>
        <bdi>{siteIndex().title}</bdi>
      </a>
      <nav aria-label="Pages">
        {places.map(([title, link, pages]) => (
          <a key={title} href={link} aria-current={pages.includes(route.page) ? 'page' : undefined}>
            {title}
          </a>
        ))}
      </nav>
      <search>
        <input
          ref={input}
          type="search"
          aria-label="Search subjects, fields, docs, ids and guids"
          placeholder="Search"
          autocomplete="off"
          spellcheck={false}
          defaultValue={query}
          onInput={(event) => type(event.currentTarget.value)}
          onKeyDown={(event) => {
            if (event.key === 'ArrowDown' || event.key === 'Enter') {
              const first = document.querySelector<HTMLAnchorElement>('.results a');
              if (first === null) return;
              event.preventDefault();
              if (event.key === 'Enter') first.click();
              else first.focus();
            } else if (event.key === 'Escape') {
              event.currentTarget.value = '';
              type('');
            }
          }}
        />
        <kbd>/</kbd>
      </search>
    </header>
  );
}

function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName);
}
