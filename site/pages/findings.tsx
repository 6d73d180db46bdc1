import { count, plural } from '../format.ts';
import { FindingList } from '../parts/finding-list.tsx';
import { siteIndex } from '../store.ts';

export function FindingsPage() {
  const { findings, counts } = siteIndex();
  return (
    <article>
      <h1>Findings</h1>
      <p class="lead">
        {counts.findings === 0
          ? 'The tree was checked against itself, and nothing was found.'
          : `What checking the tree against itself found: ${plural(counts.findings, 'finding')}${
              counts.findings > findings.length ? `, of which the first ${count(findings.length)} are shown` : ''
            }.`}
      </p>
      <FindingList findings={findings} />
      <p class="dim">
        <code>srgit verify --offline</code> checks it again.
      </p>
    </article>
  );
}
