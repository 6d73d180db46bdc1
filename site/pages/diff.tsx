/** What changed between two versions, field by field, and which levels that breaks. */
import type { FactChange, SchemaChange, SchemaDiff } from '../../src/schema/outline/diff-schemas.ts';
import type { SiteSubject, SiteVersion } from '../../src/site/model.ts';
import { BREAK_MEANS, brokenLevels, compareVersions } from '../compare.ts';
import { safeName } from '../format.ts';
import { Badge, LongList, Name, Waiting } from '../parts/basics.tsx';
import { TextDiff } from '../parts/text-diff.tsx';
import { linkTo } from '../router.ts';
import { loadSubject } from '../store.ts';
import { useLoaded } from '../use-loaded.ts';

export interface DiffAsked {
  readonly at: number;
  readonly name: string;
  readonly from: number | undefined;
  readonly to: number | undefined;
}

export function DiffPage({ at, name, from, to }: DiffAsked) {
  const loaded = useLoaded(() => loadSubject(at), [at]);
  return (
    <article>
      <p class="crumbs">
        <a href={linkTo.subjects()}>Subjects</a>
        <a href={linkTo.subject(name, to)}>
          <Name>{name}</Name>
        </a>
      </p>
      <h1>What changed</h1>
      <Waiting loaded={loaded}>{(subject) => <Chosen name={name} subject={subject} from={from} to={to} />}</Waiting>
    </article>
  );
}

function Chosen({ name, subject, from, to }: { readonly subject: SiteSubject } & Omit<DiffAsked, 'at'>) {
  const { versions } = subject;
  if (versions.length < 2) {
    return (
      <p>
        There is only one version of this subject, so there is nothing to compare.{' '}
        <a href={linkTo.subject(name)}>Show it</a>.
      </p>
    );
  }
  const newer = versions.find(({ version }) => version === to) ?? versions.at(-1);
  const before = versions.findLast(({ version }) => version < (newer?.version ?? 0));
  const older = versions.find(({ version }) => version === from) ?? before ?? versions[0];
  if (newer === undefined || older === undefined) return null;
  const go = (a: number, b: number): void => {
    location.hash = linkTo.diff(name, a, b);
  };
  return (
    <>
      <div class="pickers">
        <Picker
          label="From"
          versions={versions}
          value={older.version}
          onPick={(version) => go(version, newer.version)}
        />
        <Picker label="To" versions={versions} value={newer.version} onPick={(version) => go(older.version, version)} />
        <button type="button" class="more" onClick={() => go(newer.version, older.version)}>
          Swap
        </button>
      </div>
      {older === newer ? (
        <p>These are the same version: choose another.</p>
      ) : (
        <Comparison key={`${older.version} ${newer.version}`} older={older} newer={newer} />
      )}
    </>
  );
}

function Picker({
  label,
  versions,
  value,
  onPick,
}: {
  readonly label: string;
  readonly versions: readonly SiteVersion[];
  readonly value: number;
  readonly onPick: (version: number) => void;
}) {
  return (
    <label>
      <span class="form-label">{label}</span>
      <select value={value} onChange={(event) => onPick(Number(event.currentTarget.value))}>
        {[...versions].reverse().map(({ version, deleted }) => (
          <option key={version} value={version}>
            version {version}
            {deleted ? ' (soft-deleted)' : ''}
          </option>
        ))}
      </select>
    </label>
  );
}

function Comparison({ older, newer }: { readonly older: SiteVersion; readonly newer: SiteVersion }) {
  const loaded = useLoaded(() => compareVersions(older, newer), [older.guid, newer.guid, older.version, newer.version]);
  return (
    <>
      <Waiting loaded={loaded}>{(diff) => <Changes diff={diff} older={older} newer={newer} />}</Waiting>
      <Around older={older} newer={newer} />
      <section>
        <h2>Text</h2>
        <TextDiff older={older} newer={newer} />
      </section>
    </>
  );
}

