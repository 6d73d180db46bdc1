/** Versions of a subject, newest first, with who brought them and what each breaks. */
import type { Broken } from '../../src/schema/outline/diff-schemas.ts';
import type { SiteSubject, SiteVersion } from '../../src/site/model.ts';
import { brokenLevels, compareVersions } from '../compare.ts';
import { safeName, shortHash } from '../format.ts';
import { linkTo, type SubjectView } from '../router.ts';
import { useLoaded } from '../use-loaded.ts';
import { Badge, Day, LongList } from './basics.tsx';

/** Steps that are compared at once without being asked for. */
const COMPARED = 12;

export function Timeline({
  name,
  subject,
  current,
  view,
}: {
  readonly name: string;
  readonly subject: SiteSubject;
  readonly current: number | undefined;
  readonly view: SubjectView;
}) {
  const { versions, pending } = subject;
  const newestFirst = [...versions].reverse();
  const broken = useLoaded(() => breaksOf(versions.slice(-COMPARED - 1)), [name]);
  return (
    <nav class="timeline" aria-label="Versions">
      {pending.map(({ version, file }) => (
        <div key={version} class="pending">
          <Badge kind="warn">no id yet</Badge> version {version} was added by hand: <code>{safeName(file)}</code>
        </div>
      ))}
      <LongList items={newestFirst} first={40} what="versions" class="versions">
        {(row, at) => (
          <li key={row.version} class={row.version === current ? 'current' : ''}>
            <p class="version-head">
              <a
                href={linkTo.subject(name, row.version, view)}
                aria-current={row.version === current ? 'page' : undefined}
              >
                Version {row.version}
              </a>
              {row.deleted ? <Badge kind="warn">soft-deleted</Badge> : null}
              <Breaks breaks={broken.state === 'ready' ? broken.value.get(row.version) : undefined} />
            </p>
            <Origin row={row} />
            <Compare name={name} row={row} before={newestFirst[at + 1]} />
          </li>
        )}
      </LongList>
    </nav>
  );
}

function Origin({ row }: { readonly row: SiteVersion }) {
  const { commit, registeredAt } = row;
  if (commit === undefined && registeredAt === undefined) return <p class="small dim">id {row.id}, date not known</p>;
  return (
    <p class="small dim">
      {commit === undefined ? (
        <>registered {registeredAt === undefined ? '' : <Day time={registeredAt} />}</>
      ) : (
        <>
          <Day time={commit.time * 1000} /> by <bdi>{safeName(commit.author)}</bdi>,{' '}
          <code title={safeName(commit.title)}>{shortHash(commit.hash)}</code>
        </>
      )}
    </p>
  );
}

function Compare({
  name,
  row,
  before,
}: {
  readonly name: string;
  readonly row: SiteVersion;
  readonly before: SiteVersion | undefined;
}) {
  if (before === undefined) return null;
  return (
    <p class="small">
      <a href={linkTo.diff(name, before.version, row.version)}>
        what changed<span class="offscreen"> in version {row.version}</span>
      </a>
    </p>
  );
}

function Breaks({ breaks }: { readonly breaks: readonly Broken[] | undefined }) {
  if (breaks === undefined || breaks.length === 0) return null;
  return <Badge kind="bad">breaks {brokenLevels(breaks).slice(0, -1).join(', ')}</Badge>;
}

async function breaksOf(versions: readonly SiteVersion[]): Promise<ReadonlyMap<number, readonly Broken[]>> {
  const broken = new Map<number, readonly Broken[]>();
  for (const [at, row] of versions.entries()) {
    const before = versions[at - 1];
    if (before === undefined) continue;
    try {
      broken.set(row.version, (await compareVersions(before, row)).breaks);
    } catch {
      // The page of the comparison says why.
    }
    // So that a long history does not hold up the page.
    await new Promise((resolve) => setTimeout(resolve));
  }
  return broken;
}
