/** One subject: its versions on a time line, and the schema of one of them. */
import { useLayoutEffect } from 'preact/hooks';
import type { SiteSubject, SiteVersion } from '../../src/site/model.ts';
import { Badge, Copy, Name, Type, Waiting } from '../parts/basics.tsx';
import { FieldTreeView } from '../parts/field-tree.tsx';
import { SchemaText } from '../parts/schema-text.tsx';
import { SubjectFacts } from '../parts/subject-facts.tsx';
import { Timeline } from '../parts/timeline.tsx';
import { linkTo, type SubjectView } from '../router.ts';
import { loadLanguages, loadSubject } from '../store.ts';
import { useLoaded } from '../use-loaded.ts';

export interface SubjectAsked {
  readonly at: number;
  readonly name: string;
  readonly version: number | undefined;
  readonly view: SubjectView;
}

export function SubjectPage({ at, name, version, view }: SubjectAsked) {
  const loaded = useLoaded(() => loadSubject(at), [at]);
  return (
    <article>
      <p class="crumbs">
        <a href={linkTo.subjects()}>Subjects</a>
      </p>
      <h1 class="subject-title">
        <Name>{name}</Name> <Copy text={name} what="the subject's name" />
      </h1>
      <Waiting loaded={loaded}>
        {(subject) => <Subject name={name} subject={subject} version={version} view={view} />}
      </Waiting>
    </article>
  );
}

const TABS: readonly (readonly [SubjectView, string])[] = [
  ['fields', 'Fields'],
  ['text', 'Text'],
  ['about', 'Details'],
];

function Subject({
  name,
  subject,
  version,
  view,
}: {
  readonly name: string;
  readonly subject: SiteSubject;
  readonly version: number | undefined;
  readonly view: SubjectView;
}) {
  const { versions } = subject;
  const latest = versions.findLast(({ deleted }) => !deleted) ?? versions.at(-1);
  const row = version === undefined ? latest : versions.find((one) => one.version === version);
  useSteps(name, versions, row, view);
  return (
    <div class="subject">
      <aside>
        <h2>Versions</h2>
        {versions.length === 0 && subject.pending.length === 0 ? (
          <p class="dim">None: only settings are kept under this name.</p>
        ) : (
          <Timeline name={name} subject={subject} current={row?.version} view={view} />
        )}
      </aside>
      <div class="content">
        {row === undefined ? (
          <WithoutVersion name={name} subject={subject} version={version} />
        ) : (
          <Version key={row.version} name={name} subject={subject} row={row} view={view} isLatest={row === latest} />
        )}
      </div>
    </div>
  );
}

function Version({
  name,
  subject,
  row,
  view,
  isLatest,
}: {
  readonly name: string;
  readonly subject: SiteSubject;
  readonly row: SiteVersion;
  readonly view: SubjectView;
  readonly isLatest: boolean;
}) {
  return (
    <>
      <div class="version-title">
        <h2>Version {row.version}</h2>
        <Type type={row.type} />
        {isLatest ? <Badge kind="quiet">latest</Badge> : null}
        {row.deleted ? <Badge kind="warn">soft-deleted</Badge> : null}
        <span class="dim small">
          id <a href={linkTo.id(row.id)}>{row.id}</a> <Copy text={String(row.id)} what="the id" />
        </span>
      </div>
      {row.deleted ? (
        <p class="notice">
          Soft-deleted: listings of the registry hide it. Records that were written with id {row.id} can still be read.
        </p>
      ) : null}
      <nav class="tabs" aria-label="What of this version">
        {TABS.map(([tab, title]) => (
          <a key={tab} href={linkTo.subject(name, row.version, tab)} aria-current={tab === view ? 'page' : undefined}>
            {title}
          </a>
        ))}
        <a href={linkTo.graph(name)}>Graph</a>
      </nav>
      {view === 'fields' ? <Fields row={row} /> : null}
      {view === 'text' ? <SchemaText type={row.type} text={row.text} /> : null}
      {view === 'about' ? <SubjectFacts subject={subject} row={row} /> : null}
    </>
  );
}

function Fields({ row }: { readonly row: SiteVersion }) {
  const loaded = useLoaded(loadLanguages, []);
  return (
    <Waiting loaded={loaded}>
      {(languages) => {
        const tree = languages.readFields(row.type, row.text);
        return tree === undefined ? (
          <>
            <p class="notice">This text cannot be read as a schema of its type, so it is shown as it is.</p>
            <SchemaText type={row.type} text={row.text} />
          </>
        ) : (
          <FieldTreeView tree={tree} references={row.references} />
        );
      }}
    </Waiting>
  );
}

function WithoutVersion({
  name,
  subject,
  version,
}: {
  readonly name: string;
  readonly subject: SiteSubject;
  readonly version: number | undefined;
}) {
  const [pending] = subject.pending;
  return (
    <>
      {version === undefined ? null : (
        <p class="notice">
          There is no version {version} of this subject. <a href={linkTo.subject(name)}>Show the latest</a>.
        </p>
      )}
      {pending === undefined ? null : <SchemaText type={pending.type} text={pending.text} />}
      <SubjectFacts subject={subject} row={undefined} />
    </>
  );
}

/** `[` and `]` go to the version before and after. */
function useSteps(
  name: string,
  versions: readonly SiteVersion[],
  row: SiteVersion | undefined,
  view: SubjectView,
): void {
  useLayoutEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      if (event.target instanceof HTMLElement && /^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName)) return;
      const step = event.key === '[' ? -1 : event.key === ']' ? 1 : 0;
      const next = step === 0 || row === undefined ? undefined : versions[versions.indexOf(row) + step];
      if (next !== undefined) location.hash = linkTo.subject(name, next.version, view);
    };
    addEventListener('keydown', onKey);
    return () => removeEventListener('keydown', onKey);
  }, [name, versions, row, view]);
}
