/** Everything about a version that is not its schema: ids, references both ways, settings, metadata, rules. */
import type { ComponentChildren } from 'preact';
import type { Rule } from '../../src/model/schema-version.ts';
import type { SettingOrigin, SiteSubject, SiteVersion } from '../../src/site/model.ts';
import { moment, plural, safeName } from '../format.ts';
import { linkTo } from '../router.ts';
import { qualifiedName } from '../subjects.ts';
import { Badge, Copy, LongList, Name, SubjectLink } from './basics.tsx';
import { LongText } from './long-text.tsx';

export function SubjectFacts({
  subject,
  row,
}: {
  readonly subject: SiteSubject;
  readonly row: SiteVersion | undefined;
}) {
  return (
    <>
      {row === undefined ? null : (
        <>
          <Identity row={row} />
          <References row={row} />
          <Metadata row={row} />
          <Rules row={row} />
        </>
      )}
      <Settings subject={subject} />
    </>
  );
}

function Fact({ name, children }: { readonly name: string; readonly children: ComponentChildren }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

function Identity({ row }: { readonly row: SiteVersion }) {
  const { commit, registeredAt } = row;
  return (
    <section>
      <h3>Identity</h3>
      <dl class="pairs">
        <Fact name="Id">
          <a href={linkTo.id(row.id)}>{row.id}</a> <Copy text={String(row.id)} what="the id" />
        </Fact>
        <Fact name="Guid">
          <code>{row.guid}</code> <Copy text={row.guid} what="the guid" />
        </Fact>
        <Fact name="State">{row.deleted ? <Badge kind="warn">soft-deleted</Badge> : 'in use'}</Fact>
        <Fact name="Registered">
          {registeredAt === undefined ? 'the registry does not tell' : moment(registeredAt)}
        </Fact>
        <Fact name="In git since">
          {commit === undefined ? (
            'no commit is known'
          ) : (
            <>
              {moment(commit.time * 1000)}, by <bdi>{safeName(commit.author)}</bdi>: <bdi>{safeName(commit.title)}</bdi>{' '}
              <code>{commit.hash.slice(0, 12)}</code> <Copy text={commit.hash} what="the commit's hash" />
            </>
          )}
        </Fact>
        {row.sameId.length === 0 ? null : (
          <Fact name="Same schema as">
            <LongList items={row.sameId} first={10} what="subjects" class="inline">
              {([at, version]) => (
                <li key={`${at} ${version}`}>
                  <SubjectLink name={qualifiedName(at)} version={version} />
                </li>
              )}
            </LongList>
          </Fact>
        )}
      </dl>
    </section>
  );
}

function References({ row }: { readonly row: SiteVersion }) {
  return (
    <section>
      <h3>References</h3>
      <h4>This schema is built on</h4>
      {row.references.length === 0 ? (
        <p class="dim">Nothing: it stands alone.</p>
      ) : (
        <LongList items={row.references} what="references">
          {({ name, subject, version, at }, number) => (
            <li key={number}>
              {at === undefined ? (
                <>
                  <Name>{subject}</Name> v{version} <Badge kind="bad">not in this tree</Badge>
                </>
              ) : (
                <SubjectLink name={subject} version={version} />
              )}{' '}
              <span class="dim small">
                as <bdi>{safeName(name)}</bdi>
              </span>
            </li>
          )}
        </LongList>
      )}
      <h4>Built on this schema</h4>
      {row.referencedBy.length === 0 ? (
        <p class="dim">Nothing refers to this version.</p>
      ) : (
        <LongList items={row.referencedBy} first={30} what="schemas">
          {([at, version]) => (
            <li key={`${at} ${version}`}>
              <SubjectLink name={qualifiedName(at)} version={version} />
            </li>
          )}
        </LongList>
      )}
    </section>
  );
}

function Metadata({ row: { metadata } }: { readonly row: SiteVersion }) {
  if (metadata === undefined) return null;
  const sensitive = new Set(metadata.sensitive ?? []);
  const properties = Object.entries(metadata.properties ?? {});
  const tags = Object.entries(metadata.tags ?? {});
  return (
    <section>
      <h3>Metadata</h3>
      {properties.length + tags.length === 0 ? <p class="dim">Empty.</p> : null}
      <dl class="pairs">
        {properties.map(([name, value]) => (
          <Fact key={name} name={safeName(name)}>
            {sensitive.has(name) ? <span class="dim">secret, not shown</span> : <LongText text={value} class="fact" />}
          </Fact>
        ))}
        {tags.map(([place, names]) => (
          <Fact key={place} name={safeName(place)}>
            {names.map((name) => (
              <Badge key={name} kind="quiet">
                {safeName(name)}
              </Badge>
            ))}
          </Fact>
        ))}
      </dl>
    </section>
  );
}

function Rules({ row: { ruleSet } }: { readonly row: SiteVersion }) {
  if (ruleSet === undefined) return null;
  const groups: readonly (readonly [string, readonly Rule[]])[] = [
    ['Migration', ruleSet.migrationRules ?? []],
    ['Domain', ruleSet.domainRules ?? []],
    ['Encoding', ruleSet.encodingRules ?? []],
  ];
  const shown = groups.filter(([, rules]) => rules.length > 0);
  return (
    <section>
      <h3>Rules</h3>
      {shown.length === 0 ? <p class="dim">The rule set is empty.</p> : null}
      {shown.map(([title, rules]) => (
        <div key={title}>
          <h4>{title} rules</h4>
          <ul class="rows">
            {rules.map((rule, at) => (
              <li key={at}>
                <strong>
                  <bdi>{safeName(rule.name ?? 'unnamed')}</bdi>
                </strong>{' '}
                {rule.disabled ? <Badge kind="warn">disabled</Badge> : null}
                <span class="dim small">{[rule.kind, rule.type, rule.mode].filter(Boolean).join(' · ')}</span>
                {rule.doc === undefined ? null : <LongText text={rule.doc} class="doc" />}
                {rule.expr === undefined ? null : (
                  <p class="small">
                    <code>{safeName(rule.expr)}</code>
                  </p>
                )}
              </li>
            ))}
          </ul>
        </div>
      ))}
    </section>
  );
}

const ORIGINS: Readonly<Record<SettingOrigin, string>> = {
  subject: 'set for this subject',
  context: "inherited from the subject's context",
  global: "inherited from the registry's global settings",
  default: "the registry's default: nothing is set",
};

function Settings({ subject }: { readonly subject: SiteSubject }) {
  const { level, modeInForce, config } = subject;
  const fields = Object.entries(config?.fields ?? {});
  return (
    <section>
      <h3>Settings of the subject</h3>
      <dl class="pairs">
        <Fact name="Compatibility">
          {safeName(level.value)} <span class="dim small">{ORIGINS[level.from]}</span>
        </Fact>
        <Fact name="Mode">
          {safeName(modeInForce.value)} <span class="dim small">{ORIGINS[modeInForce.from]}</span>
        </Fact>
        {fields.map(([name, value]) => (
          <Fact key={name} name={safeName(name)}>
            <LongText text={typeof value === 'string' ? value : JSON.stringify(value, null, 2)} class="fact code" />
          </Fact>
        ))}
      </dl>
      {fields.length === 0 && config === undefined ? (
        <p class="dim small">
          Nothing is set for this subject alone; {plural(subject.versions.length, 'version')} of it are kept.
        </p>
      ) : null}
    </section>
  );
}