function Changes({
  diff,
  older,
  newer,
}: {
  readonly diff: SchemaDiff;
  readonly older: SiteVersion;
  readonly newer: SiteVersion;
}) {
  const tally = (['added', 'removed', 'changed'] as const)
    .map((change) => ({ change, number: diff.changes.filter((one) => one.change === change).length }))
    .filter(({ number }) => number > 0)
    .map(({ change, number }) => `${number} ${change}`);
  return (
    <>
      <Verdict diff={diff} />
      {older.type !== newer.type ? (
        <p>
          One is {older.type}, the other {newer.type}: they have no fields in common.
        </p>
      ) : null}
      {older.type === newer.type && !diff.comparable ? (
        <p class="notice">One of the texts cannot be read part by part, so only the texts are compared.</p>
      ) : null}
      {diff.comparable && diff.changes.length === 0 ? <p>No field, type or doc differs.</p> : null}
      {diff.changes.length > 0 ? <p class="dim">{tally.join(', ')}</p> : null}
      <LongList items={diff.changes} first={150} what="changes" class="diff">
        {(change, at) => <Change key={at} change={change} />}
      </LongList>
      {diff.otherReasons.length > 0 ? (
        <section>
          <h2>Also breaks</h2>
          <LongList items={diff.otherReasons} what="reasons">
            {({ breaks, why }, at) => (
              <li key={at}>
                <Badge kind="bad">{breaks}</Badge> <Name>{why}</Name>
              </li>
            )}
          </LongList>
        </section>
      ) : null}
    </>
  );
}

function Verdict({ diff }: { readonly diff: SchemaDiff }) {
  if (diff.breaks.length === 0) {
    return (
      <p class="verdict">
        <Badge kind="good">compatible</Badge> Both ways: each schema reads what the other wrote.
      </p>
    );
  }
  return (
    <div class="verdict">
      {diff.breaks.map((level) => (
        <p key={level}>
          <Badge kind="bad">breaks {level}</Badge> {BREAK_MEANS[level]}.
        </p>
      ))}
      <p class="dim small">
        Refused at the levels{' '}
        {brokenLevels(diff.breaks)
          .flatMap((level) => [level, `${level}_TRANSITIVE`])
          .join(', ')}
        .
      </p>
    </div>
  );
}

const SIGNS = { added: '+', removed: '−', changed: '~' } as const;

function Change({ change }: { readonly change: SchemaChange }) {
  return (
    <li class={change.change}>
      <span class="sign" aria-hidden="true">
        {SIGNS[change.change]}
      </span>
      <p>
        <span class="offscreen">{change.change} </span>
        <span class="dim">{change.kind}</span>{' '}
        <strong class="field-name">
          <Name>{change.name}</Name>
        </strong>{' '}
        {change.breaks.map((level) => (
          <Badge key={level} kind="bad">
            breaks {level}
          </Badge>
        ))}
      </p>
      {change.change === 'removed' ? null : (
        <dl class="facts">
          {change.facts.map((fact) => (
            <Fact key={fact.fact} fact={fact} isNew={change.change === 'added'} />
          ))}
        </dl>
      )}
      {change.why.map((why, at) => (
        <p key={at} class="why">
          <Name>{why}</Name>
        </p>
      ))}
    </li>
  );
}

function Fact({ fact: { fact, from, to }, isNew }: { readonly fact: FactChange; readonly isNew: boolean }) {
  return (
    <div>
      <dt>
        <bdi>{safeName(fact)}</bdi>
      </dt>
      <dd>
        {from === undefined ? null : (
          <>
            <del class="was">
              <Name>{short(from)}</Name>
            </del>
            {' → '}
          </>
        )}
        {to === undefined ? (
          <span class="dim">gone</span>
        ) : isNew ? (
          <Name>{short(to)}</Name>
        ) : (
          <ins class="now">
            <Name>{short(to)}</Name>
          </ins>
        )}
      </dd>
    </div>
  );
}

const short = (text: string): string => (text.length > 300 ? `${text.slice(0, 299)}…` : text);

/** References, metadata and rules belong to a version as much as its text does. */
function Around({ older, newer }: { readonly older: SiteVersion; readonly newer: SiteVersion }) {
  const show = ({ references }: SiteVersion): readonly string[] =>
    references.map(({ name, subject, version }) => `${name} from ${subject} version ${version}`);
  const before = show(older);
  const after = show(newer);
  const gone = before.filter((line) => !after.includes(line));
  const come = after.filter((line) => !before.includes(line));
  const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);
  const others = [
    ...(same(older.metadata, newer.metadata) ? [] : ['metadata']),
    ...(same(older.ruleSet, newer.ruleSet) ? [] : ['rules']),
  ];
  if (gone.length + come.length + others.length === 0) return null;
  return (
    <section>
      <h2>Around the text</h2>
      <ul class="diff">
        {gone.map((line) => (
          <li key={line} class="removed">
            <span class="sign">−</span> reference <Name>{line}</Name>
          </li>
        ))}
        {come.map((line) => (
          <li key={line} class="added">
            <span class="sign">+</span> reference <Name>{line}</Name>
          </li>
        ))}
        {others.map((line) => (
          <li key={line} class="changed">
            <span class="sign">~</span> {line} changed: see the details of each version
          </li>
        ))}
      </ul>
    </section>
  );
}
