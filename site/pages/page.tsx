/** The page of an address. */
import { useEffect } from 'preact/hooks';
import type { Route } from '../router.ts';
import { isServed, siteIndex } from '../store.ts';
import { subjectNumber } from '../subjects.ts';
import { DecodePage } from './decode.tsx';
import { DiffPage } from './diff.tsx';
import { FindingsPage } from './findings.tsx';
import { GraphPage } from './graph.tsx';
import { IdsPage } from './ids.tsx';
import { OverviewPage } from './overview.tsx';
import { SearchPage } from './search.tsx';
import { SubjectPage } from './subject.tsx';
import { SubjectsPage } from './subjects.tsx';
import { UnknownPage } from './unknown.tsx';

export function Page({ route }: { readonly route: Route }) {
  const title = titleOf(route);
  useEffect(() => {
    document.title = `${title} · ${siteIndex().title}`;
  }, [title]);
  switch (route.page) {
    case 'overview':
      return <OverviewPage />;
    case 'subjects':
      return <SubjectsPage {...route} />;
    case 'search':
      return <SearchPage query={route.query} />;
    case 'ids':
      return <IdsPage id={route.id} />;
    case 'findings':
      return <FindingsPage />;
    case 'decode':
      return isServed ? <DecodePage /> : <UnknownPage what="Decoding needs `srgit serve --ui`" />;
    case 'unknown':
      return <UnknownPage what={`There is no page ${route.path}`} />;
    default: {
      if (route.subject === undefined) return <GraphPage />;
      const at = subjectNumber(route.subject);
      if (at === undefined) return <UnknownPage what={`There is no subject ${route.subject}`} find={route.subject} />;
      if (route.page === 'graph') return <GraphPage at={at} />;
      if (route.page === 'diff') return <DiffPage at={at} name={route.subject} from={route.from} to={route.to} />;
      return <SubjectPage at={at} name={route.subject} version={route.version} view={route.view} />;
    }
  }
}

function titleOf(route: Route): string {
  switch (route.page) {
    case 'subject':
      return route.version === undefined ? route.subject : `${route.subject} version ${route.version}`;
    case 'diff':
      return `${route.subject}: changes`;
    case 'graph':
      return route.subject === undefined ? 'References' : `${route.subject}: references`;
    case 'ids':
      return route.id === '' ? 'Ids' : `Id ${route.id}`;
    case 'unknown':
      return 'Not found';
    default:
      return `${route.page.charAt(0).toUpperCase()}${route.page.slice(1)}`;
  }
}
