/** The catalogue in the browser. */
import { render } from 'preact';
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { SITE_FORMAT } from '../src/site/model.ts';
import { registryName } from './format.ts';
import { Page } from './pages/page.tsx';
import { Header } from './parts/header.tsx';
import { parseRoute } from './router.ts';
import { receive, siteIndex } from './store.ts';

function App() {
  const [hash, setHash] = useState(location.hash);
  // At once, and not after the next painting: an address or a key may come in between.
  useLayoutEffect(() => {
    const onChange = (): void => setHash(location.hash);
    addEventListener('hashchange', onChange);
    return () => removeEventListener('hashchange', onChange);
  }, []);
  const route = parseRoute(hash);
  const isFirst = useRef(true);
  useEffect(() => {
    if (isFirst.current) {
      isFirst.current = false;
      return;
    }
    // A new page begins at its top, and whoever listens to it hears its heading.
    if (route.page === 'search') return;
    scrollTo(0, 0);
    if (document.activeElement?.tagName !== 'INPUT')
      document.querySelector<HTMLElement>('main')?.focus({ preventScroll: true });
  }, [hash, route.page]);
  return (
    <>
      <a class="skip" href={hash || '#/'} onClick={skip}>
        Skip to the content
      </a>
      <Header route={route} hash={hash} />
      <main tabIndex={-1}>
        <Page route={route} />
      </main>
      <Footer />
    </>
  );
}

function skip(event: Event): void {
  event.preventDefault();
  document.querySelector<HTMLElement>('main')?.focus();
}

function Footer() {
  const { history, registry } = siteIndex();
  return (
    <footer>
      <p>
        Written by <span class="name">srgit</span> from the schema tree in git
        {history?.commit === undefined ? '' : ` as of ${history.commit.slice(0, 12)}`}
        {registry.kind === 'unknown' ? '' : `, exported from ${registryName(registry)}`}. <kbd>/</kbd> searches,{' '}
        <kbd>[</kbd> and <kbd>]</kbd> step through versions.
      </p>
    </footer>
  );
}

receive((index) => {
  const place = document.getElementById('app');
  if (place === null) return;
  if (index.format !== SITE_FORMAT) {
    place.textContent = 'These data were written by another version of srgit: load the page again.';
    return;
  }
  place.textContent = '';
  render(<App />, place);
});
