/** Who refers to whom, drawn in layers; and the same as a list. */
import { layoutGraph, neighbourhood, type PlacedNode } from '../../src/site/layout-graph.ts';
import type { SiteGraph } from '../../src/site/model.ts';
import { count, plural, safeName } from '../format.ts';
import { LongList, Name, SubjectLink, Waiting } from '../parts/basics.tsx';
import { linkTo } from '../router.ts';
import { loadGraph, siteIndex } from '../store.ts';
import { qualifiedName } from '../subjects.ts';
import { useLoaded } from '../use-loaded.ts';

/** More are no picture any more. */
const MAX_NODES = 160;

const WIDTH = 220;
const HEIGHT = 28;
const GAP_X = 80;
const GAP_Y = 12;
const MARGIN = 16;

export function GraphPage({ at }: { readonly at?: number }) {
  const loaded = useLoaded(loadGraph, []);
  return (
    <article>
      {at === undefined ? null : (
        <p class="crumbs">
          <a href={linkTo.subjects()}>Subjects</a>
          <SubjectLink name={qualifiedName(at)} />
        </p>
      )}
      <h1>References</h1>
      <Waiting loaded={loaded}>
        {(graph) => (at === undefined ? <Registry graph={graph} /> : <OfSubject graph={graph} at={at} />)}
      </Waiting>
    </article>
  );
}

function Registry({ graph: { edges } }: { readonly graph: SiteGraph }) {
  if (edges.length === 0) return <p class="lead">No schema refers to another: every one stands alone.</p>;
  const degree = new Map<number, number>();
  const referredTo = new Map<number, number>();
  for (const [from, to] of edges) {
    degree.set(from, (degree.get(from) ?? 0) + 1);
    degree.set(to, (degree.get(to) ?? 0) + 1);
    referredTo.set(to, (referredTo.get(to) ?? 0) + 1);
  }
  const byDegree = [...degree].sort(([a, x], [b, y]) => y - x || a - b).map(([id]) => id);
  const shown = byDegree.slice(0, MAX_NODES).sort((a, b) => a - b);
  const alone = siteIndex().subjects.name.length - degree.size;
  const most = [...referredTo].sort(([a, x], [b, y]) => y - x || a - b);
  return (
    <>
      <p class="lead">
        {plural(degree.size, 'subject is', 'subjects are')} connected by {plural(edges.length, 'reference')};{' '}
        {plural(alone, 'stands', 'stand')} alone.
        {byDegree.length > shown.length ? ` The ${count(shown.length)} with the most references are drawn.` : ''} Arrows
        lead from a schema to what it is built on.
      </p>
      <Drawing nodes={shown} edges={edges} />
      <section>
        <h2>Most referred to</h2>
        <LongList items={most} first={20} what="subjects">
          {([id, number]) => (
            <li key={id}>
              <SubjectLink name={qualifiedName(id)} />{' '}
              <span class="dim small">
                by {plural(number, 'subject')}, <a href={linkTo.graph(qualifiedName(id))}>its references</a>
              </span>
            </li>
          )}
        </LongList>
      </section>
    </>
  );
}

function OfSubject({ graph: { edges }, at }: { readonly graph: SiteGraph; readonly at: number }) {
  const ids = neighbourhood(at, edges, MAX_NODES);
  const built = edges.filter(([from]) => from === at).map(([, to]) => to);
  const builtOnIt = edges.filter(([, to]) => to === at).map(([from]) => from);
  if (ids.length === 1) {
    return (
      <p class="lead">
        <Name>{qualifiedName(at)}</Name> refers to no other subject, and none refers to it.
      </p>
    );
  }
  return (
    <>
      <p class="lead">
        Everything that <Name>{qualifiedName(at)}</Name> is built on, and everything that is built on it, in all its
        versions
        {ids.length >= MAX_NODES ? `; the nearest ${count(MAX_NODES)} are drawn` : ''}. Arrows lead from a schema to
        what it is built on.
      </p>
      <Drawing nodes={ids} edges={edges} chosen={at} />
      <div class="columns">
        <Neighbours title="Built on" ids={built} empty="Nothing." />
        <Neighbours title="Built on it" ids={builtOnIt} empty="Nothing." />
      </div>
    </>
  );
}

function Neighbours({
  title,
  ids,
  empty,
}: {
  readonly title: string;
  readonly ids: readonly number[];
  readonly empty: string;
}) {
  return (
    <section>
      <h2>{title}</h2>
      {ids.length === 0 ? <p class="dim">{empty}</p> : null}
      <LongList items={ids} what="subjects">
        {(id) => (
          <li key={id}>
            <SubjectLink name={qualifiedName(id)} />
          </li>
        )}
      </LongList>
    </section>
  );
}

function Drawing({
  nodes,
  edges,
  chosen,
}: {
  readonly nodes: readonly number[];
  readonly edges: SiteGraph['edges'];
  readonly chosen?: number;
}) {
  const placed = layoutGraph(nodes, edges);
  const where = new Map(placed.nodes.map((node) => [node.id, node]));
  const x = ({ layer }: PlacedNode): number => MARGIN + layer * (WIDTH + GAP_X);
  const y = ({ row }: PlacedNode): number => MARGIN + row * (HEIGHT + GAP_Y);
  const width = 2 * MARGIN + placed.layers * (WIDTH + GAP_X) - GAP_X;
  const height = 2 * MARGIN + placed.rows * (HEIGHT + GAP_Y) - GAP_Y;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard
    <section class="graph" tabIndex={0} aria-label="Graph of references; the same is told below as a list">
      <svg width={width} height={height} viewBox={`0 0 ${width} ${height}`} aria-label="References">
        <defs>
          <marker id="arrow" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="7" markerHeight="7" orient="auto">
            <path class="arrow" d="M0 0l8 4-8 4z" />
          </marker>
        </defs>
        {edges.map(([from, to]) => {
          const [a, b] = [where.get(from), where.get(to)];
          if (a === undefined || b === undefined) return null;
          return <path key={`${from} ${to}`} d={curve(x(a), y(a), x(b), y(b))} marker-end="url(#arrow)" />;
        })}
        {placed.nodes.map((node) => {
          const name = qualifiedName(node.id);
          return (
            <a key={node.id} href={linkTo.graph(name)} class={node.id === chosen ? 'chosen' : undefined}>
              <title>{safeName(name)}</title>
              <rect x={x(node)} y={y(node)} width={WIDTH} height={HEIGHT} rx="5" />
              <text x={x(node) + 10} y={y(node) + HEIGHT / 2 + 4.5}>
                {shorten(safeName(name))}
              </text>
            </a>
          );
        })}
      </svg>
    </section>
  );
}

/** From the right edge of one node to the left edge of another; within a circle also backwards. */
function curve(fromX: number, fromY: number, toX: number, toY: number): string {
  const [x1, y1, x2, y2] = [fromX + WIDTH, fromY + HEIGHT / 2, toX, toY + HEIGHT / 2];
  const bend = Math.max(30, Math.abs(x2 - x1) / 2);
  return `M${x1} ${y1}C${x1 + bend} ${y1} ${x2 - bend} ${y2} ${x2} ${y2}`;
}

/** The end of a long name tells more than its beginning. */
function shorten(name: string): string {
  return name.length > 28 ? `${name.slice(0, 10)}…${name.slice(-16)}` : name;
}
