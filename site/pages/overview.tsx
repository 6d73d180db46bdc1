/** The first page: what there is, what changed last, what is wrong. */
import { SCHEMA_TYPES } from '../../src/model/schema-version.ts';
import type { SiteChange, SiteIndex } from '../../src/site/model.ts';
import { count, plural, registryName, safeName, shortHash } from '../format.ts';
import { Badge, Day, SubjectLink } from '../parts/basics.tsx';
import { FindingList } from '../parts/finding-list.tsx';
import { linkTo } from '../router.ts';
import { siteIndex } from '../store.ts';
import { qualifiedName, TYPE_NAMES } from '../subjects.ts';

const LATEST = 10;

export function OverviewPage() {
  const index = siteIndex();
  const { counts, findings, changes } = index;
  return (
    <article class="overview">
      <h1>
        <bdi>{index.title}</bdi>
      </h1>
      <p class="lead">{introduce(index)}</p>
      <dl class="figures">
        <Figure value={counts.subjects} link={linkTo.subjects()} one="subject" />
        <Figure
          value={counts.versions}
          one="version"
          note={counts.deleted > 0 ? `${count(counts.deleted)} soft-deleted` : undefined}
        />
        <Figure value={counts.references} link={linkTo.graph()} one="reference" />
        <Figure value={counts.contexts} one="context" />
      </dl>
      <div class="columns">
        <section>
          <h2>Types</h2>
          <Shares rows={typeShares(index)} />
        </section>
        <section>
          <h2>Compatibility in force</h2>
          <Shares rows={levelShares(index)} />
        </section>
      </div>
      {index.contexts.length > 1 ? <Contexts index={index} /> : null}
      <section>
        <h2>What changed last</h2>
        {changes.length > 0 ? <Changes changes={changes} /> : <LatestSubjects index={index} />}
      </section>
      <section>
        <h2>Findings</h2>
        {counts.findings === 0 ? (
          <p>
            <Badge kind="good">sound</Badge> The tree was checked as <code>srgit verify --offline</code> does, and
            nothing was found.
          </p>
        ) : (
          <>
            <FindingList findings={findings.slice(0, 5)} />
            {counts.findings > 5 ? (
              <p>
                <a href={linkTo.findings}>All {plural(counts.findings, 'finding')}</a>
              </p>
            ) : null}
          </>
        )}
      </section>
    </article>
  );
}

function introduce({ registry, history, counts }: SiteIndex): string {
  const name = registry.kind === 'unknown' ? 'a registry' : `a registry (${registryName(registry)})`;
  const past =
    history === undefined
      ? 'Its past is not known: the tree is in no git repository.'
      : `Its past is told by ${plural(history.commits, 'commit')}${history.shallow ? '; the repository was cloned without older ones' : ''}.`;
  const what = counts.subjects === 0 ? 'The tree has no subject yet.' : `The schemas of ${name}, as kept in git.`;
  return `${what} ${past}`;
}

function Figure({
  value,
  one,
  link,
  note,
}: {
  readonly value: number;
  readonly one: string;
  readonly link?: string;
  readonly note?: string | undefined;
}) {
  const number = count(value);
  return (
    <div>
      <dt>{value === 1 ? one : `${one}s`}</dt>
      <dd>
        {link === undefined ? number : <a href={link}>{number}</a>}
        {note === undefined ? null : <small>{note}</small>}
      </dd>
    </div>
  );
}

interface Share {
  readonly name: string;
  readonly value: number;
  readonly link?: string;
}

