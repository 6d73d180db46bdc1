/** From an id in a record to its schema, in every context; and where it goes in another registry. */
import type { GuidPayload, IdPayload, SiteVersion } from '../../src/site/model.ts';
import { count, plural, safeName } from '../format.ts';
import { Badge, Copy, LongList, SubjectLink, Type, Waiting } from '../parts/basics.tsx';
import { FieldTreeView } from '../parts/field-tree.tsx';
import { linkTo, replaceAddress } from '../router.ts';
import { lookUp } from '../search.ts';
import { loadLanguages, loadSubject, siteIndex } from '../store.ts';
import { qualifiedName } from '../subjects.ts';
import { useLoaded } from '../use-loaded.ts';

type Rows = readonly (readonly [number, number])[];

export function IdsPage({ id }: { readonly id: string }) {
  return (
    <article>
      <h1>Ids</h1>
      <p class="lead">
        A record says by a number, or by a guid, which schema it was written with. Ids count within a context, so one
        number may mean several schemas.
      </p>
      <div class="id-form">
        <label>
          <span class="form-label">Id or guid</span>
          <input
            type="text"
            defaultValue={id}
            spellcheck={false}
            autocomplete="off"
            onInput={(event) => replaceAddress(linkTo.id(event.currentTarget.value.trim()))}
          />
        </label>
      </div>
      {id === '' ? <Known /> : /^-?\d+$/.test(id) ? <OfId id={Number(id)} /> : <OfGuid guid={id.toLowerCase()} />}
    </article>
  );
}

function Known() {
  const { contexts, idMaps } = siteIndex();
  return (
    <>
      <section>
        <h2>Ids that were used</h2>
        <ul class="rows">
          {contexts.map(({ name, maxId, retiredCount, retired }) => (
            <li key={name}>
              <strong>{name === '.' ? 'Default context' : safeName(name)}</strong>{' '}
              <span class="dim">
                {maxId === undefined || maxId === 0 ? 'no id yet' : `up to ${count(maxId)}`},{' '}
                {retiredCount === 0 ? 'none retired' : `${count(retiredCount)} retired`}
              </span>
              {retired.length === 0 ? null : (
                <p class="small links">
                  <span class="dim">retired:</span>
                  {retired.slice(0, 60).map((one) => (
                    <a key={one} href={linkTo.id(one)}>
                      {one}
                    </a>
                  ))}
                  {retiredCount > 60 ? <span class="dim">and {count(retiredCount - 60)} more</span> : null}
                </p>
              )}
            </li>
          ))}
        </ul>
      </section>
      <section>
        <h2>Id maps</h2>
        {idMaps.length === 0 ? (
          <p class="dim">None: nothing was restored from this tree to a registry with other ids.</p>
        ) : (
          <ul class="rows">
            {idMaps.map(({ name, kind, entries }) => (
              <li key={name}>
                <strong>{safeName(name)}</strong>{' '}
                <span class="dim">
                  ({kind}): {plural(entries, 'id')}. Look an id up to see where it goes.
                </span>
              </li>
            ))}
          </ul>
        )}
      </section>
    </>
  );
}

function OfId({ id }: { readonly id: number }) {
  const loaded = useLoaded(() => lookUp<IdPayload>(`i${id}`), [id]);
  return (
    <Waiting loaded={loaded}>
      {(payload) => (payload === undefined ? <NoSuchId id={id} /> : <Id key={id} id={id} payload={payload} />)}
    </Waiting>
  );
}

