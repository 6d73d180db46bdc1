/** What was found for what is typed, while it is typed. */
import { useEffect, useLayoutEffect, useState } from 'preact/hooks';
import { count, plural, safeName } from '../format.ts';
import { Badge, Name, SubjectLink, Type } from '../parts/basics.tsx';
import { linkTo } from '../router.ts';
import { type Found, type FoundId, type Results, search } from '../search.ts';
import { isGone, qualifiedName, typeOf } from '../subjects.ts';

export function SearchPage({ query }: { readonly query: string }) {
  const { results, failed, began } = useResults(query);
  useLayoutEffect(() => {
    // From the key to the answer on the page: what a benchmark reads.
    if (results !== undefined) performance.measure('srgit-search', { start: began, detail: results.query });
  }, [results, began]);
  return (
    <article>
      <h1>Search</h1>
      {query.trim() === '' ? <p class="lead">Names, fields, docs, ids and guids: type into the box above.</p> : null}
      {failed ? (
        <p class="notice" role="alert">
          A part of the search could not be loaded: load the page again.
        </p>
      ) : null}
      {results === undefined || query.trim() === '' ? null : <Answer key={results.query} results={results} />}
    </article>
  );
}

interface State {
  readonly results: Results | undefined;
  readonly failed: boolean;
  readonly began: number;
}

/** Earlier results stand until the new ones are there, so that nothing flickers. */
function useResults(query: string): State {
  const [state, setState] = useState<State>({ results: undefined, failed: false, began: 0 });
  useEffect(() => {
    let wanted = true;
    const began = performance.now();
    search(query).then(
      (results) => wanted && setState({ results, failed: false, began }),
      () => wanted && setState({ results: undefined, failed: true, began }),
    );
    return () => {
      wanted = false;
    };
  }, [query]);
  return state;
}

/** So many are drawn within a frame. */
const FIRST = 30;

function Answer({ results }: { readonly results: Results }) {
  const { ids, guids, subjects, total, more, similar, query } = results;
  const [shown, setShown] = useState(FIRST);
  return (
    <>
      <p class="dim" role="status">
        {describe(results)}
        {more ? ' More fields may match: type more of the word.' : ''}
      </p>
      <ul class="results" onKeyDown={stepThrough}>
        {ids.map((found) => (
          <IdResult key={found.id} found={found} />
        ))}
        {guids.map(({ guid, payload }) => (
          <li key={guid}>
            <a href={linkTo.id(guid)}>
              guid <code>{guid}</code>
            </a>
            <p class="where">{placesOf(payload.rows)}</p>
          </li>
        ))}
        {subjects.slice(0, shown).map((found) => (
          <SubjectResult key={found.at} found={found} query={query.trim()} />
        ))}
      </ul>
      {subjects.length > shown ? (
        <p>
          <button type="button" class="more" onClick={() => setShown(subjects.length)}>
            Show more
          </button>{' '}
          <span class="dim">
            {count(shown)} of {count(total)} are shown
          </span>
        </p>
      ) : total > subjects.length ? (
        <p class="dim">The first {count(subjects.length)} are shown.</p>
      ) : null}
      {similar.length === 0 ? null : (
        <>
          <p>Did you mean</p>
          <ul class="results" onKeyDown={stepThrough}>
            {similar.map((at) => (
              <li key={at}>
                <SubjectLink name={qualifiedName(at)} />
              </li>
            ))}
          </ul>
        </>
      )}
    </>
  );
}

function describe({ ids, guids, total }: Results): string {
  if (ids.length + guids.length + total === 0) return 'Nothing was found.';
  const parts = [
    ...(ids.length > 0 ? [plural(ids.length, 'id')] : []),
    ...(guids.length > 0 ? [plural(guids.length, 'guid')] : []),
    ...(total > 0 ? [plural(total, 'subject')] : []),
  ];
  return `${parts.join(', ')}.`;
}

function IdResult({ found: { id, payload } }: { readonly found: FoundId }) {
  return (
    <li>
      <a href={linkTo.id(id)}>id {id}</a>{' '}
      {payload.rows.length === 0 ? (
        <Badge kind="warn">{payload.retired === undefined ? 'only in an id map' : 'retired'}</Badge>
      ) : null}
      <p class="where">{placesOf(payload.rows)}</p>
    </li>
  );
}

function placesOf(rows: readonly (readonly [number, number])[]): string {
  const shown = rows.slice(0, 3).map(([at, version]) => `${safeName(qualifiedName(at))} v${version}`);
  return rows.length > shown.length
    ? `${shown.join(', ')} and ${count(rows.length - shown.length)} more`
    : shown.join(', ');
}

function SubjectResult({ found: { at, places, kind }, query }: { readonly found: Found; readonly query: string }) {
  const name = qualifiedName(at);
  const type = typeOf(at);
  return (
    <li>
      <a href={linkTo.subject(name)}>
        <bdi>
          <Marked text={safeName(name)} part={query} />
        </bdi>
      </a>{' '}
      {type === undefined ? null : <Type type={type} />} {isGone(at) ? <Badge kind="warn">soft-deleted</Badge> : null}
      {kind === 'name' ? null : (
        <p class="where">
          {places.length === 0
            ? 'in its fields or docs'
            : places.slice(0, 3).map((place) => (
                <span key={place}>
                  field <Name>{place}</Name>{' '}
                </span>
              ))}
        </p>
      )}
    </li>
  );
}

function Marked({ text, part }: { readonly text: string; readonly part: string }) {
  const at = part === '' ? -1 : text.toLowerCase().indexOf(part.toLowerCase());
  if (at < 0) return <>{text}</>;
  return (
    <>
      {text.slice(0, at)}
      <mark>{text.slice(at, at + part.length)}</mark>
      {text.slice(at + part.length)}
    </>
  );
}

function stepThrough(event: KeyboardEvent): void {
  if (event.key !== 'ArrowDown' && event.key !== 'ArrowUp') return;
  const links = [...document.querySelectorAll<HTMLElement>('.results a')];
  const at = links.indexOf(document.activeElement as HTMLElement);
  const next = at + (event.key === 'ArrowDown' ? 1 : -1);
  event.preventDefault();
  if (next < 0) document.querySelector<HTMLElement>('.bar input')?.focus();
  else links[next]?.focus();
}
