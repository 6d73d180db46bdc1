/** All subjects, by name, type and context. */
import { useMemo } from 'preact/hooks';
import { SCHEMA_TYPES } from '../../src/model/schema-version.ts';
import { count, plural, safeName } from '../format.ts';
import { Badge, Day, LongList, SubjectLink, Type } from '../parts/basics.tsx';
import { linkTo, replaceAddress } from '../router.ts';
import { siteIndex } from '../store.ts';
import { isGone, qualifiedName, TYPE_NAMES, typeOf } from '../subjects.ts';

export interface SubjectsAsked {
  readonly type: string;
  readonly context: string;
  readonly find: string;
}

export function SubjectsPage({ type, context, find }: SubjectsAsked) {
  const { subjects, contexts, levels } = siteIndex();
  const found = useMemo(() => findSubjects({ type, context, find }), [type, context, find]);
  const go = (change: Partial<SubjectsAsked>): void =>
    replaceAddress(linkTo.subjects({ type, context, find, ...change }));
  return (
    <article>
      <h1>Subjects</h1>
      <div class="filters">
        <label>
          <span>Name contains</span>
          <input
            type="search"
            defaultValue={find}
            spellcheck={false}
            onInput={(event) => go({ find: event.currentTarget.value })}
          />
        </label>
        <label>
          <span>Type</span>
          <select value={type} onChange={(event) => go({ type: event.currentTarget.value })}>
            <option value="">all</option>
            {SCHEMA_TYPES.map((one) => (
              <option key={one} value={one}>
                {TYPE_NAMES[one]}
              </option>
            ))}
          </select>
        </label>
        {contexts.length > 1 ? (
          <label>
            <span>Context</span>
            <select value={context} onChange={(event) => go({ context: event.currentTarget.value })}>
              <option value="">all</option>
              {contexts.map(({ name }) => (
                <option key={name} value={name}>
                  {name === '.' ? 'default' : safeName(name)}
                </option>
              ))}
            </select>
          </label>
        ) : null}
      </div>
      <p class="dim" role="status">
        {found.length === subjects.name.length
          ? plural(found.length, 'subject')
          : `${count(found.length)} of ${plural(subjects.name.length, 'subject')}`}
      </p>
      {found.length === 0 ? (
        <p>
          {subjects.name.length === 0 ? (
            'The tree has no subject yet: `srgit export` brings them in.'
          ) : (
            <>
              No subject is like that. <a href={linkTo.subjects()}>Show all</a>.
            </>
          )}
        </p>
      ) : (
        <LongList key={`${type} ${context} ${find}`} items={found} what="subjects" class="subjects">
          {(at) => {
            const kind = typeOf(at);
            const changed = subjects.changed[at] ?? 0;
            return (
              <li key={at}>
                <span class="subject-name">
                  <SubjectLink name={qualifiedName(at)} /> {isGone(at) ? <Badge kind="warn">soft-deleted</Badge> : null}
                </span>
                <span class="dim small facts-line">
                  {kind === undefined ? <span>no version</span> : <Type type={kind} />}
                  <span>{plural(subjects.versions[at] ?? 0, 'version')}</span>
                  <span>{levels[subjects.level[at] ?? 0]}</span>
                  {changed > 0 ? <Day time={changed * 1000} /> : null}
                </span>
              </li>
            );
          }}
        </LongList>
      )}
    </article>
  );
}

function findSubjects({ type, context, find }: SubjectsAsked): readonly number[] {
  const { subjects, contexts } = siteIndex();
  const wanted = find.trim().toLowerCase();
  return subjects.name.flatMap((name, at) => {
    if (type !== '' && typeOf(at) !== type) return [];
    if (context !== '' && contexts[subjects.context[at] ?? 0]?.name !== context) return [];
    return wanted === '' || name.toLowerCase().includes(wanted) ? [at] : [];
  });
}