function Id({ id, payload }: { readonly id: number; readonly payload: IdPayload }) {
  const { contexts, subjects, idMaps } = siteIndex();
  const byContext = contexts.map(({ name }, number) => ({
    name,
    rows: payload.rows.filter(([at]) => subjects.context[at] === number),
    isRetired: payload.retired?.includes(number) ?? false,
    maps: (payload.maps ?? []).filter(([context]) => context === number),
  }));
  const shown = byContext.filter(({ rows, isRetired, maps }) => rows.length + maps.length > 0 || isRetired);
  return (
    <>
      {shown.map(({ name, rows, isRetired, maps }) => (
        <section key={name}>
          <h2>
            Id {id} in {name === '.' ? 'the default context' : <bdi>{safeName(name)}</bdi>}
          </h2>
          {isRetired ? (
            <p class="notice">
              <Badge kind="warn">retired</Badge> A schema had this id once, and is gone from the registry. Records
              written with it need the tree as it was: <code>git log</code> on this tree finds it.
            </p>
          ) : null}
          {rows.length === 0 ? null : <SchemaOf rows={rows} />}
          {maps.length === 0 ? null : (
            <>
              <h3>In other registries</h3>
              <ul class="rows">
                {maps.map(([, map, to, toContext]) => (
                  <li key={`${map} ${toContext}`}>
                    {id} becomes <strong>{to}</strong> in {safeName(idMaps[map]?.name ?? '')}
                    {toContext === undefined ? '' : `, context ${safeName(toContext)}`}{' '}
                    <Copy text={String(to)} what="that id" />
                  </li>
                ))}
              </ul>
            </>
          )}
        </section>
      ))}
    </>
  );
}

function NoSuchId({ id }: { readonly id: number }) {
  const highest = Math.max(0, ...siteIndex().contexts.map(({ maxId = 0 }) => maxId));
  return (
    <p class="notice">
      No schema of this tree has the id {id}.{' '}
      {id > highest
        ? `The highest id ever seen is ${count(highest)}: the record is newer than the last export, or of another registry.`
        : 'It was never given to a schema that an export has seen.'}
    </p>
  );
}

function OfGuid({ guid }: { readonly guid: string }) {
  const loaded = useLoaded(() => lookUp<GuidPayload>(`g${guid}`), [guid]);
  return (
    <Waiting loaded={loaded}>
      {(payload) =>
        payload === undefined ? (
          <p class="notice">
            No schema of this tree has this id or guid. A guid looks like{' '}
            <code>01234567-89ab-cdef-0123-456789abcdef</code>.
          </p>
        ) : (
          <section key={guid}>
            <h2>
              Guid <code>{guid}</code>
            </h2>
            <SchemaOf rows={payload.rows} />
          </section>
        )
      }
    </Waiting>
  );
}

/** Rows that are the same schema, and what it looks like. */
function SchemaOf({ rows }: { readonly rows: Rows }) {
  const [first] = rows;
  const loaded = useLoaded(async () => (first === undefined ? undefined : readVersion(first)), [first]);
  return (
    <>
      <LongList items={rows} first={12} what="versions">
        {([at, version]) => (
          <li key={`${at} ${version}`}>
            <SubjectLink name={qualifiedName(at)} version={version} />
          </li>
        )}
      </LongList>
      <Waiting loaded={loaded}>{(row) => (row === undefined ? null : <Schema row={row} />)}</Waiting>
    </>
  );
}

async function readVersion([at, version]: readonly [number, number]): Promise<SiteVersion | undefined> {
  return (await loadSubject(at)).versions.find((row) => row.version === version);
}

function Schema({ row }: { readonly row: SiteVersion }) {
  const loaded = useLoaded(loadLanguages, []);
  return (
    <div class="schema-box">
      <p class="small">
        <Type type={row.type} /> {row.deleted ? <Badge kind="warn">soft-deleted</Badge> : null} <code>{row.guid}</code>{' '}
        <Copy text={row.guid} what="the guid" />
      </p>
      <Waiting loaded={loaded}>
        {(languages) => {
          const tree = languages.readFields(row.type, row.text);
          return tree === undefined ? (
            // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard
            <pre tabIndex={0}>
              <code dir="ltr">{row.text}</code>
            </pre>
          ) : (
            <FieldTreeView tree={tree} references={row.references} />
          );
        }}
      </Waiting>
    </div>
  );
}
