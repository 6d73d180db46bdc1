/** A schema as a tree of fields. */
import { useState } from 'preact/hooks';
import type { FieldNode, FieldTree } from '../../src/site/fields/field-node.ts';
import type { SiteReference } from '../../src/site/model.ts';
import { count, safeName } from '../format.ts';
import { linkTo } from '../router.ts';
import { LongText } from './long-text.tsx';

/** Trees that are larger begin with their inner parts closed. */
const OPEN_NODES = 150;

/** Fields of one level that are shown at first. */
const FIRST = 300;

export function FieldTreeView({
  tree,
  references,
}: {
  readonly tree: FieldTree;
  readonly references: readonly SiteReference[];
}) {
  const [openDepth, setOpenDepth] = useState<number>(() =>
    countNodes(tree.nodes, OPEN_NODES + 1) > OPEN_NODES ? 1 : 99,
  );
  const [round, setRound] = useState(0);
  const setAll = (depth: number): void => {
    setOpenDepth(depth);
    setRound(round + 1);
  };
  const nested = tree.nodes.some(({ children }) => children?.some((child) => (child.children?.length ?? 0) > 0));
  return (
    <div class="field-tree">
      {nested ? (
        <p class="tools">
          <button type="button" class="plain" onClick={() => setAll(99)}>
            Open all
          </button>{' '}
          <button type="button" class="plain" onClick={() => setAll(1)}>
            Close all
          </button>
        </p>
      ) : null}
      <Nodes key={round} nodes={tree.nodes} depth={0} openDepth={openDepth} references={references} />
      {tree.cut ? (
        <p class="notice">The rest is nested too deeply, or too large, to be shown here. The text has all of it.</p>
      ) : null}
    </div>
  );
}

interface Shared {
  readonly depth: number;
  readonly openDepth: number;
  readonly references: readonly SiteReference[];
}

function Nodes({ nodes, ...shared }: Shared & { readonly nodes: readonly FieldNode[] }) {
  const [shown, setShown] = useState(FIRST);
  return (
    <ul class="fields">
      {nodes.slice(0, shown).map((node, at) => (
        <Node key={at} node={node} {...shared} />
      ))}
      {nodes.length > shown ? (
        <li class="field">
          <button type="button" class="more" onClick={() => setShown(nodes.length)}>
            Show the other {count(nodes.length - shown)}
          </button>
        </li>
      ) : null}
    </ul>
  );
}

function Node({ node, depth, openDepth, references }: Shared & { readonly node: FieldNode }) {
  const { children = [] } = node;
  const [open, setOpen] = useState(depth < openDepth);
  const name = safeName(node.name);
  return (
    <li>
      <div class="field">
        <p class="field-head">
          {children.length > 0 ? (
            <button
              type="button"
              class="twist"
              aria-expanded={open}
              aria-label={`${open ? 'Close' : 'Open'} ${name}`}
              onClick={() => setOpen(!open)}
            >
              <svg viewBox="0 0 10 10" aria-hidden="true">
                <path d={open ? 'M1 3l4 4 4-4' : 'M3 1l4 4-4 4'} />
              </svg>
            </button>
          ) : null}
          <bdi class="field-name">{name}</bdi> <TypeText node={node} references={references} />
          {node.number === undefined ? null : <span class="dim small">= {node.number}</span>}
          {node.required ? <span class="badge badge-quiet">required</span> : null}
          {node.default === undefined ? null : (
            <span class="default">
              default <code>{cut(node.default)}</code>
            </span>
          )}
          {node.shownAbove ? <span class="dim small">shown above</span> : null}
        </p>
        {node.doc === undefined ? null : <LongText text={node.doc} class="doc" />}
        {node.facts === undefined ? null : (
          <dl class="facts">
            {node.facts.map(([key, value], at) => (
              <div key={at}>
                <dt>
                  <bdi>{safeName(key)}</bdi>
                </dt>
                <dd>
                  <LongText text={value} class="fact" />
                </dd>
              </div>
            ))}
          </dl>
        )}
      </div>
      {open && children.length > 0 ? (
        <Nodes nodes={children} depth={depth + 1} openDepth={openDepth} references={references} />
      ) : null}
      {!open && children.length > 0 ? <p class="closed dim small">{count(children.length)} inside</p> : null}
    </li>
  );
}

/** The type, with a way to the schemas that declare what it names. */
function TypeText({ node, references }: { readonly node: FieldNode; readonly references: readonly SiteReference[] }) {
  const targets = (node.outside ?? []).flatMap((name) => references.filter((reference) => isNamed(reference, name)));
  return (
    <>
      <code class="field-type">
        <bdi>{cut(safeName(node.type))}</bdi>
      </code>
      {[...new Set(targets)].map(({ subject, version, at }) =>
        at === undefined ? null : (
          <a key={subject} class="small" href={linkTo.subject(subject, version)}>
            in <bdi>{safeName(subject)}</bdi> v{version}
          </a>
        ),
      )}
    </>
  );
}

/** Avro names types, JSON Schema addresses them, Protobuf imports files: the last is told by the file alone. */
function isNamed(reference: SiteReference, name: string): boolean {
  return reference.name === name || name.startsWith(`${reference.name}#`) || reference.name.endsWith(`.${name}`);
}

const cut = (text: string): string => (text.length > 400 ? `${text.slice(0, 399)}…` : text);

function countNodes(nodes: readonly FieldNode[], limit: number): number {
  let total = 0;
  for (const { children } of nodes) {
    total += 1 + (children === undefined ? 0 : countNodes(children, limit - total));
    if (total > limit) break;
  }
  return total;
}