/** Numbers as bars; the table is what is read aloud. */
function Shares({ rows }: { readonly rows: readonly Share[] }) {
  const most = Math.max(1, ...rows.map(({ value }) => value));
  if (rows.length === 0) return <p class="dim">No subject has a version yet.</p>;
  return (
    <table class="shares">
      <tbody>
        {rows.map(({ name, value, link }) => (
          <tr key={name}>
            <th scope="row">{link === undefined ? name : <a href={link}>{name}</a>}</th>
            <td>{count(value)}</td>
            <td class="bar-cell" aria-hidden="true">
              <svg viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true">
                <rect class="share" width={Math.max(1, (value / most) * 100)} height="6" />
              </svg>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function typeShares({ subjects }: SiteIndex): readonly Share[] {
  return SCHEMA_TYPES.map((type, at) => ({
    name: TYPE_NAMES[type],
    value: subjects.type.filter((one) => one === at).length,
    link: linkTo.subjects({ type }),
  })).filter(({ value }) => value > 0);
}

function levelShares({ subjects, levels }: SiteIndex): readonly Share[] {
  return levels
    .map((name, at) => ({ name, value: subjects.level.filter((one) => one === at).length }))
    .sort((a, b) => b.value - a.value);
}

function Contexts({ index }: { readonly index: SiteIndex }) {
  return (
    <section>
      <h2>Contexts</h2>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard */}
      <section class="scroll" aria-label="Contexts, as a table" tabIndex={0}>
        <table class="plain-table">
          <thead>
            <tr>
              <th scope="col">Context</th>
              <th scope="col" class="number">
                Subjects
              </th>
              <th scope="col">Compatibility</th>
              <th scope="col">Mode</th>
              <th scope="col" class="number">
                Highest id
              </th>
            </tr>
          </thead>
          <tbody>
            {index.contexts.map((context, at) => (
              <tr key={context.name}>
                <th scope="row">
                  <a href={linkTo.subjects({ context: context.name })}>
                    <bdi>{context.name === '.' ? 'default' : safeName(context.name)}</bdi>
                  </a>
                </th>
                <td class="number">{count(index.subjects.context.filter((one) => one === at).length)}</td>
                <td>{context.config?.compatibility ?? <span class="dim">inherited</span>}</td>
                <td>{context.mode ?? <span class="dim">inherited</span>}</td>
                <td class="number">{context.maxId === undefined ? '–' : count(context.maxId)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </section>
    </section>
  );
}

function Changes({ changes }: { readonly changes: readonly SiteChange[] }) {
  return (
    <ol class="changes">
      {changes.slice(0, LATEST).map(({ commit, subjects, subjectCount, added, removed }) => (
        <li key={commit.hash}>
          <p class="change-head">
            <Day time={commit.time * 1000} /> <bdi class="change-title">{safeName(commit.title)}</bdi>
          </p>
          <p class="dim small">
            <bdi>{safeName(commit.author)}</bdi> · <code>{shortHash(commit.hash)}</code> ·{' '}
            {describe(added, removed, subjectCount)}
          </p>
          {subjects.length === 0 ? null : (
            <p class="small links">
              {subjects.map((at) => (
                <SubjectLink key={at} name={qualifiedName(at)} />
              ))}
              {subjectCount > subjects.length ? (
                <span class="dim">and {count(subjectCount - subjects.length)} more</span>
              ) : null}
            </p>
          )}
        </li>
      ))}
    </ol>
  );
}

function describe(added: number, removed: number, subjects: number): string {
  const parts = [
    ...(added > 0 ? [`${plural(added, 'version')} added`] : []),
    ...(removed > 0 ? [`${plural(removed, 'version')} removed`] : []),
  ];
  if (parts.length === 0)
    return subjects === 0 ? 'settings of the registry' : `settings or state of ${plural(subjects, 'subject')}`;
  return `${parts.join(', ')} in ${plural(subjects, 'subject')}`;
}

/** Where no commit tells: the order in which the registry took them. */
function LatestSubjects({ index }: { readonly index: SiteIndex }) {
  const { changed } = index.subjects;
  const order = changed
    .flatMap((time, at) => (time > 0 ? [at] : []))
    .sort((a, b) => (changed[b] ?? 0) - (changed[a] ?? 0));
  if (order.length === 0) return <p class="dim">Neither git nor the registry tells when these schemas came.</p>;
  return (
    <ol class="changes">
      {order.slice(0, LATEST).map((at) => (
        <li key={at}>
          <p class="change-head">
            <Day time={(changed[at] ?? 0) * 1000} /> <SubjectLink name={qualifiedName(at)} />
          </p>
        </li>
      ))}
    </ol>
  );
}
